#pragma once
/// Label volumes from files: NRRD, NIfTI, MetaImage (through ITK) or a checkpoint of the segmentation stage.

#include <filesystem>
#include <string>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::imaging {

/// Labels as they stand in the file; phase times are 0, 1, 2, ... and source is the file's name and hash. Throws
/// core::Error (input) for a file that cannot be read or holds other values than 0 to `highest`, whose meaning
/// `expected` says.
artifacts::Labels read_label_file(const std::filesystem::path& path, int highest, const std::string& expected);
/// Of heart chambers and wall, artifacts::Label.
artifacts::Labels read_chamber_labels(const std::filesystem::path& path);

/// Throws core::Error (input) that states both geometries unless they are the same grid.
void check_same_grid(const std::filesystem::path& file, const artifacts::Geometry& expected,
                     const artifacts::Geometry& found);

}  // namespace cardiotwin::imaging
