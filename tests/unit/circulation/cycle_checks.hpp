#pragma once
/// What every circulation has to keep, whatever it models.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/circulation/limit_cycle.hpp"

namespace cardiotwin::circulation {

/// The balance increases in P, and its derivative by P lies between the difference quotients to the left and to the
/// right: equal to both but where a valve switches.
inline void expect_consistent_balance(const Circulation& circulation, double volume, double pressure, double step) {
  const auto value = [&](double v, double p) { return circulation.balance(v, p, step).value; };
  const Balance b = circulation.balance(volume, pressure, step);
  const double d = 1e-5;  // kPa; the balance is piecewise linear, so only rounding of 1e5 mm^3 is to be outweighed
  const double left = (b.value - value(volume, pressure - d)) / d, right = (value(volume, pressure + d) - b.value) / d;
  const double rounding = 1e-5 * std::max(1.0, std::abs(b.by_pressure));
  EXPECT_GE(b.by_pressure, std::min(left, right) - rounding) << pressure << " kPa, " << step << " ms";
  EXPECT_LE(b.by_pressure, std::max(left, right) + rounding) << pressure << " kPa, " << step << " ms";
  EXPECT_GE(std::min(left, right), -rounding) << pressure << " kPa, " << step << " ms";
  EXPECT_NEAR(b.by_volume, (value(volume + 1, pressure) - value(volume - 1, pressure)) / 2, 1e-7);
  EXPECT_GT(b.by_volume + b.by_pressure, 0);
}

/// Local extrema of the pressure that are larger than `noise`.
inline int turning_points(const std::vector<double>& pressure, double noise) {
  int turns = 0;
  double extreme = pressure.front(), direction = 0;
  for (double p : pressure) {
    if ((p - extreme) * direction >= 0) {
      if (p != extreme && direction == 0) direction = p - extreme;
      if (direction != 0) extreme = p;
    } else if (std::abs(p - extreme) > noise) {
      ++turns;
      direction = -direction;
      extreme = p;
    }
  }
  return turns;
}

/// How often a valve opens in a beat.
inline int openings(const Trace& beat, double Signals::*flow) {
  int count = 0;
  for (std::size_t n = 1; n < beat.signals.size(); ++n)
    count += beat.signals[n].*flow > 0 && !(beat.signals[n - 1].*flow > 0);
  return count;
}

/// A run that is stopped in the middle of a beat and resumed in `fresh` repeats `circulation` bit for bit.
inline void expect_exact_resume(const ElastanceVentricle& ventricle, std::unique_ptr<Circulation> circulation,
                                Circulation& fresh, double volume) {
  double pressure = ventricle.stiffness(0) * (volume - ventricle.chamber.unloaded_volume);
  for (int n = 0; n < 437; ++n) advance(ventricle, *circulation, pressure, 1.7);
  fresh.set_state(circulation->state());
  EXPECT_EQ(fresh.time(), circulation->time());
  double resumed = pressure;
  for (int n = 0; n < 1200; ++n) {
    const double a = advance(ventricle, *circulation, pressure, 1.7), b = advance(ventricle, fresh, resumed, 1.7);
    ASSERT_EQ(a, b);
    ASSERT_EQ(pressure, resumed);
  }
  EXPECT_EQ(fresh.state(), circulation->state());
  EXPECT_EQ(fresh.signals().atrial_pressure, circulation->signals().atrial_pressure);
  EXPECT_EQ(fresh.signals().aortic_pressure, circulation->signals().aortic_pressure);
}

}  // namespace cardiotwin::circulation
