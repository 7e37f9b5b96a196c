#pragma once
/// From a label volume to smooth surfaces. Level sets of the heart (walls and cavities), of the blood and, where there
/// is a right ventricular wall, of the right cavity, each of a mask smoothed with 2 G(s) - G(2s), which removes the
/// staircase of the voxels without the shrinking of a plain Gaussian. The levels are chosen so that the volumes below
/// the basal plane are those of the labels.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"
#include "voxels.hpp"

namespace cardiotwin::meshing {

/// The heart's own part of a label volume, cut out with a margin, repaired and carried on above the base along its
/// normal, so that smoothing sees no end there.
struct HeartMask {
  artifacts::Geometry geometry;
  std::vector<std::uint8_t> heart, blood;  ///< 0 or 1 per voxel; blood is part of the heart
  std::vector<std::uint8_t> left, rv;      ///< left ventricle and right cavity, parts of the heart; or empty
  Vec3 base_point{}, base_normal{};
  bool has_rv = false;
  Vec3 rv_centre{};                   ///< of the RV label below the base [mm]
  std::vector<std::string> warnings;  ///< what was repaired
};

/// With `rv_wall_mm` the right cavity and that much of wall around it are part of the heart. Throws core::Error (input)
/// when there is too little of cavity or wall to make a heart of.
HeartMask heart_mask(const artifacts::Anatomy& anatomy, int wall_voxels, double margin_mm, double rv_wall_mm = 0);

/// Smoothed masks with their levels; every function of a point is smooth but for the kinks of trilinear interpolation.
class LabelField {
 public:
  LabelField(const HeartMask& mask, double smoothing_voxels);

  int space(const Vec3& point) const;  ///< a value of meshing::Space
  /// Level-set functions: positive inside the heart, inside the blood, inside the right cavity (if it has a wall),
  /// inside the left ventricle, above the base.
  double heart(const Vec3& point) const { return sample(geometry_, heart_, point) - heart_level_; }
  double blood(const Vec3& point) const { return sample(geometry_, blood_, point) - blood_level_; }
  double rv(const Vec3& point) const { return sample(geometry_, rv_, point) - rv_level_; }
  double left(const Vec3& point) const { return sample(geometry_, left_, point) - 0.5; }
  bool has_rv() const { return !rv_.empty(); }
  double height(const Vec3& point) const { return core::dot(point - base_point_, base_normal_); }

  const Vec3& base_point() const { return base_point_; }
  const Vec3& base_normal() const { return base_normal_; }
  double voxel_mm() const { return geometry_.spacing[0]; }
  double wall_volume_mm3() const { return wall_volume_; }    ///< of the labels, below the base; both walls
  double blood_volume_mm3() const { return blood_volume_; }  ///< of the labels, below the base
  double rv_volume_mm3() const { return rv_volume_; }        ///< of the right cavity, if it has a wall
  Vec3 blood_centre() const { return blood_centre_; }
  Vec3 rv_centre() const { return rv_centre_; }
  double radius_mm() const { return radius_; }  ///< from blood_centre to the farthest heart voxel

 private:
  void match_volumes(const HeartMask& mask);

  artifacts::Geometry geometry_;
  std::vector<float> heart_, blood_, rv_, left_;
  double heart_level_ = 0.5, blood_level_ = 0.5, rv_level_ = 0.5;
  Vec3 base_point_, base_normal_, blood_centre_{}, rv_centre_{};
  double wall_volume_ = 0, blood_volume_ = 0, rv_volume_ = 0, radius_ = 0;
};

/// The foot of `start` on the level set, by Newton steps along the gradient, and from there `offset_mm` outwards
/// (towards falling values). `within`: a unit vector whose normal plane the search does not leave; zero leaves it free.
/// Returns `start` when the surface is farther than `reach_mm` away.
Vec3 project(const Vec3& start, const std::function<double(const Vec3&)>& level, double step_mm, double reach_mm,
             double offset_mm = 0, const Vec3& within = {0, 0, 0});

}  // namespace cardiotwin::meshing
