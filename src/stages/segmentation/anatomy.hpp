#pragma once
/// From a stack of thick end-diastolic slices to one isotropic volume with a closed apex.
///
/// Each structure (LV cavity, LV cavity and wall, RV cavity) becomes a signed distance per slice; between slice centres
/// the distances are interpolated (shape-based interpolation, Raya and Udupa 1990, doi:10.1109/42.52980; here with
/// Catmull-Rom cubics, so that surfaces have no crease at the slices). Beyond the last slice towards the apex a
/// structure shrinks like an ellipsoid, whose cross-section falls linearly, to a tip where long-axis views show it,
/// else half to one slice away. At the base it narrows to the ring that long-axis views show, else it goes on
/// unchanged, and so does it beyond the basal plane: meshing finds no edge effects there.

#include "cardiotwin/artifacts/labels.hpp"
#include "cleanup.hpp"
#include "long_axis.hpp"

namespace cardiotwin::segmentation {

struct AnatomyOptions {
  double spacing_mm = 1.25;     ///< of the isotropic grid
  double thinnest_wall_mm = 4;  ///< the wall around the cavity is nowhere thinner
  double slice_alignment = 1;   ///< 0 to 1: how much of what breathing did to the slices is undone
};

/// `labels` is the end-diastolic phase (k x j x i), `range` the slices used. The basal plane is fitted to the marks;
/// without them it is the basal face of the most basal slice used (half a slice beyond its centre), so that volumes
/// agree with area times thickness.
artifacts::Anatomy build_anatomy(const artifacts::Geometry& geometry, const std::uint8_t* labels,
                                 const SliceRange& range, const AnatomyOptions& options,
                                 const LongAxisMarks& marks = {});

/// Volume of a label on the apex's side of the basal plane [ml].
double volume_below_base_ml(const artifacts::Anatomy& anatomy, int label);

}  // namespace cardiotwin::segmentation
