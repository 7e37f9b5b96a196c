#pragma once
/// Small dense vectors in patient space.

#include <array>
#include <cmath>

namespace cardiotwin::core {

/// A point or direction in patient coordinates (LPS: left, posterior, superior) [mm].
using Vec3 = std::array<double, 3>;

inline constexpr Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline constexpr Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline constexpr Vec3 operator*(double s, const Vec3& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline constexpr double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline constexpr Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double norm(const Vec3& a) { return std::sqrt(dot(a, a)); }
/// The unit vector along `a`; the zero vector stays zero.
inline Vec3 normalised(const Vec3& a) {
  const double length = norm(a);
  return length > 0 ? (1.0 / length) * a : Vec3{0, 0, 0};
}

}  // namespace cardiotwin::core

namespace cardiotwin {
using core::Vec3;
// Vec3 is a std::array, so argument-dependent lookup does not find its operators and functions.
using core::operator+;
using core::operator-;
using core::operator*;
using core::cross;
using core::dot;
using core::norm;
using core::normalised;
}  // namespace cardiotwin
