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

using Rows = std::array<Vec3, 3>;

/// A bar along x, stretched by l with free sides and turned about z.
Rows turned_bar(double l) {
  const double c = std::cos(0.7), s = std::sin(0.7), across = 1 / std::sqrt(l);
  return {{{c * l, -s * across, 0}, {s * l, c * across, 0}, {0, 0, across}}};
}

/// Fibre stress at every point of a body with deformation gradient f and pressure multiplier p; sheets lie along y.
std::vector<double> fibre_stress(const Material& material, const Rows& f, const Vec3& fibre, double p, double tension) {
  WallSetup setup;
  setup.tissue.material = material;
  setup.fibre.assign(block().points.size(), fibre);
  setup.sheet.assign(block().points.size(), {0, 1, 0});
  Wall wall(core::Comm(), block(), setup);
  std::ranges::fill(wall.tension().amplitude, tension);
  WallState state = wall.zero();
  for (std::int32_t n = 0; n < wall.displacement_space().locals(); ++n) {
    const Vec3& x = wall.displacement_space().coordinates()[n];
    for (int i = 0; i < 3; ++i) state.u[3 * n + i] = core::dot(f[i], x) - x[i];
  }
  std::ranges::fill(state.p, p);
  return wall.fibre_stress(state, state, 0);
}

TEST(FibreStress, OfANeoHookeanBarIsTheClosedForm) {
  // Incompressible, free sides: sigma = mu (l^2 - 1/l) with the multiplier p = mu/3 (l^2 - 1/l); an active second Piola
  // stress T adds l^2 T.
  const double mu = 5, l = 1.2, tension = 7;
  for (const double stress : fibre_stress(NeoHooke{mu}, turned_bar(l), {1, 0, 0}, mu / 3 * (l * l - 1 / l), tension))
    EXPECT_NEAR(stress, mu * (l * l - 1 / l) + l * l * tension, 1e-10);
}

TEST(FibreStress, OfASimpleShearIsTheClosedForm) {
  // b = F F^T, sigma = mu (b - tr b / 3), along the sheared fibre f = (g, 1, 0) / |..|.
  const double mu = 5, g = 0.4, length2 = 1 + g * g;
  const double expected = mu * ((g * g * length2 + 2 * g * g + 1) / length2 - (3 + g * g) / 3);
  for (const double stress : fibre_stress(NeoHooke{mu}, {{{1, g, 0}, {0, 1, 0}, {0, 0, 1}}}, {0, 1, 0}, 0, 0))
    EXPECT_NEAR(stress, expected, 1e-10);
  // The same from fibres that are no axis of the shear.
  const Vec3 d = core::normalised(Vec3{1, 1, 1}), f = core::normalised(Vec3{d[0] + g * d[1], d[1], d[2]});
  const double bff = length2 * f[0] * f[0] + f[1] * f[1] + f[2] * f[2] + 2 * g * f[0] * f[1];
  for (const double stress : fibre_stress(NeoHooke{mu}, {{{1, g, 0}, {0, 1, 0}, {0, 0, 1}}}, d, 0, 0))
    EXPECT_NEAR(stress, mu * (bff - (3 + g * g) / 3), 1e-10);
}

TEST(FibreStress, OfAHolzapfelOgdenBarIsTheClosedForm) {
  // sigma = 2 W1 (l^2 - 1/l) + 2 W4 l^2: W1 = a/2 e^{b(I1 - 3)}, W4 = af (I4 - 1) e^{bf (I4 - 1)^2}; the sides' stress
  // of the matrix vanishes with p = 2 W1 (I1/3 - 1/l).
  HolzapfelOgden m;
  m.whole_fibres = true;
  const double l = 1.1, i1 = l * l + 2 / l, x = l * l - 1;
  const double w1 = m.a / 2 * std::exp(m.b * (i1 - 3)), w4 = m.af * x * std::exp(m.bf * x * x);
  const double expected = 2 * w1 * (l * l - 1 / l) + 2 * w4 * l * l;
  for (const double stress : fibre_stress(m, turned_bar(l), {1, 0, 0}, 2 * w1 * (i1 / 3 - 1 / l), 0))
    EXPECT_NEAR(stress, expected, 1e-6 * expected);  // the smooth step is not quite 1
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
