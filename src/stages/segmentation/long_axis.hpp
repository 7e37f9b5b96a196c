#pragma once
/// What long-axis views of the same study say about a segmented stack: where the wall ends at the base, and where the
/// cavity ends at the apex.
///
/// Views have no labels. They are read as two tissues: the levels of blood and muscle are the medians of a view's
/// pixels where it crosses the labels of the slices, and the border between them lies half-way. A ray from the middle
/// of the cavity ends where the first run of muscle begins that is thick enough to be wall; thinner ones are leaflets.

#include <optional>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/long_axis_views.hpp"
#include "cleanup.hpp"

namespace cardiotwin::segmentation {

struct LongAxisMarks {
  int views = 0;                  ///< views that show the ventricle
  std::vector<Vec3> base;         ///< where the wall ends, up to two a view
  std::vector<double> narrowing;  ///< distance of each from the axis, over that of the border in the basal slice
  std::optional<double> apex_mm;  ///< how far the cavity goes on below the centre of its most apical slice
};

/// `labels` is one phase of the stack (k x j x i), `phase` the same phase of the views. Views that do not pass near the
/// cavity's axis, or in which blood and muscle look alike, are left out.
LongAxisMarks find_marks(const artifacts::LongAxisViews& views, std::int64_t phase, const artifacts::Geometry& geometry,
                         const std::uint8_t* labels, const SliceRange& range);

}  // namespace cardiotwin::segmentation
