/// Vorticity and Q of flows whose gradient is known. 1 m/s per mm is 1e3 1/s.

#include "vortices.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::hemodynamics {
namespace {

Vortices vortices_of(const mesh::TetMesh& mesh, const std::function<Vec3(const Vec3&)>& velocity) {
  std::vector<Vec3> u;
  for (const Vec3& x : mesh.points) u.push_back(velocity(x));
  return vortices(mesh.points, mesh.cells, u);
}

/// Of a velocity [m/s] that is linear in space [mm], so the same at every point.
void expect_everywhere(const std::function<Vec3(const Vec3&)>& velocity, const Vec3& vorticity, double q) {
  const auto mesh = mesh::box({-1, -2, 0}, {2, 1, 1}, {3, 4, 2});
  const Vortices found = vortices_of(mesh, velocity);
  ASSERT_EQ(found.q.size(), mesh.points.size());
  for (std::size_t n = 0; n < mesh.points.size(); ++n) {
    EXPECT_LT(norm(found.vorticity[n] - vorticity), 1e-9);
    EXPECT_NEAR(found.q[n], q, 1e-6);
  }
}

TEST(Vortices, RigidRotationHasTwiceItsRateAndItsSquare) {
  const Vec3 omega{0.02, -0.03, 0.06};  // [1/ms]: 70 1/s
  expect_everywhere([&](const Vec3& x) { return cross(omega, x); }, 2e3 * omega, 1e6 * dot(omega, omega));
}

TEST(Vortices, PureStrainHasANegativeQ) {
  const double rate = 0.05;
  expect_everywhere([&](const Vec3& x) { return Vec3{rate * x[0], -rate * x[1], 0}; }, {}, -1e6 * rate * rate);
  expect_everywhere(
      [&](const Vec3& x) {
        return Vec3{rate * x[0], -0.5 * rate * x[1], -0.5 * rate * x[2]};
      },
      {}, -0.75e6 * rate * rate);
}

TEST(Vortices, ShearIsNoVortex) {
  expect_everywhere([](const Vec3& x) { return Vec3{0.04 * x[1], 0, 0}; }, {0, 0, -40}, 0);
  expect_everywhere([](const Vec3& x) { return Vec3{0, 0, 0.04 * x[1]}; }, {40, 0, 0}, 0);
}

TEST(Vortices, CellsCountByTheirVolume) {
  auto mesh = mesh::box({-1, 0, 0}, {1, 1, 1}, {2, 2, 2});
  for (Vec3& x : mesh.points)
    if (x[0] > 0) x[0] *= 3;
  // Sheared beyond x = 0 only. Both sides have as many cells at an inner point, the sheared ones three times as large.
  const Vortices found = vortices_of(mesh, [](const Vec3& x) -> Vec3 { return {0, 0.04 * std::max(0.0, x[0]), 0}; });
  const auto middle = std::ranges::find(mesh.points, Vec3{0, 0.5, 0.5}) - mesh.points.begin();
  EXPECT_NEAR(found.vorticity.at(static_cast<std::size_t>(middle))[2], 0.75 * 40, 1e-9);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
