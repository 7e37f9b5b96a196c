#pragma once
/// Volumes that show four chambers and the great vessels: what the raw labels of a network become, and the anatomy that
/// meshing gets. No slices are chosen and no base is cut: chambers end where they open into one another.

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::segmentation {

/// Are there atria or vessels among the labels of a phase (k x j x i)?
bool is_whole_heart(const artifacts::Geometry& geometry, const std::uint8_t* labels);

/// In place: every label keeps its largest component; what is dropped becomes background.
void clean_whole_heart(const artifacts::Geometry& geometry, std::uint8_t* labels);

/// Chooses end diastole and end systole, the phases with the largest and the smallest left cavity. Throws core::Error
/// (input) where there is no cavity.
void settle_volume(artifacts::Labels& labels);

/// The labelled box with a margin, on isotropic voxels along the image's axes; base_normal is zero.
artifacts::Anatomy whole_heart_anatomy(const artifacts::Geometry& geometry, const std::uint8_t* labels,
                                       double spacing_mm);

}  // namespace cardiotwin::segmentation
