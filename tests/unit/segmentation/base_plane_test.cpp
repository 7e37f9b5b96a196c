/// The basal plane from marks of a known plane.
#include "base_plane.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace cardiotwin::segmentation {
namespace {

const Vec3 axis = normalised(Vec3{-0.48, 0.62, 0.62});
const BaseGuess guess{.middle = {4, 28, -33}, .axis = axis, .height_mm = 4, .deviation_mm = 4};

struct Tilted {
  Vec3 point, normal;
};
/// A plane `height` above the middle, tilted by an angle.
Tilted tilted(double height, double degrees) {
  const Vec3 side = normalised(cross(axis, Vec3{0, 0, 1}));
  const double a = degrees * M_PI / 180;
  return {guess.middle + height * axis, std::cos(a) * axis + std::sin(a) * side};
}
/// Marks on a ring of 25 mm in that plane, `n` evenly around.
std::vector<Vec3> ring(const Tilted& plane, int n) {
  const Vec3 u = normalised(cross(plane.normal, Vec3{1, 0, 0})), v = cross(plane.normal, u);
  std::vector<Vec3> marks;
  for (int m = 0; m < n; ++m) {
    const double angle = 2 * M_PI * m / n + 0.3;
    marks.push_back(plane.point + 25 * (std::cos(angle) * u + std::sin(angle) * v));
  }
  return marks;
}
double degrees_between(const Vec3& a, const Vec3& b) { return std::acos(std::min(1.0, dot(a, b))) * 180 / M_PI; }
double height(const BasalPlane& plane) {
  return dot(plane.point - guess.middle, plane.normal) / dot(axis, plane.normal);
}

TEST(BasalPlane, WithoutMarksIsTheGuess) {
  const BasalPlane plane = fit_basal_plane(guess, {});
  EXPECT_NEAR(norm(plane.normal - axis), 0, 1e-14);
  EXPECT_NEAR(norm(plane.point - (guess.middle + 4.0 * axis)), 0, 1e-12);
}

TEST(BasalPlane, FollowsSixMarks) {
  const Tilted truth = tilted(8, 12);
  const BasalPlane plane = fit_basal_plane(guess, ring(truth, 6));
  // Six marks of 4 mm on a ring of 25 mm against 4 mm and 10 degrees of the guess: of the height a seventh goes back to
  // the guess, of the tilt 32 / (32 + 6 (25 / 4)^2 / 2) = 0.21.
  EXPECT_NEAR(height(plane), 8 - 4.0 / 7, 0.15);
  EXPECT_NEAR(degrees_between(plane.normal, axis), 0.79 * 12, 0.5);
  EXPECT_LT(degrees_between(plane.normal, truth.normal), 3);
}

TEST(BasalPlane, OneGrossMarkHardlyCounts) {
  const Tilted truth = tilted(8, 5);
  auto marks = ring(truth, 6);
  const BasalPlane without = fit_basal_plane(guess, {marks.begin() + 1, marks.end()});
  marks[0] = marks[0] + 25.0 * axis;
  const BasalPlane with = fit_basal_plane(guess, marks);
  EXPECT_NEAR(height(with), height(without), 1);
  EXPECT_LT(degrees_between(with.normal, without.normal), 3);
}

TEST(BasalPlane, TwoMarksSetTheHeightAndLittleTilt) {
  const auto marks = ring(tilted(9, 0), 2);
  const BasalPlane plane = fit_basal_plane(guess, {marks[0] + 3.0 * axis, marks[1] - 3.0 * axis});
  EXPECT_NEAR(height(plane), 4 + 5 * 2.0 / 3, 0.6);
  EXPECT_LT(degrees_between(plane.normal, axis), 6.9);  // the marks alone say atan(3 / 25)
}

}  // namespace
}  // namespace cardiotwin::segmentation
