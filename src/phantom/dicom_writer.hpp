#pragma once
/// One MR or CT Image Storage object, as a scanner would send it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::phantom {

struct MrImage {
  std::string modality = "MR";  ///< or CT, which has no trigger time
  std::string patient_name, patient_id;
  std::uint64_t study_key = 0, series_key = 0, instance_key = 0;  ///< become 2.25.<key> identifiers
  std::string series_description;
  int series_number = 1, instance_number = 1;
  int phases = 1;
  std::uint16_t rows = 0, columns = 0;
  double pixel_spacing_mm = 1, slice_thickness_mm = 1;
  Vec3 position{}, row_direction{1, 0, 0}, column_direction{0, 1, 0};
  double trigger_time_ms = 0, interval_ms = 0;
  double slope = 1, intercept = 0;
  std::vector<std::int16_t> pixels;  ///< columns run fastest
};

/// Explicit VR little endian, 16 bit. Throws core::Error (input) when the file cannot be written.
void write_dicom(const std::filesystem::path& path, const MrImage& image);

}  // namespace cardiotwin::phantom
