#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cardiotwin/circulation/left_heart.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::circulation {
namespace {

const Windkessel arteries{0.008, 0.13, 13e3, 0.6};

TEST(Windkessel, DecaysAsTheExponentialWithoutFlow) {
  double pressure = 12;
  for (int i = 0; i < 10; ++i) pressure = after_step(arteries, pressure, 37).at(0);
  EXPECT_NEAR(pressure, 0.6 + (12 - 0.6) * std::exp(-370 / (0.13 * 13e3)), 1e-12);
}

TEST(Windkessel, ConvergesToThePeriodicResponseOfASine) {
  // P_c - P_v of Q = q sin(w t) is q R / sqrt(1 + (w R C)^2) sin(w t - atan(w R C)); steps of constant flow taken at
  // their middle are of second order.
  const double q = 100, w = 2 * std::numbers::pi / 800, tau = arteries.peripheral * arteries.compliance;
  const auto error = [&](int steps_a_cycle) {
    const double dt = 800.0 / steps_a_cycle;
    double pressure = arteries.venous_pressure, worst = 0;
    for (int n = 0; n < 40 * steps_a_cycle; ++n) {
      pressure = after_step(arteries, pressure, dt).at(q * std::sin(w * (n + 0.5) * dt));
      const double exact =
          q * arteries.peripheral / std::hypot(1, w * tau) * std::sin(w * (n + 1) * dt - std::atan(w * tau));
      if (n >= 39 * steps_a_cycle) worst = std::max(worst, std::abs(pressure - arteries.venous_pressure - exact));
    }
    return worst;
  };
  EXPECT_NEAR(std::log2(error(40) / error(80)), 2.0, 0.1);
  EXPECT_LT(error(320), 1e-4);
}

TEST(Windkessel, CalibrationMeetsItsTargetOverPeriodicBeats) {
  const ArterialTarget target{16, 10.6, 0.6, 70e3, 860};
  const Windkessel fit = calibrate(target);
  double pressure = 10, mean = 0, low = 100, high = 0;
  for (int beat = 0; beat < 40; ++beat) {
    mean = 0, low = 100, high = 0;
    for (int ms = 0; ms < 860; ++ms) {
      const double flow =
          ms < 287 ? 70e3 / 287 * std::numbers::pi / 2 * std::sin(std::numbers::pi * (ms + 0.5) / 287) : 0;
      pressure = after_step(fit, pressure, 1).at(flow);
      const double root = pressure + fit.characteristic * flow;
      mean += root / 860, low = std::min(low, root), high = std::max(high, root);
    }
  }
  EXPECT_NEAR(mean, 10.6 + 5.4 / 3, 0.01);  // exact but for the sampling
  EXPECT_NEAR(low, 10.6, 0.8);              // two rules of thumb for one compliance
  EXPECT_NEAR(high, 16, 1.2);
}

TEST(Windkessel, RefusesImpossiblePressures) {
  EXPECT_THROW(calibrate({10, 11, 0.6, 70e3, 860}), core::Error);
  EXPECT_THROW(calibrate({16, 10, 0.6, 0, 860}), core::Error);
}

/// A ventricle whose elastance is given: P = E(t) (V - V0).
struct Chamber {
  LeftHeart heart{{0.008, 0.13, 13e3, 0.6}, {1.5e-3}, {1e-3}, 0.9, 900, 140, 120e3};
  LeftHeartState state{0, 120e3, 10.6, 0, 0};
  double inflow = 0, outflow = 0, highest = 0;

  double elastance(double t) const {
    const double s = t < 400 ? std::pow(std::sin(std::numbers::pi * t / 400), 2) : 0;
    return 1.07 / 70e3 + 4.0e-4 * s;
  }
  void step(double dt) {
    const double e = elastance(state.time + dt);
    double pressure = e * (state.volume - 50e3);
    for (int i = 0; i < 50; ++i) {
      const Flows f = flows(heart, state, pressure, dt);
      const double residual = balance(state, f, 50e3 + pressure / e, dt);
      const double slope = 1 / e - dt * f.derivative;
      ASSERT_GT(slope, 0);
      pressure -= residual / slope;
      if (std::abs(residual) < 1e-9) break;
    }
    const Flows f = flows(heart, state, pressure, dt);
    advance(heart, state, f, 50e3 + pressure / e, dt);
    inflow += dt * f.mitral, outflow += dt * f.aortic;
    highest = std::max(highest, pressure);
    EXPECT_FALSE(f.mitral > 1e-9 && f.aortic > 1e-9) << "both valves open at " << state.time;
    EXPECT_GE(f.mitral, -1e-9);
  }
};

TEST(LeftHeart, ABeatClosesAndConservesVolume) {
  Chamber chamber;
  while (chamber.state.time < 900 - 1e-9) chamber.step(2);
  EXPECT_NEAR(chamber.state.volume, 120e3, 1e-6);
  EXPECT_NEAR(chamber.inflow, chamber.outflow, 1e-5);
  EXPECT_GT(chamber.outflow, 35e3);
  EXPECT_GT(chamber.highest, 12);
}

TEST(LeftHeart, ClosedValvesHoldTheVolume) {
  Chamber chamber;
  chamber.state.time = 30;  // pressure between atrium and arteries
  const Flows f = flows(chamber.heart, chamber.state, 5, 2);
  EXPECT_EQ(f.mitral, 0);
  EXPECT_EQ(f.aortic, 0);
  EXPECT_EQ(f.derivative, 0);
}

TEST(LeftHeart, DerivativeOfTheFlowsMatchesDifferences) {
  Chamber chamber;
  for (double pressure : {0.3, 5.0, 14.0}) {
    const double d = 1e-6;
    const Flows a = flows(chamber.heart, chamber.state, pressure - d, 2),
                b = flows(chamber.heart, chamber.state, pressure + d, 2);
    EXPECT_NEAR(flows(chamber.heart, chamber.state, pressure, 2).derivative,
                ((b.mitral - b.aortic) - (a.mitral - a.aortic)) / (2 * d), 1e-5);
  }
}

}  // namespace
}  // namespace cardiotwin::circulation
