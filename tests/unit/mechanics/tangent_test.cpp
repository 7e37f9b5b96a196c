/// Every contribution to the tangent against central differences of the residual.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "active/twitch.hpp"
#include "support/ellipsoid.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {
namespace {

/// A smooth field of the size of real displacements that is no symmetry of anything.
Vec3 wobble(const Vec3& x, double size) {
  return {size * std::sin(0.11 * x[0] + 0.07 * x[1] + 1), size * std::cos(0.09 * x[1] - 0.08 * x[2]),
          size * std::sin(0.10 * x[2] + 0.06 * x[0] + 2)};
}

WallState wobbled(const Wall& wall, double size) {
  WallState state = wall.zero();
  for (std::int32_t n = 0; n < wall.displacement_space().locals(); ++n) {
    const Vec3 u = wobble(wall.displacement_space().coordinates()[n], size);
    for (int i = 0; i < 3; ++i) state.u[3 * n + i] = wall.is_held(n, i) ? 0 : u[i];
  }
  for (std::int32_t n = 0; n < wall.pressure_space().locals(); ++n)
    state.p[n] = 3 + std::sin(0.2 * wall.pressure_space().coordinates()[n][0]);
  state.pressure = 5;
  return state;
}

/// Largest difference between K x and the central difference of the residual along x, relative to K x.
double tangent_error(const WallSetup& setup, double rate, const CavityLaw& law, double tension = 0, double slope = 0) {
  test::Ellipsoid e;
  e.around = 1, e.along = 1, e.across = 1, e.core_layers = 1, e.with_blood = false;
  Wall wall(core::Comm(), test::tet_mesh(test::ellipsoid(e)), setup);
  std::ranges::fill(wall.tension().amplitude, tension);
  std::ranges::fill(wall.tension().slope, slope);
  const WallState state = wobbled(wall, 1.5), previous = wobbled(wall, 1.0);
  fem::Vector x, b, kx;
  wall.tangent(state, previous, rate, law);
  fem::check(MatCreateVecs(wall.matrix(), x.out(), b.out()));
  fem::check(VecDuplicate(b, kx.out()));
  // A direction without symmetry; held components stay.
  wall.right_hand_side(wall.residual(state, previous, rate, law), x);
  double norm = 0;
  fem::check(VecNorm(x, NORM_INFINITY, &norm));
  fem::check(VecScale(x, 0.5 / norm));
  fem::check(MatMult(wall.matrix(), x, kx));

  constexpr double d = 2e-5;
  WallState ahead = state, behind = state;
  wall.add(ahead, d, x);
  wall.add(behind, -d, x);
  fem::Vector minus;
  fem::check(VecDuplicate(b, minus.out()));
  wall.right_hand_side(wall.residual(ahead, previous, rate, law), b);  // both are minus the residual
  wall.right_hand_side(wall.residual(behind, previous, rate, law), minus);
  fem::check(VecAXPY(b, -1, minus));
  fem::check(VecScale(b, -1 / (2 * d)));
  double scale = 0, error = 0;
  fem::check(VecNorm(kx, NORM_INFINITY, &scale));
  fem::check(VecAXPY(b, -1, kx));
  fem::check(VecNorm(b, NORM_INFINITY, &error));
  return error / scale;
}

const CavityLaw pressure_law = [](double, double p) { return CavityEquation{p - 4, 0, 1}; };
const CavityLaw volume_law = [](double v, double p) { return CavityEquation{v - 9e4 + 40 * p, 1, 40}; };

WallSetup bare(const Material& material) {
  const auto heart = test::ellipsoid([] {
    test::Ellipsoid e;
    e.around = 1, e.along = 1, e.across = 1, e.core_layers = 1, e.with_blood = false;
    return e;
  }());
  WallSetup setup;
  setup.tissue.material = material;
  setup.tissue.augmentation = 0;
  setup.fibre = heart.fibre;
  setup.sheet = heart.sheet;
  setup.activation.assign(heart.points.size(), 0.0);
  return setup;
}

TEST(Tangent, NeoHooke) { EXPECT_LT(tangent_error(bare(NeoHooke{5}), 0, pressure_law), 1e-8); }
TEST(Tangent, Guccione) { EXPECT_LT(tangent_error(bare(Guccione{}), 0, pressure_law), 1e-8); }
TEST(Tangent, HolzapfelOgden) { EXPECT_LT(tangent_error(bare(HolzapfelOgden{}), 0, pressure_law), 1e-7); }

TEST(Tangent, MooneyRivlin) { EXPECT_LT(tangent_error(bare(MooneyRivlin{2, 1}), 0, pressure_law), 1e-8); }

TEST(Tangent, HolzapfelOgdenWithWholeFibres) {
  HolzapfelOgden law;
  law.whole_fibres = true;
  EXPECT_LT(tangent_error(bare(law), 0, pressure_law), 1e-7);
}

TEST(Tangent, ActiveStressInBothConventionsWithLengthDependenceAndSlope) {
  WallSetup setup = bare(NeoHooke{0.1});
  for (bool over_stretch : {false, true})
    for (bool length : {false, true}) {
      setup.tissue.active.over_stretch = over_stretch;
      setup.tissue.active.length_dependence = length;
      EXPECT_LT(tangent_error(setup, 0, pressure_law, 100, 0), 1e-8) << over_stretch << length;
      EXPECT_LT(tangent_error(setup, 0, pressure_law, 100, 300), 1e-8) << over_stretch << length;
    }
}

TEST(Tangent, CompressibleWall) {
  WallSetup setup = bare(NeoHooke{5});
  setup.tissue.bulk_modulus = 20;
  EXPECT_LT(tangent_error(setup, 0, pressure_law), 1e-8);
}

TEST(Tangent, LinearElementsWithStabilisation) {
  WallSetup setup = bare(Guccione{});
  setup.order = 1;
  setup.cavity_surface = artifacts::surface_endocardium;
  setup.supports = {{artifacts::surface_epicardium, 0.3, 0.1, 5, 2}};
  EXPECT_LT(tangent_error(setup, 0.5, volume_law, 50, 20), 1e-8);
}

TEST(Tangent, Inertia) {
  WallSetup setup = bare(NeoHooke{0.1});
  setup.density = 1;
  EXPECT_LT(tangent_error(setup, 0.5, pressure_law), 1e-8);
}

TEST(Tangent, StifferCells) {
  WallSetup setup = bare(Guccione{});
  setup.cell_stiffness.assign(10000, 7);
  EXPECT_LT(tangent_error(setup, 0, pressure_law), 1e-8);
}

TEST(Tangent, AugmentationAndViscosity) {
  WallSetup setup = bare(NeoHooke{0.1});
  setup.tissue.augmentation = 50;
  setup.tissue.viscosity = 100;
  EXPECT_LT(tangent_error(setup, 0.5, pressure_law), 1e-8);
}

TEST(Tangent, PressureLoadAndCavityVolume) {
  WallSetup setup = bare(NeoHooke{0.01});
  setup.cavity_surface = artifacts::surface_endocardium;
  EXPECT_LT(tangent_error(setup, 0, volume_law), 1e-8);
}

TEST(Tangent, SupportsAndClamp) {
  WallSetup setup = bare(NeoHooke{0.01});
  setup.supports = {{artifacts::surface_epicardium, 0.3, 0.1, 5, 2}};
  setup.clamped = {artifacts::surface_base};
  EXPECT_LT(tangent_error(setup, 0.5, pressure_law), 1e-8);
}

TEST(Twitch, RisesAndFallsWithinItsDuration) {
  const Twitch twitch;
  const double scale = 1 / twitch.shape(twitch.top());
  EXPECT_EQ(twitch.tension(scale, twitch.delay, 0), 0);
  EXPECT_EQ(twitch.tension(scale, twitch.delay + twitch.duration, 0), 0);
  EXPECT_NEAR(twitch.tension(scale, 20 + twitch.delay + twitch.top(), 20), twitch.peak, 1e-9);
  EXPECT_EQ(twitch.tension(scale, 200, -1), 0);  // never activated
}

TEST(Cavity, VolumeOfTheEllipsoidMovesRigidlyAndScales) {
  test::Ellipsoid e;
  e.around = 2, e.along = 2, e.across = 1, e.core_layers = 1;
  const auto heart = test::ellipsoid(e);
  double blood = 0;
  const auto whole = test::tet_mesh(heart);
  blood = mesh::volume(whole, artifacts::region_lv_blood);
  const std::int32_t wall_only[] = {artifacts::region_lv_wall};
  WallSetup setup;
  setup.cavity_surface = artifacts::surface_endocardium;
  Wall wall(core::Comm(), mesh::extract(whole, wall_only).mesh, setup);
  EXPECT_NEAR(wall.cavity_volume(wall.zero()), blood, 1e-9 * blood);
  // Shift, turn about x by 0.3 and stretch by 1.2: the base moves and tilts, and the volume is exact.
  WallState state = wall.zero();
  for (std::int32_t n = 0; n < wall.displacement_space().locals(); ++n) {
    const Vec3 x = wall.displacement_space().coordinates()[n];
    const Vec3 y{1.2 * x[0] + 7, 1.2 * (std::cos(0.3) * x[1] - std::sin(0.3) * x[2]) - 40,
                 1.2 * (std::sin(0.3) * x[1] + std::cos(0.3) * x[2]) + 100};
    for (int i = 0; i < 3; ++i) state.u[3 * n + i] = y[i] - x[i];
  }
  EXPECT_NEAR(wall.cavity_volume(state), 1.728 * blood, 1e-9 * blood);
}

}  // namespace
}  // namespace cardiotwin::mechanics
