/// Figures of the wall's load, by hand.

#include "figures.hpp"

#include <gtest/gtest.h>

namespace cardiotwin::hemodynamics {
namespace {

/// Of one node that feels `shears` [Pa], 10 ms each.
WallLoad load_of(const std::vector<Vec3>& shears) {
  TimeSums sums{0, {Scalars{0}, Scalars{0}, Scalars{0}}, {0}, {0}, {0}};
  for (const Vec3& shear : shears) {
    sums.duration += 10;
    for (int d = 0; d < 3; ++d) sums.shear[d][0] += 10 * 1e-3 * shear[d];
    sums.shear_magnitude[0] += 10 * 1e-3 * norm(shear);
  }
  return wall_load(sums, 0);
}

void expect_load(const WallLoad& load, double tawss, double osi, double rrt, double ecap) {
  EXPECT_NEAR(load.tawss, tawss, 1e-12);
  EXPECT_NEAR(load.osi, osi, 1e-12);
  EXPECT_NEAR(load.rrt(), rrt, 1e-9 * rrt);
  EXPECT_NEAR(load.ecap(), ecap, 1e-12);
}

TEST(WallLoad, SteadyShearDoesNotOscillate) { expect_load(load_of({{0, 2, 0}, {0, 2, 0}}), 2, 0, 0.5, 0); }

TEST(WallLoad, BackAndForthOscillatesFully) {
  expect_load(load_of({{1.5, 0, 0}, {-1.5, 0, 0}}), 1.5, 0.5, 1e6, 0.5 / 1.5);
}

TEST(WallLoad, OfShearThatTurns) {
  // three parts on, one back: mean (0.5, 0, 0), mean magnitude 1
  expect_load(load_of({{1, 0, 0}, {1, 0, 0}, {-1, 0, 0}, {1, 0, 0}}), 1, 0.25, 2, 0.25);
  // to the side: mean (1.5, 2, 0) of magnitude 2.5, mean magnitude 3.5
  expect_load(load_of({{3, 0, 0}, {0, 4, 0}}), 3.5, 0.5 * (1 - 2.5 / 3.5), 1 / 2.5, 0.5 * (1 - 2.5 / 3.5) / 3.5);
}

TEST(WallLoad, StaysFiniteWithoutMotion) { expect_load(load_of({{0, 0, 0}, {0, 0, 0}}), 0, 0, 1e6, 0); }

}  // namespace
}  // namespace cardiotwin::hemodynamics
