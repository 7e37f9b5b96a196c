#pragma once
/// Labels on their way to a person with 3D Slicer or ITK-SNAP; read_chamber_labels takes them back.

#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::imaging {

/// Writes into an existing folder, as volumes in patient coordinates: image (on the labels' grid), labels, and
/// confidence of a network's labels, at end diastole and, of several phases, end systole; then also the labels of all
/// phases in one file, which segmentation.labels_file takes. With them labels.txt (label descriptions of ITK-SNAP) and
/// labels.ctbl (colour table of 3D Slicer). `extension` is "nii.gz" or "nrrd". Returns the volumes'
/// names. Throws core::Error (input) where a file cannot be written. Local.
std::vector<std::string> write_review(const artifacts::Labels& labels, const artifacts::Image& image,
                                      const std::string& extension, const std::filesystem::path& folder);

}  // namespace cardiotwin::imaging
