#pragma once
/// A parametric beating heart: where blood and muscle are, at any point and any moment.
///
/// Left ventricle: cavity and epicardium are ellipsoids about one axis, cut by one basal plane at z_b,
///   (rho/a)^2 + ((z - z_c)/c)^2 < 1,  z < z_b,   rho = r / f(theta),  mean of f^2 over theta = 1,
/// so that volumes are exact in spite of the out-of-round factor f:  V = pi a^2 c (2/3 + t - t^3/3),  t = (z_b -
/// z_c)/c. Contraction: V follows a volume curve, the base descends, the epicardial apex rests, and the volume of the
/// wall is kept, which gives the epicardial radius. Right ventricle: an ellipsoid beside it, without the left
/// ventricle. Coordinates [mm]: z from apex to base (0 at the end-diastolic base), x to the lateral wall, y to the
/// inferior wall.

#include <array>
#include <cstdint>

#include "cardiotwin/core/vec3.hpp"
#include "random.hpp"

namespace cardiotwin::phantom {

/// Tissue at a point; what a label volume calls background has many faces.
enum class Tissue : std::uint8_t {
  none,
  lv_blood,
  lv_wall,
  papillary,
  rv_blood,
  rv_trabecula,
  thin_wall,
  other_blood,
  fat
};

/// As manual contours have it: papillary muscles and trabeculae belong to the cavity.
std::uint8_t label_of(Tissue tissue);

struct Ellipsoid {
  Vec3 centre{}, semi_axes{1, 1, 1};
  /// Below 1 inside.
  double level(const Vec3& p) const {
    const double x = (p[0] - centre[0]) / semi_axes[0], y = (p[1] - centre[1]) / semi_axes[1];
    const double z = (p[2] - centre[2]) / semi_axes[2];
    return x * x + y * y + z * z;
  }
  Ellipsoid grown(double by) const { return {centre, semi_axes + Vec3{by, by, by}}; }
};

/// What differs between patients.
struct HeartShape {
  double edv_ml, ejection_fraction;
  double wall_mm, apex_wall_mm;                   ///< at end diastole
  double length_mm;                               ///< of the cavity, apex to base, at end diastole
  double truncation;                              ///< t above
  double longitudinal_shortening;                 ///< of length_mm
  double roundness2, angle2, roundness3, angle3;  ///< out-of-round harmonics
  double bend_x, bend_y;                          ///< of the axis [1/mm]
  double rv_reach_mm, rv_height, rv_apex, rv_shortening;
  double papillary_mm, papillary_angle[2];
  double trabecula_mm;  ///< roughness of the endocardium as seen, not as labelled
  double fat_mm;
  Vec3 atrium_shift;
  std::uint64_t texture;
  static HeartShape draw(Random& random);
};

/// The heart at one moment of the beat.
class Heart {
 public:
  /// `contraction` is 0 at end diastole and 1 at end systole.
  Heart(const HeartShape& shape, double contraction);
  Tissue tissue(const Vec3& point) const;
  double lv_volume_ml() const { return volume_ml_; }
  double base_z() const { return base_; }
  double apex_z() const { return apex_; }  ///< epicardial
  /// Beyond this distance from the axis nothing belongs to the heart.
  double reach_mm() const { return reach_; }

 private:
  double out_of_round(double x, double y, double r) const;
  const HeartShape& s_;
  double volume_ml_, base_, apex_, reach_;
  double centre_, a_, c_, epi_a_, epi_c_;
  std::array<double, 5> round_;  ///< Fourier coefficients of f
  Ellipsoid rv_, rv_outside_, left_atrium_, right_atrium_, outflow_, aorta_;
};

/// Part of the stroke volume that has left at the fraction `tau` of the beat; `systole` is the fraction where it is 1.
double contraction_at(double tau, double systole);

}  // namespace cardiotwin::phantom
