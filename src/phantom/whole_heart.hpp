#pragma once
/// Four chambers and the great vessels at end diastole, at any point: the heart of a computed tomography.
///
/// Each chamber is a smooth union of ellipsoids and tubes, kept as a distance [mm], negative inside, exact to first
/// order at the surface; which chamber a point belongs to is decided in a fixed order, so that chambers share faces
/// where valves are. A smooth random displacement of the whole space makes no two hearts alike. The left ventricle is
/// the truncated ellipsoid of heart.hpp, and so are the coordinates: z from apex to base, 0 at the mitral plane, x to
/// the lateral wall, y to the inferior wall [mm]. Sizes are drawn around adults' (Lang et al., J Am Soc Echocardiogr
/// 28 (2015), doi 10.1016/j.echo.2014.10.003).

#include <array>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "heart.hpp"
#include "random.hpp"

namespace cardiotwin::phantom {

/// What computed tomography tells apart.
enum class Organ : std::uint8_t {
  none,  ///< not the heart
  lv_blood,
  lv_wall,
  rv_blood,
  left_atrium,
  right_atrium,
  aorta,
  pulmonary_artery,
  vein,       ///< pulmonary veins and what else carries the left heart's contrast beyond the labels
  vena_cava,  ///< and the pulmonary arteries' branches
  thin_wall,  ///< of right ventricle, atria and vessels
  fat,
};
/// artifacts::Label of an organ.
std::uint8_t label_of(Organ organ);

/// A tube from a to b whose radius changes linearly.
struct Tube {
  Vec3 a{}, b{};
  double radius_a = 1, radius_b = 1;
};

class WholeHeart {
 public:
  /// `turn`: the heart's axes x, y, z in patient coordinates (LPS).
  WholeHeart(Random& random, const std::array<Vec3, 3>& turn);
  Organ organ(const Vec3& point) const;

 private:
  using Tubes = std::vector<Tube>;
  struct Chamber {
    Ellipsoid body;  ///< about its centre, axes left, posterior, superior
    Tubes parts;     ///< blended with the body
    double blend_mm = 6;
    Tubes vessels;  ///< what goes on from it, no longer labelled
  };
  double distance(const Chamber& chamber, const Vec3& point) const;
  Vec3 to_patient(const Vec3& v) const {
    return {core::dot(left_, v), core::dot(posterior_, v), core::dot(superior_, v)};
  }
  Vec3 warped(const Vec3& point) const;
  void place_left_ventricle(Random& random);
  void place_left_atrium(Random& random);
  void place_right_heart(Random& random);
  void place_aorta(Random& random);
  void place_pulmonary_artery(Random& random);

  Vec3 left_, posterior_, superior_;  ///< in the heart's coordinates
  double radius_ = 0, half_length_ = 0, centre_ = 0, wall_ = 0, apex_wall_ = 0, bend_x_ = 0, bend_y_ = 0;
  double right_wall_ = 3, thin_wall_ = 2, fat_ = 4, tricuspid_ = 0, warp_mm_ = 0, warp_length_ = 45;
  Ellipsoid rv_body_;
  Tubes rv_outflow_, aorta_, aorta_beyond_, pulmonary_, pulmonary_beyond_;
  Vec3 mitral_, aortic_, pulmonary_valve_;
  Chamber left_atrium_, right_atrium_;
  std::uint64_t texture_ = 0;
};

}  // namespace cardiotwin::phantom
