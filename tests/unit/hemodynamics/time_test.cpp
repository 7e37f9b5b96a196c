/// Differences and curves in time.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "bdf2.hpp"
#include "periodic_curve.hpp"

namespace cardiotwin::hemodynamics {
namespace {

TEST(Bdf2, IsExactForParabolasWithUnequalSteps) {
  const auto f = [](double t) { return 3 - 2 * t + 0.5 * t * t; };
  const double t = 1.7, step = 0.3, previous = 0.8;
  const Bdf2 w = bdf2(step, previous);
  EXPECT_NEAR(w.a0 * f(t) + w.a1 * f(t - step) + w.a2 * f(t - step - previous), -2 + t, 1e-12);
  const auto line = [](double s) { return 3 - 2 * s; };
  EXPECT_NEAR(w.e1 * line(t - step) + w.e2 * line(t - step - previous), line(t), 1e-12);
}

TEST(Bdf2, EqualStepsGiveTheUsualWeights) {
  const Bdf2 w = bdf2(2, 2);
  EXPECT_DOUBLE_EQ(w.a0, 0.75);
  EXPECT_DOUBLE_EQ(w.a1, -1);
  EXPECT_DOUBLE_EQ(w.a2, 0.25);
}

TEST(Bdf2, FirstStepIsOfFirstOrder) {
  const Bdf2 w = bdf2(0.5, 0);
  EXPECT_DOUBLE_EQ(w.a0, 2);
  EXPECT_DOUBLE_EQ(w.a1, -2);
  EXPECT_DOUBLE_EQ(w.a2, 0);
}

/// A sine sampled at `count` uneven times of a period of 10.
PeriodicCurve sine(int count) {
  std::vector<double> times;
  std::vector<std::vector<double>> frames;
  for (int i = 0; i <= count; ++i) {
    const double s = static_cast<double>(i) / count;
    times.push_back(10 * (s + 0.08 * std::sin(2 * std::numbers::pi * s)));
    if (i < count) frames.push_back({std::sin(0.2 * std::numbers::pi * times.back()), 4.0});
  }
  times.back() = 10;
  return {times, frames};
}

double worst_error(const PeriodicCurve& curve) {
  double worst = 0;
  for (double t = -12; t < 25; t += 0.037) {
    std::vector<double> value(2);
    curve.evaluate(t, value);
    worst = std::max(worst, std::abs(value[0] - std::sin(0.2 * std::numbers::pi * t)));
    EXPECT_NEAR(value[1], 4, 1e-13);
  }
  return worst;
}

TEST(PeriodicCurve, FollowsASineToFourthOrderInEveryPeriod) {
  const double coarse = worst_error(sine(12)), fine = worst_error(sine(24));
  EXPECT_LT(fine, 2e-4);
  EXPECT_NEAR(std::log2(coarse / fine), 4, 0.7);
}

TEST(PeriodicCurve, SecondDerivativeIsContinuousAtKnots) {
  const PeriodicCurve curve({0, 1, 4, 6, 10}, {{0.0}, {2.0}, {-1.0}, {0.5}});
  const auto at = [&](double t) {
    std::vector<double> v(1);
    curve.evaluate(t, v);
    return v[0];
  };
  const double e = 1e-3;
  for (double knot : {0.0, 1.0, 4.0, 6.0}) {
    const auto second = [&](double t) { return (at(t + e) - 2 * at(t) + at(t - e)) / (e * e); };
    EXPECT_NEAR(second(knot + 2 * e), second(knot - 2 * e), 0.05) << knot;
  }
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
