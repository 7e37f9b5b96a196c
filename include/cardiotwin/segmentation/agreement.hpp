#pragma once
/// How far two labellings of one grid agree: a network and a reference, or several observers.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::segmentation {

/// Which slices of a phase count; one entry a slice.
using Slices = std::vector<bool>;
/// Those of one phase (k x j x i) that hold any label.
Slices labelled_slices(const artifacts::Geometry& geometry, const std::uint8_t* labels);

/// Does voxel (i, j, k) share a face with another label, in the slices that count? What lies beyond them, and beyond
/// the image, is unknown and no border.
bool at_border(const artifacts::Geometry& geometry, const std::uint8_t* labels, const Slices& slices, std::int64_t i,
               std::int64_t j, std::int64_t k);

/// Of one label in one phase.
struct Agreement {
  double dice = 0;  ///< 2 |A and B| / (|A| + |B|)
  /// 95th percentile of the distances from each border voxel of A to the nearest one of B, or from B to A where that is
  /// larger [mm] (Maier-Hein et al. 2024, doi:10.1038/s41592-023-02151-z); none where one of the two has no border.
  std::optional<double> hausdorff95_mm;
};
/// Over the slices that count; none where neither has the label there.
std::optional<Agreement> agreement(const artifacts::Geometry& geometry, const std::uint8_t* a, const std::uint8_t* b,
                                   int label, const Slices& slices);

/// Sets the phases with the largest and the smallest left cavity, among those that show any: contours often cover two
/// phases only.
void find_moments(artifacts::Labels& labels);

/// Every pair of label files on one grid: Dice, Hausdorff-95 and volumes of each label at the first file's end diastole
/// and end systole, over all slices, as a table. Throws core::Error (input) for fewer than two files and for files that
/// differ in grid or number of phases. Local.
std::string agreement_table(const std::vector<std::filesystem::path>& files);

}  // namespace cardiotwin::segmentation
