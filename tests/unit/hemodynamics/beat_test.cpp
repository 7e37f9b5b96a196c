/// Valves and the figures of a beat.

#include <gtest/gtest.h>

#include <cmath>

#include "metrics.hpp"
#include "valves.hpp"

namespace cardiotwin::hemodynamics {
namespace {

double bump(double t, double middle, double width) { return std::exp(-std::pow((t - middle) / width, 2)); }

TEST(ValveSchedule, FollowsTheVolumeAndIgnoresItsNoise) {
  // Ejection around 200 ms, filling around 500, noise between: 800 ms at every ms.
  std::vector<double> rate;
  for (int t = 0; t < 800; ++t)
    rate.push_back(-300 * bump(t, 200, 60) + 300 * bump(t, 500, 60) + 3 * std::sin(0.9 * t));
  const ValveSchedule valves(rate, 800, 0.02);
  EXPECT_EQ(valves.open(10), Orifice::mitral);  // what was open at the end of the cycle stays so
  EXPECT_EQ(valves.open(200), Orifice::aortic);
  EXPECT_EQ(valves.open(500), Orifice::mitral);
  EXPECT_EQ(valves.open(750), Orifice::mitral);
  EXPECT_EQ(valves.open(800 + 200), Orifice::aortic);
  int changes = 0;
  for (int t = 0; t < 800; ++t) changes += valves.open(t) != valves.open(t + 1);
  EXPECT_EQ(changes, 2);
}

struct Filling {
  std::vector<double> times, flow;
};
/// Early wave at `early` ms and atrial wave at `atrial` ms of an 800 ms cycle.
Filling filling(double early, double early_flow, double atrial, double atrial_flow, double width = 40) {
  Filling f;
  for (int t = 1; t <= 800; ++t) {
    f.times.push_back(t);
    double sum = 0;
    for (double shift : {-800.0, 0.0, 800.0})
      sum += early_flow * bump(t, early + shift, width) + atrial_flow * bump(t, atrial + shift, width);
    f.flow.push_back(sum);
  }
  return f;
}

TEST(FillingPeaks, FindsEarlyAndAtrialWave) {
  const auto f = filling(480, 300, 700, 180);
  const auto peaks = filling_peaks(f.times, f.flow);
  ASSERT_TRUE(peaks);
  EXPECT_NEAR(peaks->early_ms, 480, 1);
  EXPECT_NEAR(peaks->early_flow, 300, 1);
  EXPECT_NEAR(peaks->atrial_ms, 700, 1);
  EXPECT_NEAR(peaks->atrial_flow, 180, 1);
}

TEST(FillingPeaks, OrderHoldsWhenTheAtrialWaveIsLargerOrWrapsAround) {
  const auto f = filling(640, 150, 20, 260);
  const auto peaks = filling_peaks(f.times, f.flow);
  ASSERT_TRUE(peaks);
  EXPECT_NEAR(peaks->early_ms, 640, 1);
  EXPECT_NEAR(peaks->atrial_ms, 20, 1);
}

TEST(FillingPeaks, NothingWhereTheWavesHaveMerged) {
  const auto f = filling(560, 300, 610, 280);
  EXPECT_FALSE(filling_peaks(f.times, f.flow));
}

TEST(PositiveVolume, IntegratesTheOutflowOnly) {
  std::vector<double> times, flow;
  for (int t = 1; t <= 1000; ++t) {
    times.push_back(t);
    flow.push_back(t <= 400 ? 150.0 : -10.0);
  }
  EXPECT_NEAR(positive_volume(times, flow), 60, 1e-9);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
