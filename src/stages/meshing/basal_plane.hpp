#pragma once
/// The plane at which the image of the ventricle ends: its outlines, and the two orifices placed on the lid.

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::meshing {

/// A plane with orthonormal axes; (u, v) are coordinates along them [mm], and u x v = normal.
struct Plane {
  Vec3 origin{}, u{1, 0, 0}, v{0, 1, 0}, normal{0, 0, 1};

  /// `towards` gives u, as far as it lies in the plane.
  static Plane through(const Vec3& origin, const Vec3& normal, const Vec3& towards);
  Vec3 at(double a, double b) const { return origin + a * u + b * v; }
  std::array<double, 2> coordinates(const Vec3& x) const {
    return {core::dot(x - origin, u), core::dot(x - origin, v)};
  }
};

/// The closed lines level = 0 in the plane within `reach_mm` of its origin, in steps of about `step_mm`, the one around
/// the largest area first. Marching squares; every point is found on the level set by bisection.
std::vector<std::vector<Vec3>> outlines(const Plane& plane, const std::function<double(const Vec3&)>& level,
                                        double reach_mm, double step_mm);

/// The closed line with points at even arc length, about `step_mm` apart.
std::vector<Vec3> resample(const std::vector<Vec3>& line, double step_mm);

double area(const Plane& plane, const std::vector<Vec3>& line);  ///< [mm^2], positive when it runs around the normal
Vec3 centroid(const Plane& plane, const std::vector<Vec3>& line);

struct Disc {
  Vec3 centre{};
  double radius_mm = 0;
  std::vector<Vec3> circle(const Plane& plane, int points) const;
};

struct OrificeShape {
  double mitral_fraction = 0.2, aortic_fraction = 0.12;  ///< of the lid's area
  double aortic_angle_deg = 30;  ///< from the direction of the right ventricle towards the anterior wall
};

/// Mitral and aortic orifice as discs inside the lid. The line from mitral to aortic centre runs as near as the lid
/// allows along the asked direction, and the bands of lid around and between the discs are as wide as can be. Discs
/// that do not fit are shrunk together, which is said in `warnings`. Plane::u points to the right ventricle.
struct Orifices {
  Disc mitral, aortic;
};
Orifices place_orifices(const Plane& plane, const std::vector<Vec3>& lid, const OrificeShape& shape,
                        std::vector<std::string>& warnings);

}  // namespace cardiotwin::meshing
