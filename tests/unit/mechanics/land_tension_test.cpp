/// Land 2017 against published figures, an independent integration of the equations, and its own promises in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "active/land.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::mechanics {
namespace {

constexpr double rest_of_time = 1e5;  ///< a cycle of one beat only [ms]

/// One point through time.
class Fibre {
 public:
  explicit Fibre(double stretch, double calcium = CalciumTransient{}.diastolic, const LandParameters& parameters = {})
      : parameters_(parameters), now_(steady_state(parameters, calcium, std::vector{stretch})) {}
  /// T(lambda) of a step, not yet accepted.
  void propose(double step, double calcium) {
    mechanics::propose(parameters_, now_, step, std::vector{calcium}, proposal_, amplitude_, slope_);
  }
  /// Tension at the end of the proposed step with this stretch there.
  double accept(double stretch) {
    const double change = stretch - now_.stretch[0];
    mechanics::accept(parameters_, std::vector{stretch}, proposal_, now_);
    return amplitude() + slope() * change;
  }
  double hold(double step, double calcium) {
    propose(step, calcium);
    return accept(now_.stretch[0]);
  }
  double tension() const {
    double result[1];
    mechanics::tension(parameters_, now_, result);
    return result[0];
  }
  double amplitude() const { return amplitude_[0]; }
  double slope() const { return slope_[0]; }
  const LandStates& now() const { return now_; }

 private:
  LandParameters parameters_;
  LandStates now_;
  LandProposal proposal_;
  std::vector<double> amplitude_{0}, slope_{0};
};

struct Twitch {
  double peak = 0, lowest = 1e300;           // [kPa]
  double peak_time = 0, half = 0, gone = 0;  // [ms]: after activation; from the peak to 50 % and to 95 % relaxation
};

/// The third isometric beat at 1 Hz.
Twitch isometric_twitch(double stretch, double step) {
  const CalciumCurve curve({}, 1000);
  Fibre fibre(stretch);
  const int steps = static_cast<int>(std::lround(1000 / step));
  std::vector<double> course;
  for (int k = 1; k <= 3 * steps; ++k) {
    fibre.hold(step, curve.at(k * step));
    if (k > 2 * steps) course.push_back(fibre.tension());
  }
  Twitch t;
  std::size_t top = 0;
  for (std::size_t k = 0; k < course.size(); ++k) {
    if (course[k] > course[top]) top = k;
    t.lowest = std::min(t.lowest, course[k]);
  }
  t.peak = course[top], t.peak_time = static_cast<double>(top + 1) * step;
  for (std::size_t k = course.size() - 1; k > top; --k) {
    const double left = (course[k] - t.lowest) / (t.peak - t.lowest), since = static_cast<double>(k - top) * step;
    if (left < 0.5) t.half = since;
    if (left < 0.05) t.gone = since;
  }
  return t;
}

TEST(CalciumCurve, IsOnePulseAtRestAndASumOfPulsesLater) {
  const CalciumTransient t;
  const CalciumCurve slow(t, rest_of_time), fast(t, 500);
  EXPECT_EQ(slow.at(0), t.diastolic);
  EXPECT_EQ(slow.at(t.delay), t.diastolic);
  double highest = 0;
  for (double s = 0; s < 600; s += 0.1) highest = std::max(highest, slow.at(s));
  EXPECT_NEAR(highest, t.peak, 1e-6);
  for (double s : {3.0, 400.0, 700.0, 1504.9, 1505.1, 5000.0}) {
    double sum = t.diastolic;
    for (int k = 0; k < 20; ++k) sum += slow.at(s - 500 * k) - t.diastolic;
    EXPECT_NEAR(fast.at(s), sum, 1e-12) << s;
  }
  // Continuous where a beat begins.
  EXPECT_NEAR(fast.at(1505 - 1e-9), fast.at(1505 + 1e-9), 1e-9);
}

TEST(CalciumCurve, NeverActivatedStaysDiastolic) {
  const CalciumCurve curve({}, 800);
  std::vector<double> calcium(3);
  curve.at(1000, std::vector<double>{-1, 0, 60}, calcium);
  EXPECT_EQ(calcium[0], curve.diastolic());
  EXPECT_EQ(calcium[1], curve.at(1000));
  EXPECT_EQ(calcium[2], curve.at(940));
}

TEST(CalciumCurve, RefusesWhatIsNoTransient) {
  EXPECT_THROW(CalciumCurve({.rise = 175, .decay = 75}, 800), core::Error);
  EXPECT_THROW(CalciumCurve({.diastolic = 0.6}, 800), core::Error);
  EXPECT_THROW(CalciumCurve({}, 0), core::Error);
  EXPECT_THROW(CalciumCurve({}, std::nan("")), core::Error);
}

// Land et al. 2017 report for their model of the intact human twitch at rest length 51 kPa, at least 0.078 kPa, time to
// peak 175 ms, RT50 121 ms, RT95 281 ms; measured twitches have RT50 109-125 ms. The calcium here is a formula, not
// their recorded curve, and the paper does not say from where it counts the time to peak: 10 % each.
TEST(LandTension, TwitchHasThePublishedCourse) {
  const Twitch t = isometric_twitch(1, 0.5);
  EXPECT_NEAR(t.peak, 51, 0.1 * 51);
  EXPECT_NEAR(t.lowest, 0.078, 0.1 * 0.078);
  EXPECT_NEAR(t.peak_time, 175, 0.1 * 175);
  EXPECT_NEAR(t.half, 121, 0.1 * 121);
  EXPECT_NEAR(t.gone, 281, 0.1 * 281);
}

// Calcium pulse of the defaults, lambda = 1 or 1.1 - 0.2 sin^2(pi t / 600), from rest: tension [kPa] by an
// implementation that is not ours (the one published with the repository ComputationalPhysiology/SSCP_2023_project6,
// with the parameters of the whole organ) under scipy's LSODA at a relative tolerance of 1e-10.
struct Reference {
  double time, isometric, moving;
};
constexpr Reference reference[] = {
    {50, 1.073999, 7.921433},    {100, 21.893616, 46.092323}, {150, 45.304338, 49.314556},
    {200, 48.962863, 34.091888}, {250, 38.341001, 18.274731}, {300, 23.829937, 9.255687},
    {400, 6.280923, 2.821402},   {500, 1.695966, 1.284568},   {600, 0.552295, 1.317083}};
double path(double time) { return 1.1 - 0.2 * std::pow(std::sin(std::numbers::pi * time / 600), 2); }

/// Largest error against the reference [kPa].
double error_of(double step, bool moving) {
  const CalciumCurve curve({}, rest_of_time);
  Fibre fibre(moving ? path(0) : 1.0);
  double worst = 0;
  int k = 0;
  for (const Reference& r : reference) {
    for (; k * step < r.time - 1e-9;) {
      ++k;
      fibre.propose(step, curve.at(k * step));
      fibre.accept(moving ? path(k * step) : 1.0);
    }
    worst = std::max(worst, std::abs(fibre.tension() - (moving ? r.moving : r.isometric)));
  }
  return worst;
}

TEST(LandTension, IsometricTwitchIsSecondOrderInTime) {
  const double coarse = error_of(1, false), middle = error_of(0.5, false), fine = error_of(0.25, false);
  EXPECT_LT(coarse, 2e-3);  // of 50 kPa
  EXPECT_NEAR(std::log2(coarse / middle), 2, 0.2);
  EXPECT_NEAR(std::log2(middle / fine), 2, 0.2);
}

TEST(LandTension, TwitchWithMotionIsFirstOrderInTime) {
  const double coarse = error_of(1, true), middle = error_of(0.5, true), fine = error_of(0.25, true);
  EXPECT_LT(coarse, 0.5);  // of 50 kPa
  EXPECT_NEAR(std::log2(coarse / middle), 1, 0.15);
  EXPECT_NEAR(std::log2(middle / fine), 1, 0.15);
}

// In the steady state the equations give T = h T_ref C^n / (TRPN50^n + C^n), C = x/(1 + x), x = (Ca/Ca_T50)^n_TRPN.
TEST(LandTension, SteadyForceFollowsCalciumAsTwoHillCurves) {
  const LandParameters p;
  for (double stretch : {0.8, 0.95, 1.0, 1.1, 1.3})
    for (double calcium : {0.3, 0.5, 0.591, 0.8, 2.0, 20.0}) {
      Fibre fibre(stretch, calcium > 0.4 ? 0.16 : 2.0);
      for (int k = 0; k < 500; ++k) fibre.hold(10, calcium);
      const double l = std::min(stretch, 1.2), h = 1 + 2.3 * (l + std::min(l, 0.87) - 1.87);
      const double x = std::pow(calcium / (0.805 - 2.4 * (l - 1)), 2), c = std::pow(x / (1 + x), 5);
      // At low calcium the published bound of the blocking rate (100) lifts the tension above the curve.
      if (x / (1 + x) > 0.16) {
        EXPECT_NEAR(fibre.tension(), h * 120 * c / (c + std::pow(0.35, 5)), 1e-6) << stretch << " " << calcium;
      }
      Fibre settled(stretch, calcium);
      EXPECT_NEAR(settled.tension(), fibre.tension(), 1e-6) << stretch << " " << calcium;
    }
  // pCa50 6.23 at lambda = 1.
  Fibre half(1, 0.591);
  EXPECT_NEAR(half.tension(), 0.5 * p.t_ref, 0.01 * p.t_ref);
}

TEST(LandTension, LongerFibresPullHarderAndLonger) {
  Twitch before = isometric_twitch(0.9, 1);
  for (double stretch : {0.95, 1.0, 1.05, 1.1}) {
    const Twitch t = isometric_twitch(stretch, 1);
    EXPECT_GT(t.peak, 1.3 * before.peak) << stretch;
    EXPECT_GT(t.half, before.half) << stretch;
    before = t;
  }
}

TEST(LandTension, LengthCountsUpTo1Point2AndNotBelow0Point72) {
  EXPECT_EQ(isometric_twitch(1.2, 2).peak, isometric_twitch(1.35, 2).peak);
  EXPECT_EQ(isometric_twitch(0.71, 2).peak, 0);  // h = 0 below (1.87 - 1/2.3)/2 = 0.7176
  EXPECT_GT(isometric_twitch(0.73, 2).peak, 0);
}

TEST(LandTension, QuickReleaseDropsByA_effAndRecovers) {
  const double calcium = 1;
  Fibre fibre(1, calcium);
  const double before = fibre.tension(), release = -0.01;
  fibre.propose(0.01, calcium);
  EXPECT_NEAR(fibre.amplitude(), before, 1e-9);
  // A step of 0.01 ms leaves 0.2 % of the weak distortion to relax.
  EXPECT_NEAR(fibre.accept(1 + release), before * (1 + 25 * release), 1e-3 * before);
  const double after = Fibre(1 + release, calcium).tension();
  double lowest = 1e300, highest = 0;
  for (int k = 0; k < 400; ++k) {
    const double t = fibre.hold(1, calcium);
    lowest = std::min(lowest, t), highest = std::max(highest, t);
  }
  EXPECT_GT(lowest, 0.7 * before);
  EXPECT_LE(highest, after * 1.02);
  EXPECT_NEAR(fibre.hold(1, calcium), after, 1e-3 * after);
}

TEST(LandTension, VanishesWhenShorteningFasterThan3Point5PerSecond) {
  for (double velocity : {0.0032, 0.004}) {  // [1/ms]
    Fibre fibre(1.1, 2);
    double last = 0;
    for (int k = 1; k <= 600; ++k) {
      fibre.propose(0.1, 2);
      last = fibre.accept(1.1 - velocity * 0.1 * k);
    }
    EXPECT_EQ(last > 0, velocity < 0.0035) << last;
    const PullingTension t = pulling_tension(last, fibre.slope(), 0);
    EXPECT_EQ(t.value, std::max(last, 0.0));
    EXPECT_EQ(t.by_stretch, last > 0 ? fibre.slope() : 0);
  }
}

TEST(LandTension, SlopeIsTheDerivativeOfTheAcceptedTension) {
  const CalciumCurve curve({}, rest_of_time);
  for (double step : {0.05, 1.0, 10.0}) {
    Fibre fibre(1.05);
    for (double time = step; time < 150; time += step) {
      fibre.propose(step, curve.at(time));
      fibre.accept(path(time));
    }
    fibre.propose(step, curve.at(150));
    EXPECT_GT(fibre.slope(), 0);
    for (double change : {-0.01, 1e-6, 0.02}) {
      Fibre moved = fibre;
      const double from = fibre.now().stretch[0], affine = moved.accept(from + change);
      // The affine tension keeps the length factor of the accepted time: only that separates it from the state's own.
      const auto h = [](double l) { return 1 + 2.3 * (l + std::min(l, 0.87) - 1.87); };
      EXPECT_NEAR(moved.tension() * h(from) / h(from + change), affine, 1e-11 * affine) << step << " " << change;
    }
  }
}

TEST(LandTension, StaysBoundedUnderWildInputAtAnyStep) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> stretch(0.6, 1.4), calcium(0, 10);
  const std::size_t points = 200;
  const LandParameters p;
  for (double step : {0.05, 1.0, 3.7, 10.0}) {
    std::vector<double> l(points, 1.0), ca(points), amplitude(points), slope(points), t(points);
    LandStates now = steady_state(p, 0.16, l);
    LandProposal proposal;
    for (int k = 0; k < 200; ++k) {
      for (std::size_t i = 0; i < points; ++i) ca[i] = calcium(random), l[i] = stretch(random);
      propose(p, now, step, ca, proposal, amplitude, slope);
      accept(p, l, proposal, now);
      tension(p, now, t);
      for (std::size_t i = 0; i < points; ++i) {
        ASSERT_GE(slope[i], 0);
        ASSERT_GE(t[i], 0);
        ASSERT_GE(pulling_tension(amplitude[i], slope[i], stretch(random) - 1).value, 0);
        ASSERT_THAT((std::array{now.troponin[i], now.blocked[i], now.weak[i], now.strong[i],
                                1 - now.blocked[i] - now.weak[i] - now.strong[i]}),
                    testing::Each(testing::AllOf(testing::Ge(-1e-12), testing::Le(1.0))));
        ASSERT_LT(t[i], 5000);  // finite and of the order of t_ref A_eff
      }
    }
  }
}

// A massless fibre with a passive stiffness far below the active one (25 T) under a constant load: with the slope the
// course at 1 ms is that at 0.05 ms; without it the same step runs away (Regazzoni, Quarteroni 2021).
struct Shortening {
  double shortest = 1, wiggle = 0;  ///< least stretch; sum of |second differences| of the stretch
};
Shortening under_load(double step, bool with_slope) {
  constexpr double passive = 20, load = 5;  // [kPa]
  const CalciumCurve curve({}, rest_of_time);
  double l = 1 + load / passive, before = l;
  Fibre fibre(l);
  Shortening result;
  for (int k = 1; k * step < 400; ++k) {
    fibre.propose(step, curve.at(k * step));
    const double change = with_slope ? (load - fibre.amplitude() - passive * (l - 1)) / (fibre.slope() + passive)
                                     : (load - fibre.amplitude()) / passive + 1 - l;
    const double next = std::clamp(l + change, 0.3, 3.0);
    result.shortest = std::min(result.shortest, next);
    result.wiggle += std::abs(next - 2 * l + before);
    before = l, l = next;
    fibre.accept(l);
  }
  return result;
}
TEST(LandTension, FeedbackIsStableWithTheSlopeAndOnlyThen) {
  const Shortening exact = under_load(0.05, true), coarse = under_load(1, true), staggered = under_load(1, false);
  EXPECT_NEAR(coarse.shortest, exact.shortest, 0.01);
  EXPECT_LT(under_load(5, true).wiggle, 0.2);
  EXPECT_LT(coarse.wiggle, 0.2);
  EXPECT_GT(staggered.wiggle, 10);
}

TEST(LandTension, NoCalciumMeansNoTension) {
  Fibre fibre(1, 0), falling(1, 1);
  for (int k = 0; k < 300; ++k) fibre.hold(10, 0), falling.hold(10, 0);
  EXPECT_NEAR(fibre.tension(), 0, 1e-9);
  EXPECT_NEAR(falling.tension(), 0, 1e-9);
}

TEST(LandTension, ARejectedStepLeavesNoTrace) {
  const CalciumCurve curve({}, rest_of_time);
  Fibre straight(1), halved(1);
  for (int k = 1; k <= 100; ++k) {
    halved.propose(8, 3);
    halved.propose(1, curve.at(k));
    straight.propose(1, curve.at(k));
    straight.accept(path(k));
    halved.accept(path(k));
  }
  EXPECT_EQ(flat(straight.now()), flat(halved.now()));
}

TEST(LandTension, StatesSurviveACheckpoint) {
  const std::vector<double> l{0.9, 1.0, 1.1};
  const LandStates states = steady_state({}, 0.5, l);
  const LandStates again = land_states(flat(states));
  EXPECT_EQ(again.size(), 3u);
  EXPECT_EQ(flat(again), flat(states));
  EXPECT_EQ(again.stretch, l);
  EXPECT_THROW(land_states(std::vector<double>(9)), core::Error);
}

TEST(LandTension, LimitCycleIsWhatBeatsLeadTo) {
  const CalciumCurve curve({}, 600);
  const LandParameters p;
  const std::vector<double> activation{-1, 0, 33.3, 120}, one(4, 1.0);
  const int beats = 5;
  const LandStates cycle = limit_cycle(p, curve, activation, beats);
  LandStates now = steady_state(p, curve.diastolic(), one);
  LandProposal proposal;
  std::vector<double> calcium(4), amplitude(4), slope(4), expected(4), found(4), later(4);
  for (int k = 1; k <= 6 * 600; ++k) {
    curve.at(k, activation, calcium);
    propose(p, now, 1, calcium, proposal, amplitude, slope);
    accept(p, one, proposal, now);
    if (k == 5 * 600) tension(p, now, expected);
  }
  tension(p, cycle, found);
  tension(p, now, later);
  // Half a step of shift and linear interpolation over 1 ms.
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(found[i], expected[i], 2e-4 * expected[i]) << i;
    EXPECT_NEAR(found[i], later[i], 1e-3 * expected[i]) << i;
  }
  EXPECT_EQ(cycle.calcium[0], curve.diastolic());
  EXPECT_GT(found[3], 1.02 * found[1]);
}

TEST(LandTension, RefusesWhatHasNoMeaning) {
  const std::vector<double> one{1};
  const auto with = [&](auto change) {
    LandParameters p;
    change(p);
    return steady_state(p, 0.16, one);
  };
  EXPECT_THROW(with([](auto& p) { p.k_u = -1; }), core::Error);
  EXPECT_THROW(with([](auto& p) { p.r_w = 1; }), core::Error);
  EXPECT_THROW(with([](auto& p) { p.ca_t50 = 0.4; }), core::Error);  // Ca_T50 < 0 at lambda = 1.2
  EXPECT_THROW(with([](auto& p) { p.k_ws = 0.2; }), core::Error);    // k_wu < 0
  EXPECT_THROW(with([](auto& p) { p.t_ref = std::nan(""); }), core::Error);
  EXPECT_THROW(steady_state({}, std::nan(""), one), core::Error);
  EXPECT_THROW(steady_state({}, 0.16, std::vector<double>{0}), core::Error);
  EXPECT_THROW(limit_cycle({}, CalciumCurve({}, 800), one, 0), core::Error);
  Fibre fibre(1);
  EXPECT_THROW(fibre.propose(0, 0.2), core::Error);
  EXPECT_THROW(fibre.propose(1, -0.2), core::Error);
  EXPECT_THROW(fibre.propose(1, std::nan("")), core::Error);
  fibre.propose(1, 0.2);
  EXPECT_THROW(fibre.accept(std::nan("")), core::Error);
  EXPECT_EQ(fibre.now().stretch[0], 1);
  fibre.accept(1.01);
  EXPECT_EQ(fibre.now().stretch[0], 1.01);
  EXPECT_THROW(fibre.accept(1.02), core::Error);  // not proposed
  EXPECT_EQ(fibre.now().stretch[0], 1.01);
}

}  // namespace
}  // namespace cardiotwin::mechanics
