/// What a moving mesh must not change: a uniform flow; and what it must do: push out what it sweeps.

#include "box_flow.hpp"
#include "schemes.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {
namespace {

class MovingMesh : public EveryScheme {};

TEST_P(MovingMesh, UniformFlowStaysUniform) {
  const auto mesh = mesh::box({0, 0, 0}, {4, 2, 2}, {8, 4, 4});
  const Displaced wobble = [](const Vec3& x, double t) -> Vec3 {
    const double s = 0.15 * std::sin(0.4 * t);
    return {x[0] + s * std::sin(2 * x[1] + x[2]), x[1] + s * std::cos(1.5 * x[2] + x[0]),
            x[2] + s * std::sin(2 * x[0])};
  };
  BoxFlow flow(
      GetParam(), mesh, {.momentum_tolerance = 1e-12},
      [](const Vec3&, double) -> Vec3 {
        return {0.7, -0.2, 0.3};
      },
      [](const Vec3&, double) { return 0.0; }, wobble);
  flow.fix_velocity(
      [](const Vec3& x) { return x[0] < 1e-9 || x[1] < 1e-9 || x[1] > 2 - 1e-9 || x[2] < 1e-9 || x[2] > 2 - 1e-9; });
  flow.boundary.openings = {{.triangles = surface_set(flow.space, mesh, {2}).triangles}};
  flow.start(0.5);
  for (int i = 0; i < 20; ++i) flow.step(i % 3 ? 0.5 : 0.3);
  EXPECT_LT(flow.errors().largest_velocity, 1e-10);
  EXPECT_LT(flow.errors().largest_pressure, 1e-10);
}

/// A box that is squeezed in x and y and lets blood out at its top: u = (-a x, -a y, 2 a z), exact for any a(t), and
/// linear in space, so that what is left is the error in time and of the pressure.
TEST_P(MovingMesh, SqueezedBoxPushesOutWhatItLoses) {
  const double amplitude = 0.3, omega = 0.02, height = 2;
  const auto log_width = [&](double t) { return -amplitude * (1 - std::cos(omega * t)); };
  const auto rate = [&](double t) { return amplitude * omega * std::sin(omega * t); };  // a
  const auto rate_change = [&](double t) { return amplitude * omega * omega * std::cos(omega * t); };
  const double density = 1.06;
  const auto u = [&](const Vec3& x, double t) -> Vec3 {
    return {-rate(t) * x[0], -rate(t) * x[1], 2 * rate(t) * x[2]};
  };
  const auto p = [&](const Vec3& x, double t) {
    const double r2 = x[0] * x[0] + x[1] * x[1], z2 = x[2] * x[2] - height * height, a2 = rate(t) * rate(t);
    return -density * (rate_change(t) * (z2 - 0.5 * r2) + 0.5 * a2 * (r2 + 4 * z2));
  };
  const Displaced squeeze = [&](const Vec3& x, double t) -> Vec3 {
    return {x[0] * std::exp(log_width(t)), x[1] * std::exp(log_width(t)), x[2]};
  };
  const auto mesh = mesh::box({-1, -1, 0}, {1, 1, height}, {10, 10, 10});
  BoxFlow flow(GetParam(), mesh, {.rheology = newtonian(1e-6), .momentum_tolerance = 1e-9, .pressure_tolerance = 1e-8},
               u, p, squeeze);
  flow.fix_velocity([&](const Vec3& x) { return std::abs(x[0]) > 0.999 || std::abs(x[1]) > 0.999 || x[2] < 1e-9; });
  flow.fix_pressure([&](const Vec3& x) { return x[2] > height - 1e-9; });
  const auto top = surface_set(flow.space, mesh, {6}).triangles;
  flow.start(1);
  double worst = 0, peak = 0;
  for (int i = 0; i < 60; ++i) {
    flow.step(1);
    const double width = 2 * std::exp(log_width(flow.time));
    const double loss = 2 * rate(flow.time) * width * width * height;  // -dV/dt
    peak = std::max(peak, loss);
    const double out = flux(flow.space, flow.scheme->mesh().positions(), top, flow.scheme->state.u);
    worst = std::max(worst, std::abs(flow.space.comm().sum(out) - loss));
  }
  EXPECT_LT(worst, 2.5e-3 * peak);
  EXPECT_LT(flow.errors().velocity, 2e-3);
  EXPECT_LT(flow.errors().pressure, 5e-3);
}
INSTANTIATE_TEST_SUITE_P(Schemes, MovingMesh, every_scheme, scheme_name);

}  // namespace
}  // namespace cardiotwin::hemodynamics
