#pragma once
/// Label volumes from files: NRRD, NIfTI, MetaImage (through ITK) or a checkpoint of the segmentation stage.

#include <filesystem>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::segmentation {

/// Labels as they stand in the file; phase times are 0, 1, 2, ... and source is the file's name and hash. Throws
/// core::Error (input) for a file that cannot be read or holds other values than 0 to 3.
artifacts::Labels read_label_file(const std::filesystem::path& path);

/// Throws core::Error (input) that states both geometries unless they are the same grid.
void check_same_grid(const std::filesystem::path& file, const artifacts::Geometry& expected,
                     const artifacts::Geometry& found);

}  // namespace cardiotwin::segmentation
