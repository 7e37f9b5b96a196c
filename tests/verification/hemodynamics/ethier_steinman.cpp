/// Order of the flow solver on the exact three-dimensional unsteady solution of Ethier and Steinman,
/// Int. J. Numer. Meth. Fluids 19 (1994), a = pi/4, d = pi/2, density 1; on a mesh at rest and on one that moves.

#include <gtest/gtest.h>

#include <numbers>

#include "box_flow.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double a = std::numbers::pi / 4, d = std::numbers::pi / 2;

struct EthierSteinman {
  double nu;
  Vec3 u(const Vec3& r, double t) const {
    const auto [x, y, z] = r;
    const double decay = -a * std::exp(-d * d * nu * t);
    return {decay * (std::exp(a * x) * std::sin(a * y + d * z) + std::exp(a * z) * std::cos(a * x + d * y)),
            decay * (std::exp(a * y) * std::sin(a * z + d * x) + std::exp(a * x) * std::cos(a * y + d * z)),
            decay * (std::exp(a * z) * std::sin(a * x + d * y) + std::exp(a * y) * std::cos(a * z + d * x))};
  }
  double p(const Vec3& r, double t) const {
    const auto [x, y, z] = r;
    return -0.5 * a * a * std::exp(-2 * d * d * nu * t) *
           (std::exp(2 * a * x) + std::exp(2 * a * y) + std::exp(2 * a * z) +
            2 * std::sin(a * x + d * y) * std::cos(a * z + d * x) * std::exp(a * (y + z)) +
            2 * std::sin(a * y + d * z) * std::cos(a * x + d * y) * std::exp(a * (z + x)) +
            2 * std::sin(a * z + d * x) * std::cos(a * y + d * z) * std::exp(a * (x + y)));
  }
};

/// A wobble of inside and boundary, as large as the box allows the coarsest mesh to bear.
Vec3 wobble(const Vec3& x, double t) {
  const double s = 0.1 * std::sin(5 * t);
  return {x[0] + s * std::sin(2 * x[1]), x[1] + s * std::cos(2 * x[2]), x[2] + s * std::sin(2 * x[0] + 1)};
}

BoxFlow::Errors solve(int cubes, double end, int steps, double nu, const Displaced& motion) {
  const EthierSteinman exact{nu};
  FluidOptions options{.density = 1, .rheology = newtonian(nu), .momentum_tolerance = 1e-8, .pressure_tolerance = 1e-7};
  const auto mesh = mesh::box({-1, -1, -1}, {1, 1, 1}, {cubes, cubes, cubes});
  BoxFlow flow(
      mesh, options, [&](const Vec3& x, double t) { return exact.u(x, t); },
      [&](const Vec3& x, double t) { return exact.p(x, t); }, motion);
  flow.fix_velocity(
      [](const Vec3& x) { return std::abs(x[0]) > 0.999 || std::abs(x[1]) > 0.999 || std::abs(x[2]) > 0.999; });
  flow.fix_pressure([](const Vec3& x) { return x[0] > 0.999; });
  flow.run(end, steps);
  return flow.errors();
}

void expect_second_order_in_space(double nu, const Displaced& motion) {
  const auto coarse = solve(10, 0.5, 20, nu, motion), fine = solve(20, 0.5, 20, nu, motion);
  const double velocity = std::log2(coarse.velocity / fine.velocity),
               pressure = std::log2(coarse.pressure / fine.pressure);
  EXPECT_NEAR(velocity, 2, 0.25);
  EXPECT_GT(pressure, 1.7);
}

TEST(EthierSteinman, SecondOrderInSpace) { expect_second_order_in_space(0.1, at_rest); }
TEST(EthierSteinman, SecondOrderInSpaceOnAMovingMesh) { expect_second_order_in_space(0.1, wobble); }

TEST(EthierSteinman, SecondOrderInTime) {
  const auto coarse = solve(16, 0.8, 4, 0.1, at_rest), fine = solve(16, 0.8, 8, 0.1, at_rest);
  const double velocity = std::log2(coarse.velocity / fine.velocity),
               pressure = std::log2(coarse.pressure / fine.pressure);
  EXPECT_NEAR(velocity, 2, 0.3);
  EXPECT_GT(pressure, 1.7);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
