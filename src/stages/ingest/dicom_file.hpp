#pragma once
/// What a DICOM file says about itself, read without its pixels.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::ingest {

/// Facts that hold for a whole file. `patient_key` is compared, never shown or written.
struct FileFacts {
  std::filesystem::path path;
  std::string patient_key, patient_id;
  std::string study_uid, series_uid, instance_uid, sop_class, modality;
  std::string series_description, manufacturer, scanner;
  std::string study_date;  ///< as written: YYYYMMDD when valid
  int series_number = 0, instance_number = 0;
  int columns = 0, rows = 0, frames = 1;
  int samples_per_pixel = 1;
  std::string photometric;
  double slice_thickness_mm = 0, gantry_tilt_deg = 0;
  double nominal_interval_ms = 0, heart_rate_per_min = 0;  ///< 0 when the header does not say
};

/// One plane at one moment: a classic file has one, an enhanced file many.
struct Frame {
  std::shared_ptr<const FileFacts> file;
  int number = 0;                    ///< within the file
  Vec3 position{}, row{}, column{};  ///< DICOM ImagePosition and ImageOrientation (Patient), LPS [mm]
  double spacing_row_mm = 0;         ///< between columns, along `row`
  double spacing_column_mm = 0;      ///< between rows, along `column`
  std::optional<double> trigger_ms;
  double slope = 1, intercept = 0;
  std::string kind;  ///< third value of Image Type or Frame Type: magnitude, phase, ...
  Vec3 normal() const { return core::cross(row, column); }
};

enum class FileKind {
  image,        ///< pixels placed in patient space
  unplaced,     ///< pixels without position and orientation
  other_dicom,  ///< no pixels: structured report, waveform, DICOMDIR, ...
  damaged,      ///< begins like DICOM and cannot be read to the pixels
  foreign,      ///< not DICOM
};

struct DicomFile {
  FileKind kind = FileKind::foreign;
  std::shared_ptr<const FileFacts> facts;  ///< of `damaged` files: as far as it could be read, may be null
  std::vector<Frame> frames;               ///< of `image` only
  std::string problem;                     ///< why a file is not an image
};

/// Never throws for what a file contains.
DicomFile read_header(const std::filesystem::path& path);

}  // namespace cardiotwin::ingest
