/// Steady flow between plates, of a Newtonian and of a Carreau-Yasuda fluid, against closed forms: velocity, pressure
/// drop, wall shear.

#include "box_flow.hpp"
#include "schemes.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double edge = 1e-9;

/// Steady flow along x between plates at y = -half and y = half, driven by `slope` = -dp/dx:
/// mu(g) g = slope |y|, g = |du/dy|.
struct Plates {
  double half, length, slope;
  Rheology rheology;

  double shear(double y) const {
    double low = 0, high = slope * std::abs(y) / rheology.infinite;  // mu(g) g rises with g
    for (int i = 0; i < 200; ++i) {
      const double g = 0.5 * (low + high);
      (rheology.viscosity(g) * g < slope * std::abs(y) ? low : high) = g;
    }
    return low;
  }
  /// The integral of the shear rate to the wall, by the midpoint rule.
  double speed(double y) const {
    constexpr int parts = 400;
    const double width = (half - std::abs(y)) / parts;
    double sum = 0;
    for (int i = 0; i < parts; ++i) sum += width * shear(std::abs(y) + (i + 0.5) * width);
    return sum;
  }
};

struct PlateErrors {
  double velocity, pressure_drop, wall_shear;  ///< relative
};

/// The outlet is open where `open`, else has its exact velocity. The coupled scheme starts from rest, in so long steps
/// that inertia dies out; the fast one, whose steps are bounded, has to keep the exact flow.
PlateErrors plates(SchemeKind kind, const Plates& exact, bool open) {
  constexpr int across = 16;
  std::vector<double> speeds;
  for (int j = 0; j <= across; ++j) speeds.push_back(exact.speed(exact.half * (2.0 * j / across - 1)));
  const auto u = [&](const Vec3& x, double) -> Vec3 {
    return {speeds[std::lround((x[1] / exact.half + 1) * across / 2)], 0, 0};
  };
  const auto p = [&](const Vec3& x, double) { return exact.slope * (exact.length - x[0]); };
  const auto mesh = mesh::box({0, -exact.half, 0}, {exact.length, exact.half, exact.half}, {8, across, 4});
  BoxFlow flow(kind, mesh, {.rheology = exact.rheology, .momentum_tolerance = 1e-9, .pressure_tolerance = 1e-8}, u, p);
  const auto is_wall = [&](const Vec3& x) { return std::abs(x[1]) > exact.half - edge; };
  const auto is_outlet = [&](const Vec3& x) { return x[0] > exact.length - edge; };
  flow.fix_velocity([&](const Vec3& x) {
    return is_wall(x) || x[0] < edge || x[2] < edge || x[2] > exact.half - edge || (is_outlet(x) && !open);
  });
  if (open) flow.boundary.openings = {{.triangles = surface_set(flow.space, mesh, {2}).triangles}};
  if (!open) flow.fix_pressure(is_outlet);
  flow.start(1);
  const bool from_rest = kind == SchemeKind::coupled;
  if (from_rest) flow.scheme->state = flow.scheme->state_at_rest();
  for (int i = 0; i < (from_rest ? 40 : 100); ++i) flow.step(from_rest ? 1000 : 5);

  std::vector<double> sums(4, 0.0);  // pressure at the inlet, nodes there; wall force, nodes there
  std::vector<std::uint8_t> wall(flow.space.locals());
  for (std::int32_t n = 0; n < flow.space.locals(); ++n) wall[n] = is_wall(flow.space.coordinates()[n]);
  const Vectors force = flow.scheme->viscous_force(wall);
  for (std::int32_t n = 0; n < flow.space.owned(); ++n) {
    const Vec3& x = flow.space.coordinates()[n];
    if (x[0] < edge) sums[0] += flow.scheme->state.p[n], sums[1] += 1;
    const bool inside = x[0] > 0.25 * exact.length && x[0] < 0.75 * exact.length;
    if (wall[n] && inside && x[2] > edge && x[2] < exact.half - edge) sums[2] += force[0][n], sums[3] += 1;
  }
  flow.space.comm().sum(sums);
  const double node_area = exact.length / 8 * exact.half / 4;
  return {flow.errors().velocity, sums[0] / sums[1] / (exact.slope * exact.length) - 1,
          sums[2] / sums[3] / node_area / (exact.slope * exact.half) - 1};
}

class BetweenPlates : public EveryScheme {};

TEST_P(BetweenPlates, NewtonianFlow) {
  const double viscosity = 3.5e-3, half = 2, peak = 0.1;
  const auto error = plates(GetParam(), {half, 4, 2 * viscosity * peak / (half * half), newtonian(viscosity)}, true);
  EXPECT_LT(error.velocity, 2e-3);
  EXPECT_LT(std::abs(error.pressure_drop), 0.02);
  EXPECT_LT(std::abs(error.wall_shear), 0.02);
}

/// The wall's shear rate is 92 /s and in the middle there is none: viscosities from 4.3 to 160 mPa s.
TEST_P(BetweenPlates, CarreauYasudaFlow) {
  const Rheology blood{.infinite = 3.5e-3, .zero = 0.16};
  const auto error = plates(GetParam(), {2, 4, 2e-4, blood}, false);
  EXPECT_LT(error.velocity, 1e-2);
  EXPECT_LT(std::abs(error.pressure_drop), 0.05);
  EXPECT_LT(std::abs(error.wall_shear), 0.01);
}
INSTANTIATE_TEST_SUITE_P(Schemes, BetweenPlates, every_scheme, scheme_name);

}  // namespace
}  // namespace cardiotwin::hemodynamics
