#pragma once
/// What the raw labels of a network become before anybody measures them.
///
/// Per phase: the largest connected ventricle (cavity and wall) is kept, one piece a slice; papillary muscles and
/// trabeculae become cavity (convex hull of the cavity, as manual contours are drawn); holes are filled; the RV keeps
/// its largest component. Over the beat: end diastole is the phase with the largest LV cavity, end systole the one with
/// the smallest; slices in which the ventricle's ring is open at end diastole, beyond the base, are left out in all
/// phases.

#include <cstdint>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::segmentation {

/// In place: one phase (k x j x i).
void clean_phase(const artifacts::Geometry& geometry, std::uint8_t* labels);

/// Slices of the left ventricle at end diastole, a contiguous range [first, last] in k.
struct SliceRange {
  std::int64_t first = 0, last = -1;
  bool base_is_last = true;  ///< does k grow towards the base?
  std::int64_t size() const { return last - first + 1; }
};

/// Part of the cavity's border in slice k that faces wall, 0 to 1; 0 without cavity.
double ring_closure(const artifacts::Geometry& geometry, const std::uint8_t* labels, std::int64_t k);

/// Volume of a label in one phase: sum over the slices of area times slice spacing [ml].
double volume_ml(const artifacts::Geometry& geometry, const std::uint8_t* labels, int label);

/// Chooses ED and ES, and clears everything outside the slices used. Throws core::Error (input) where no ventricle was
/// found in at least 3 slices. The range covers slices with cavity; wall below the cavity's tip stays.
SliceRange settle_beat(artifacts::Labels& labels);

}  // namespace cardiotwin::segmentation
