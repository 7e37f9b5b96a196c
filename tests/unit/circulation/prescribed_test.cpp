#include "cardiotwin/circulation/prescribed.hpp"

#include <numbers>

#include "cardiotwin/core/error.hpp"
#include "cycle_checks.hpp"

namespace cardiotwin::circulation {
namespace {

Curve curve(std::vector<double> t, std::vector<double> v, Interpolation i, double period = 0) {
  return {std::move(t), std::move(v), i, period, "pressure_curve"};
}

TEST(Curve, GoesThroughItsPointsAndStaysOutside) {
  for (Interpolation i : {Interpolation::linear, Interpolation::monotone_cubic}) {
    const Curve c = curve({0, 10, 40}, {1, 5, 2}, i);
    EXPECT_DOUBLE_EQ(c.at(-3), 1);
    EXPECT_DOUBLE_EQ(c.at(0), 1);
    EXPECT_DOUBLE_EQ(c.at(10), 5);
    EXPECT_DOUBLE_EQ(c.at(40), 2);
    EXPECT_DOUBLE_EQ(c.at(99), 2);
  }
  EXPECT_DOUBLE_EQ(curve({0, 10, 40}, {1, 5, 2}, Interpolation::linear).at(2.5), 2);
}

TEST(Curve, CubicDoesNotOvershoot) {
  const Curve c = curve({0, 10, 20, 30, 45}, {0, 0, 1, 1.01, 3}, Interpolation::monotone_cubic);
  double before = 0;
  for (double t = 0; t <= 45; t += 0.1) {
    EXPECT_GE(c.at(t), before - 1e-15);
    before = c.at(t);
  }
  EXPECT_EQ(c.at(5), 0);
  const Curve peak = curve({0, 10, 30}, {0, 1, 0.2}, Interpolation::monotone_cubic);
  for (double t = 0; t <= 30; t += 0.1) EXPECT_LE(peak.at(t), 1 + 1e-15);
}

TEST(Curve, PeriodicCubicFollowsASmoothFunction) {
  const auto error = [](int points) {
    std::vector<double> t, v;
    for (int i = 0; i < points; ++i) {
      t.push_back(100 + 800.0 * i / points);
      v.push_back(std::sin(2 * std::numbers::pi * (t.back() / 800)));
    }
    const Curve c = curve(t, v, Interpolation::monotone_cubic, 800);
    double worst = 0;
    for (double x = -1000; x < 3000; x += 0.7)
      worst = std::max(worst, std::abs(c.at(x) - std::sin(2 * std::numbers::pi * (x / 800))));
    return worst;
  };
  // Extrema flatten monotone curves, which costs an order or two of the four.
  EXPECT_LT(error(80), 1.2e-3);
  EXPECT_GT(std::log2(error(40) / error(80)), 1.8);
}

TEST(Curve, RefusesPointsThatMakeNoCurve) {
  const Interpolation linear = Interpolation::linear;
  EXPECT_THROW(curve({0}, {1}, linear), core::Error);
  EXPECT_THROW(curve({0, 0}, {1, 2}, linear), core::Error);
  EXPECT_THROW(curve({0, 1}, {1, std::nan("")}, linear), core::Error);
  EXPECT_THROW(curve({0, 1, 2}, {1, 2}, linear), core::Error);
  EXPECT_THROW(curve({0, 1}, {1, 2}, linear, -1), core::Error);
  EXPECT_THROW(curve({0, 9}, {1, 2}, linear, 8), core::Error);
  EXPECT_THROW(curve({0, 8}, {1, 2}, linear, 8), core::Error);
  EXPECT_NO_THROW(curve({0, 4, 8}, {1, 3, 1}, linear, 8));
  try {
    curve({0, 0}, {1, 2}, linear);
  } catch (const core::Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("circulation.pressure_curve.times"));
  }
}

TEST(Prescribed, PressureIsThatOfTheCurve) {
  Prescribed p(Quantity::pressure, curve({0, 100}, {1, 11}, Interpolation::linear), 120e3);
  const ElastanceVentricle ventricle{{0, 1e-4, 10e3, 0, 0.3, 0.3}, 1000};
  double pressure = 1;
  const double volume = advance(ventricle, p, pressure, 10);
  EXPECT_DOUBLE_EQ(pressure, 2);
  EXPECT_DOUBLE_EQ(volume, 30e3);
  EXPECT_DOUBLE_EQ(p.signals().aortic_flow, 9e3);
  EXPECT_DOUBLE_EQ(p.signals().mitral_flow, 0);
  expect_consistent_balance(p, 40e3, 2.5, 1);
}

TEST(Prescribed, VolumeIsThatOfTheCurve) {
  Prescribed p(Quantity::volume, curve({0, 50}, {100e3, 110e3}, Interpolation::linear, 100), 100e3);
  const ElastanceVentricle ventricle{{3e-4, 1e-4, 10e3, 0, 0.3, 0.3}, 1000};
  double pressure = 1;
  for (int n = 0; n < 12; ++n) advance(ventricle, p, pressure, 10);
  EXPECT_NEAR(ventricle.volume(pressure, 120), 104e3, 1e-6);  // 20 ms into the second period
  EXPECT_NEAR(p.signals().mitral_flow, 200, 1e-7);
  expect_consistent_balance(p, 100e3, 2.5, 1);
}

TEST(Prescribed, ResumesBitForBit) {
  const ElastanceVentricle ventricle{{3e-4, 1e-4, 10e3, 0, 0.3, 0.3}, 800};
  const Curve c = curve({0, 200, 500}, {1, 12, 2}, Interpolation::monotone_cubic, 800);
  Prescribed fresh(Quantity::pressure, c, 1);
  expect_exact_resume(ventricle, Prescribed(Quantity::pressure, c, 20e3).clone(), fresh, 20e3);
  EXPECT_THROW(fresh.set_state(std::vector<double>(9, 1.0)), core::Error);
}

}  // namespace
}  // namespace cardiotwin::circulation
