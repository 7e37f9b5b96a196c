#pragma once
/// Analytic anatomies for the meshing tests.

#include <cmath>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::test {

/// A left ventricle between two truncated ellipsoids with a common centre, a right ventricle as a ball beside it. Its
/// own frame (z towards the base, x towards the right ventricle) is turned against the voxels and against patient
/// space.
struct LabelPhantom {
  double inner_short = 22, inner_long = 48, outer_short = 31, outer_long = 57, base_z = 16;  // [mm]
  double voxel_mm = 1.25;
  bool with_rv = true;
  Vec3 centre{12, -30, 40};
  Vec3 x_axis = core::normalised(Vec3{-0.6, -0.7, 0.1}), z_axis, y_axis;

  LabelPhantom() {
    z_axis = core::normalised(core::cross(x_axis, core::cross(Vec3{-0.6, 0.6, 0.5}, x_axis)));
    y_axis = core::cross(z_axis, x_axis);
  }

  /// Coordinates in the ventricle's own frame.
  Vec3 local(const Vec3& world) const {
    const Vec3 d = world - centre;
    return {core::dot(d, x_axis), core::dot(d, y_axis), core::dot(d, z_axis)};
  }
  static double level(const Vec3& p, double s, double l) {
    return (p[0] * p[0] + p[1] * p[1]) / (s * s) + p[2] * p[2] / (l * l) - 1;
  }
  /// Volume of an ellipsoid below the base [mm^3].
  double volume(double s, double l) const {
    return M_PI * s * s * ((base_z - base_z * base_z * base_z / (3 * l * l)) + 2 * l / 3);
  }
  double blood_mm3() const { return volume(inner_short, inner_long); }
  double wall_mm3() const { return volume(outer_short, outer_long) - blood_mm3(); }
  /// Unit normal of the endocardium at a point near it, out of the blood.
  Vec3 endo_normal(const Vec3& world) const {
    const Vec3 p = local(world);
    const double s2 = inner_short * inner_short, l2 = inner_long * inner_long;
    return core::normalised((p[0] / s2) * x_axis + (p[1] / s2) * y_axis + (p[2] / l2) * z_axis);
  }

  artifacts::Anatomy anatomy() const {
    artifacts::Anatomy a;
    auto& g = a.geometry;
    const double reach = outer_long + 40;
    const auto n = static_cast<std::int64_t>(2 * reach / voxel_mm);
    g.size = {n, n, n};
    g.spacing = {voxel_mm, voxel_mm, voxel_mm};
    g.axes = {core::normalised(Vec3{1, 0.2, 0}), Vec3{}, Vec3{}};
    g.axes[2] = core::normalised(core::cross(g.axes[0], Vec3{-0.3, 1, 0.4}));
    g.axes[1] = core::cross(g.axes[2], g.axes[0]);
    g.origin = centre;
    for (const Vec3& axis : g.axes) g.origin = g.origin - (0.5 * static_cast<double>(n - 1) * voxel_mm) * axis;
    a.labels.assign(g.voxels(), artifacts::background);
    a.base_point = centre + base_z * z_axis;
    a.base_normal = z_axis;
    std::int64_t at = 0;
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t i = 0; i < n; ++i, ++at) {
          const Vec3 p = local(g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
          if (p[2] > base_z) continue;
          if (level(p, inner_short, inner_long) < 0)
            a.labels[at] = artifacts::lv_cavity;
          else if (level(p, outer_short, outer_long) < 0)
            a.labels[at] = artifacts::lv_wall;
          else if (with_rv && level({p[0] - outer_short - 10, p[1], p[2] + 5}, 22, 30) < 0)
            a.labels[at] = artifacts::rv_cavity;
        }
    return a;
  }
};

}  // namespace cardiotwin::test
