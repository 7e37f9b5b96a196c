/// Breath-hold shifts of slices: found where they are, not where the heart is merely bent.
#include "slice_alignment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cardiotwin::segmentation {
namespace {

std::vector<std::optional<Shift>> as_cavity(const std::vector<Shift>& middles) {
  return {middles.begin(), middles.end()};
}

/// Middles on a bent axis: a parabola of 8 mm sagitta and an S of 1 mm.
std::vector<Shift> bent_axis(std::size_t slices) {
  std::vector<Shift> middles;
  for (std::size_t s = 0; s < slices; ++s) {
    const double t = 2 * static_cast<double>(s) / static_cast<double>(slices - 1) - 1;
    middles.push_back({60 + 8 * t * t + std::sin(M_PI * t), 50 - 3 * t});
  }
  return middles;
}

double rms(const std::vector<Shift>& a, const std::vector<Shift>& b) {
  double sum = 0;
  for (std::size_t s = 0; s < a.size(); ++s) sum += std::pow(a[s][0] - b[s][0], 2) + std::pow(a[s][1] - b[s][1], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(Alignment, LeavesABentAxisAlone) {
  for (const std::size_t slices : {5U, 9U, 14U}) {
    const auto middles = bent_axis(slices);
    for (const Shift& shift : alignment(middles, as_cavity(middles))) EXPECT_EQ(shift, (Shift{0, 0})) << slices;
  }
}

TEST(Alignment, BringsBackOneSlice) {
  auto middles = bent_axis(10);
  middles[6][0] += 5;
  middles[6][1] -= 4;
  const auto shifts = alignment(middles, as_cavity(middles));
  for (std::size_t s = 0; s < shifts.size(); ++s) {
    // Of 6.4 mm, 1 - (2 / 6.4)^2 = 0.9 are undone; 1 mm is the axis' own S.
    EXPECT_NEAR(shifts[s][0], s == 6 ? -4.5 : 0, 1) << s;
    EXPECT_NEAR(shifts[s][1], s == 6 ? 3.6 : 0, 1) << s;
  }
}

TEST(Alignment, ReducesShiftsOfEverySlice) {
  // All slices are off by up to 5 mm along each axis: three of the offsets of n slices hide in the parabola.
  const auto truth = bent_axis(10);
  double before = 0, after = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> shift(-5, 5);
    auto shifted = truth;
    for (Shift& middle : shifted)
      for (double& x : middle) x += shift(random);
    auto aligned = shifted;
    const auto shifts = alignment(shifted, as_cavity(shifted));
    for (std::size_t s = 0; s < aligned.size(); ++s)
      for (std::size_t a = 0; a < 2; ++a) aligned[s][a] += shifts[s][a];
    before += rms(shifted, truth);
    after += rms(aligned, truth);
  }
  EXPECT_LT(after, 0.75 * before);
}

TEST(Alignment, AnOffsetOfTheWallAloneIsShape) {
  const auto cavity = bent_axis(9);
  auto outer = cavity;
  outer[8][0] += 7;  // the outflow tract has joined the basal ring
  for (const Shift& shift : alignment(outer, as_cavity(cavity))) EXPECT_EQ(shift, (Shift{0, 0}));
}

TEST(Alignment, FourSlicesStay) {
  auto middles = bent_axis(4);
  middles[1][0] += 9;
  for (const Shift& shift : alignment(middles, as_cavity(middles))) EXPECT_EQ(shift, (Shift{0, 0}));
}

TEST(Alignment, SlicesWithoutCavityStay) {
  const auto middles = bent_axis(9);
  auto outer = middles;
  auto cavity = as_cavity(middles);
  cavity[0].reset();
  outer[0][0] += 15;
  for (const Shift& shift : alignment(outer, cavity)) EXPECT_EQ(shift, (Shift{0, 0}));
}

}  // namespace
}  // namespace cardiotwin::segmentation
