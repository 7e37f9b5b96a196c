#pragma once
/// What a DICOM file says about itself, read without its pixels.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::ingest {

/// How the whole number of a pixel lies in its bits (PS3.5 8.1.1).
struct Packing {
  int allocated = 16, stored = 16, highest = 15;
  bool is_signed = false;
  bool operator==(const Packing&) const = default;
};

/// Facts that hold for a whole file. `patient_key` is compared, never shown or written.
struct FileFacts {
  std::filesystem::path path;
  std::string patient_key, patient_id;
  std::string study_uid, series_uid, instance_uid, frame_of_reference_uid, modality;
  std::string series_description, manufacturer, scanner;
  std::string study_date;  ///< as written: YYYYMMDD when valid
  std::string transfer_syntax;
  int series_number = 0, instance_number = 0;
  int columns = 0, rows = 0, frames = 1;
  Packing packing;
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
  /// What tells images of one place apart that are no moments of a beat: Image Type or Frame Type from the third value
  /// on (magnitude, phase, field map, ...), echo, reconstruction kernel; each after a slash.
  std::string kind;
  Vec3 normal() const { return core::cross(row, column); }
};

enum class FileKind {
  image,        ///< grey pixels placed in patient space
  unplaced,     ///< grey pixels without a usable place or meaning
  not_grey,     ///< pixels that are no plain grey values: colour, a table, an odd number of bits
  other_dicom,  ///< no pixels: structured report, waveform, DICOMDIR, ...
  damaged,      ///< cannot be opened, or begins like DICOM and cannot be read to the pixels
  foreign,      ///< not DICOM
};

struct DicomFile {
  FileKind kind = FileKind::foreign;
  std::filesystem::path path;
  std::shared_ptr<const FileFacts> facts;  ///< null of `foreign` files, of `damaged` ones as far as it could be read
  std::vector<Frame> frames;               ///< of `image` only
  std::string problem;                     ///< why a file is not an image
};

/// Reads a file's header. Never throws for what a file contains.
DicomFile read_header(const std::filesystem::path& path);
/// The same from its bytes; `path` is only remembered.
DicomFile interpret(std::span<const std::uint8_t> bytes, const std::filesystem::path& path);

}  // namespace cardiotwin::ingest
