/// Inertia, objectivity and stress of the wall.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "newton.hpp"

namespace cardiotwin::mechanics {
namespace {

TEST(AlphaScheme, IsOfSecondOrderOnAnOscillator) {
  // a + w^2 u = 0 from u = 1 at rest: u = cos(w t).
  const auto error = [](double radius, int steps) {
    const AlphaScheme scheme{radius};
    const double w = 2, h = 3.0 / steps, am = scheme.am(), b = scheme.beta();
    std::vector<double> u{1};
    WallRates rates{{0}, {-w * w}};
    for (int k = 0; k < steps; ++k) {
      // (1 - am) a + am a_n + w^2 u = 0 with a = (u - u_n - h v_n)/(b h^2) - (1/(2b) - 1) a_n
      const double m = (1 - am) / (b * h * h), a_n = rates.acceleration[0];
      const double known = m * (u[0] + h * rates.velocity[0]) + ((1 - am) * (0.5 / b - 1) - am) * a_n;
      const std::vector<double> next{known / (m + w * w)};
      rates = rates_after(scheme, next, u, rates, h);
      u = next;
    }
    return std::abs(u[0] - std::cos(w * 3.0));
  };
  for (double radius : {0.2, 0.5, 1.0}) {
    const double order = std::log2(error(radius, 200) / error(radius, 400));
    EXPECT_NEAR(order, 2, 0.1) << radius;
  }
}

mesh::TetMesh block() { return mesh::box({0, 0, 0}, {2, 1, 1}, {2, 1, 1}); }

CavityEquation no_cavity(double, double p) { return {p, 0, 1}; }

TEST(FibreStress, OfAStretchedAndTurnedBarIsTheClosedForm) {
  // Incompressible neo-Hookean bar, free sides: sigma = mu (l^2 - 1/l) along it, with the multiplier p = mu/3 (l^2 -
  // 1/l); an active second Piola stress T adds l^2 T. Its turn about z must not be seen.
  const double mu = 5, l = 1.2, tension = 7, c = std::cos(0.7), s = std::sin(0.7);
  WallSetup setup;
  setup.tissue.material = NeoHooke{mu};
  setup.fibre.assign(block().points.size(), {1, 0, 0});
  Wall wall(core::Comm(), block(), setup);
  std::ranges::fill(wall.tension().amplitude, tension);
  WallState state = wall.zero();
  for (std::int32_t n = 0; n < wall.displacement_space().locals(); ++n) {
    const Vec3& X = wall.displacement_space().coordinates()[n];
    const Vec3 stretched{l * X[0], X[1] / std::sqrt(l), X[2] / std::sqrt(l)};
    const Vec3 x{c * stretched[0] - s * stretched[1], s * stretched[0] + c * stretched[1], stretched[2]};
    for (int i = 0; i < 3; ++i) state.u[3 * n + i] = x[i] - X[i];
  }
  std::ranges::fill(state.p, mu / 3 * (l * l - 1 / l));
  for (const double stress : wall.fibre_stress(state, state, 0))
    EXPECT_NEAR(stress, mu * (l * l - 1 / l) + l * l * tension, 1e-10);
}

TEST(Inertia, AFreeBodyFallsLikeAStone) {
  WallSetup setup;
  setup.tissue.material = NeoHooke{5};
  setup.density = 1.5;
  Wall wall(core::Comm(), block(), setup);
  // A uniform body force rho g; then u = v0 t + g t^2 / 2 everywhere.
  const Vec3 g{0, 0, -0.01}, v0{0.02, 0, 0};
  const auto nodes = wall.displacement_space().cell_nodes();
  const BlockPattern uu(wall.displacement_space().locals(), nodes, 10, nodes, 10);
  std::vector<std::int32_t> blocks;
  std::vector<double> volumes, acceleration;
  std::vector<double> force(3 * static_cast<std::size_t>(wall.displacement_space().locals()), 0.0);
  for (std::size_t c = 0; c < nodes.size() / 10; ++c) {
    volumes.push_back(mesh::signed_volume(wall.mesh(), wall.mesh().cells[wall.displacement_space().cells()[c]]));
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < 10; ++b) blocks.push_back(uu.find(nodes[10 * c + a], nodes[10 * c + b]));
  }
  for (std::size_t i = 0; i < force.size(); ++i) acceleration.push_back(g[i % 3]);
  Inertia(wall.displacement_space(), uu, blocks, volumes, setup.density).add_force(acceleration, force);
  wall.set_external(force);
  WallState now = wall.zero();
  for (std::size_t i = 0; i < now.u.size(); ++i)
    now.rates.velocity[i] = v0[i % 3], now.rates.acceleration[i] = g[i % 3];
  NewtonOptions options;
  options.tolerance = 1e-12;
  Newton newton(wall, options);
  for (int k = 0; k < 5; ++k) {
    WallState next = now;
    ASSERT_TRUE(newton.solve(next, now, 1 / 2.0, no_cavity).converged);
    wall.finish_step(next, now, 2);
    now = next;
  }
  for (std::size_t i = 0; i < now.u.size(); ++i) EXPECT_NEAR(now.u[i], v0[i % 3] * 10 + g[i % 3] * 50, 1e-8);
}

TEST(Wall, ForcesTurnWithTheBody) {
  WallSetup setup;
  setup.tissue.material = HolzapfelOgden{};
  setup.tissue.viscosity = 10;
  setup.fibre.assign(block().points.size(), {0.6, 0.8, 0});
  Wall wall(core::Comm(), block(), setup);
  std::ranges::fill(wall.tension().amplitude, 20);
  const double c = std::cos(0.7), s = std::sin(0.7);
  const auto turned = [&](const Vec3& v) { return Vec3{c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]}; };
  WallState bent = wall.zero(), before = wall.zero(), turned_bent = bent, turned_before = before;
  const auto x = wall.displacement_space().coordinates();
  for (std::size_t n = 0; n < x.size(); ++n) {
    const Vec3 y = x[n] + Vec3{0.1 * x[n][1] * x[n][0], 0.05 * std::sin(x[n][2]), -0.1 * x[n][0]};
    const Vec3 z = x[n] + Vec3{0.05 * x[n][1], 0, 0};
    const Vec3 ty = turned(y), tz = turned(z);
    for (std::size_t i = 0; i < 3; ++i) {
      bent.u[3 * n + i] = y[i] - x[n][i], before.u[3 * n + i] = z[i] - x[n][i];
      turned_bent.u[3 * n + i] = ty[i] - x[n][i], turned_before.u[3 * n + i] = tz[i] - x[n][i];
    }
  }
  const Residual here = wall.residual(bent, before, 0.5, no_cavity);
  const Residual there = wall.residual(turned_bent, turned_before, 0.5, no_cavity);
  ASSERT_GT(here.force_norm, 1);
  for (std::size_t n = 0; n < static_cast<std::size_t>(wall.displacement_space().owned()); ++n) {
    const Vec3 f = turned({here.force[3 * n], here.force[3 * n + 1], here.force[3 * n + 2]});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(there.force[3 * n + i], f[i], 1e-10 * here.force_norm);
  }
}

}  // namespace
}  // namespace cardiotwin::mechanics
