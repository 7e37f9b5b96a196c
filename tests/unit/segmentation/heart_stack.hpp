#pragma once
/// A stack of short-axis slices through an ellipsoidal ventricle, with its exact volumes.

#include <cmath>

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::test {

/// Half ellipsoids below the base z = 0, apex at -length; the RV is a crescent beside them.
struct EllipsoidHeart {
  double radius = 25, length = 70, wall = 10;
  artifacts::Geometry geometry;
  bool base_last = true;

  explicit EllipsoidHeart(double slice_mm = 8, double pixel_mm = 1.4, bool base_is_last = true)
      : base_last(base_is_last) {
    geometry.size = {96, 88, static_cast<std::int64_t>(std::ceil((length + wall) / slice_mm)) + 2};
    geometry.spacing = {pixel_mm, pixel_mm, slice_mm};
    // An oblique stack, as patients have it.
    geometry.axes = {Vec3{0.6, 0.8, 0}, Vec3{-0.48, 0.36, 0.8}, Vec3{0.64, -0.48, 0.6}};
    geometry.origin = {-31, 12, 100};
  }
  double middle_x() const { return 0.55 * static_cast<double>(geometry.size[0]) * geometry.spacing[0]; }
  double middle_y() const { return 0.5 * static_cast<double>(geometry.size[1]) * geometry.spacing[1]; }
  /// Height of slice k above the base [mm]: the basal face of the most basal slice is the base.
  double height(std::int64_t k) const {
    const std::int64_t from_base = base_last ? geometry.size[2] - 1 - k : k;
    return -(static_cast<double>(from_base) + 0.5) * geometry.spacing[2];
  }
  static bool inside(double x, double y, double z, double r, double l) {
    return (x * x + y * y) / (r * r) + z * z / (l * l) < 1;
  }
  std::uint8_t label(double x, double y, double z, double size = 1) const {
    if (z > 0) return 0;
    if (inside(x, y, z, radius * size, length * size)) return artifacts::lv_cavity;
    if (inside(x, y, z, radius + wall, length + wall)) return artifacts::lv_wall;
    if (x < 0 && inside(x + 22, y, z, 34, 55)) return artifacts::rv_cavity;
    return artifacts::background;
  }
  /// Labels of one phase; `size` scales the cavity (contraction), the epicardium stays.
  std::vector<std::uint8_t> labels(double size = 1) const {
    std::vector<std::uint8_t> all;
    for (std::int64_t k = 0; k < geometry.size[2]; ++k)
      for (std::int64_t j = 0; j < geometry.size[1]; ++j)
        for (std::int64_t i = 0; i < geometry.size[0]; ++i)
          all.push_back(label(static_cast<double>(i) * geometry.spacing[0] - middle_x(),
                              static_cast<double>(j) * geometry.spacing[1] - middle_y(), height(k), size));
    return all;
  }
  /// Artifact of one phase for each size.
  artifacts::Labels artifact(const std::vector<double>& sizes = {1}) const {
    artifacts::Labels result;
    result.geometry = geometry;
    for (std::size_t p = 0; p < sizes.size(); ++p) {
      result.phase_times_ms.push_back(40.0 * static_cast<double>(p));
      const auto phase = labels(sizes[p]);
      result.labels.insert(result.labels.end(), phase.begin(), phase.end());
    }
    return result;
  }
  static double half_ellipsoid_ml(double r, double l) { return 2.0 / 3 * M_PI * r * r * l / 1000; }
  double cavity_ml() const { return half_ellipsoid_ml(radius, length); }
  double wall_ml() const { return half_ellipsoid_ml(radius + wall, length + wall) - cavity_ml(); }

  /// An image of this geometry; its intensities are the labels times 100.
  artifacts::Image image(const std::vector<double>& sizes = {1}) const {
    artifacts::Image result;
    result.geometry = geometry;
    result.facts.modality = "MR";
    for (std::size_t p = 0; p < sizes.size(); ++p) {
      result.phase_times_ms.push_back(40.0 * static_cast<double>(p));
      for (const auto l : labels(sizes[p])) result.voxels.push_back(100.0F * static_cast<float>(l));
    }
    return result;
  }
};

}  // namespace cardiotwin::test
