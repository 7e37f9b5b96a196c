#include "biventricle.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::meshing {

artifacts::Anatomy make_biventricle(const Biventricle& shape) {
  constexpr double voxel_mm = 1, margin_mm = 5;
  const double long_axis = 0.75 * shape.lv_length_mm, base = shape.lv_length_mm - long_axis;
  const double outer = shape.lv_radius_mm + shape.lv_wall_mm, outer_long = long_axis + shape.lv_wall_mm;
  // Widest across where it meets the left ventricle, 60 degrees from the middle of the septum.
  const double rv_centre = 0.5 * outer, rv_across = std::sqrt(0.75) * outer;
  const double rv_out = outer + shape.rv_width_mm - rv_centre, rv_down = shape.rv_length_mm - base;

  artifacts::Anatomy anatomy;
  artifacts::Geometry& g = anatomy.geometry;
  const Vec3 low{-rv_centre - rv_out - margin_mm, -outer - margin_mm, -std::max(outer_long, rv_down) - margin_mm};
  const Vec3 high{outer + margin_mm, outer + margin_mm, base + margin_mm};
  g.spacing = {voxel_mm, voxel_mm, voxel_mm};
  g.origin = low;
  for (int a = 0; a < 3; ++a) g.size[a] = static_cast<std::int64_t>(std::ceil((high[a] - low[a]) / voxel_mm)) + 1;
  anatomy.base_point = {0, 0, base};
  anatomy.base_normal = {0, 0, 1};
  anatomy.labels.reserve(g.voxels());
  const auto within = [](const Vec3& x, double a, double b, double c) {
    return std::pow(x[0] / a, 2) + std::pow(x[1] / b, 2) + std::pow(x[2] / c, 2) < 1;
  };
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        const Vec3 x = g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const bool right = x[0] < 0 && within({x[0] + rv_centre, x[1], x[2]}, rv_out, rv_across, rv_down);
        anatomy.labels.push_back(within(x, shape.lv_radius_mm, shape.lv_radius_mm, long_axis) ? artifacts::lv_cavity
                                 : within(x, outer, outer, outer_long)                        ? artifacts::lv_wall
                                 : right                                                      ? artifacts::rv_cavity
                                                                                              : artifacts::background);
      }
  return anatomy;
}

}  // namespace cardiotwin::meshing
