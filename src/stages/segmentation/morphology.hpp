#pragma once
/// Binary images: components, holes, hulls, distances. Arrays are (k x j x i) or (j x i), i fastest.

#include <cstdint>
#include <span>
#include <vector>

#include "inference.hpp"

namespace cardiotwin::segmentation {

using Mask = std::vector<std::uint8_t>;

/// The largest component that is connected through faces; ties go to the first. Empty stays empty.
Mask largest_component(const Mask& mask, const Size& size);

/// Two-dimensional (size[0] == 1): background that the mask encloses becomes mask.
Mask fill_holes(const Mask& mask, const Size& size);

/// Two-dimensional: all pixels whose centre lies in the convex hull of the mask's pixel centres.
Mask convex_hull(const Mask& mask, const Size& size);

/// Distance of every voxel's centre to the nearest voxel centre of the mask [mm]; a large number where the mask is
/// empty. `spacing` is ordered as `size`. Exact: Felzenszwalb and Huttenlocher 2012, doi:10.4086/toc.2012.v008a019.
std::vector<float> distance_to(const Mask& mask, const Size& size, const std::array<double, 3>& spacing);

/// Signed distance to the border of a two-dimensional mask [mm], negative inside; the border lies half a pixel from the
/// centres on both sides. `pixel_mm` is along (i, j).
std::vector<float> signed_distance(const Mask& mask, const Size& size, const std::array<double, 2>& pixel_mm);

/// A distance that stands for "nowhere near".
inline constexpr float far_away = 1e6F;

}  // namespace cardiotwin::segmentation
