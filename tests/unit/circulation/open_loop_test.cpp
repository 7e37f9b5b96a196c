#include "cardiotwin/circulation/open_loop.hpp"

#include "cardiotwin/core/error.hpp"
#include "cycle_checks.hpp"

namespace cardiotwin::circulation {
namespace {

const LeftHeart heart{{0.008, 0.13, 13e3, 0.6}, {1.5e-3}, {1e-3}, 0.9, 900, 140, 120e3};
const ElastanceVentricle ventricle{{4e-4, 1.5e-5, 50e3, 0, 0.22, 0.22}, 900};

TEST(OpenLoop, EveryBeatStartsFromTheSameVolume) {
  for (double step : {0.5, 2.0, 7.0, 10.0}) {  // 7 ms do not divide the cycle; run_beat shortens them
    OpenLoop circulation(heart, 14);
    double volume = 120e3, pressure = ventricle.stiffness(0) * 70e3;
    for (int n = 0; n < 5; ++n) {
      const Trace beat = run_beat(ventricle, circulation, volume, pressure, step);
      volume = beat.volume.back(), pressure = beat.pressure.back();
      EXPECT_NEAR(volume, 120e3, 1e-6);
      EXPECT_GT(figures(beat).stroke_volume, 30e3);
      EXPECT_EQ(openings(beat, &Signals::aortic_flow), 1);
      // Up, down, up; the mitral valve's resistance may let the pressure sag once before the atrium contracts.
      EXPECT_LE(turning_points(beat.pressure, 1e-6), 4);
    }
  }
}

/// In the limit cycle the mean pressure over the compliance is that of the mean flow through the peripheral resistance.
TEST(OpenLoop, ReachesALimitCycleWithTheMeanPressureOfItsFlow) {
  OpenLoop circulation(heart, 8);
  const LimitCycle cycle = run_to_limit_cycle(ventricle, circulation, 120e3, 0.5, 1e-9);
  ASSERT_TRUE(cycle.closed) << cycle.change;
  EXPECT_GT(cycle.beats, 3);
  double mean = 0;
  const Trace& t = cycle.last;
  for (std::size_t n = 1; n < t.time.size(); ++n) {
    const auto compliance = [&](std::size_t i) {
      return t.signals[i].aortic_pressure - heart.arteries.characteristic * t.signals[i].aortic_flow;
    };
    mean += (t.time[n] - t.time[n - 1]) * 0.5 * (compliance(n - 1) + compliance(n)) / 900;
  }
  // The trapezoidal rule misses the exponentials of a step by (0.5 ms / 1690 ms)^2.
  EXPECT_NEAR(mean, 0.6 + 0.13 * cycle.figures.stroke_volume / 900, 1e-5);
}

TEST(OpenLoop, StepsAcrossTheEndOfABeat) {
  OpenLoop circulation(heart, 12);
  double pressure = 1;
  for (int n = 0; n < 1000; ++n) {
    const double volume = advance(ventricle, circulation, pressure, 7.3);
    ASSERT_TRUE(std::isfinite(volume) && std::isfinite(pressure));
    ASSERT_GT(volume, 50e3);
    ASSERT_LT(volume, 130e3);
  }
  EXPECT_NEAR(circulation.time(), 7300, 1e-9);
}

TEST(OpenLoop, BalanceIncreasesAndHasItsDerivative) {
  OpenLoop circulation(heart, 12);
  double pressure = 1;
  for (int n = 0; n < 180; ++n) {
    const double volume = advance(ventricle, circulation, pressure, 10);
    for (double p : {-1.0, 0.4, 5.0, 13.0, 25.0})
      for (double step : {0.05, 1.0, 10.0}) expect_consistent_balance(circulation, volume, p, step);
  }
}

TEST(OpenLoop, ResumesBitForBit) {
  OpenLoop fresh(heart, 1);
  expect_exact_resume(ventricle, OpenLoop(heart, 12).clone(), fresh, 120e3);
}

TEST(OpenLoop, NamesTheParameterThatIsWrong) {
  const auto message = [](const auto& spoil) {
    LeftHeart h = heart;
    spoil(h);
    try {
      OpenLoop(h, 12);
    } catch (const core::Error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message([](LeftHeart& h) { h.mitral.resistance = 0; }), testing::HasSubstr("circulation.mitral"));
  EXPECT_THAT(message([](LeftHeart& h) { h.arteries.peripheral = -1; }), testing::HasSubstr("arteries.peripheral"));
  EXPECT_THAT(message([](LeftHeart& h) { h.atrial_systole = 900; }), testing::HasSubstr("atrial_systole"));
  OpenLoop loop(heart, 12);
  EXPECT_THROW(loop.set_state(std::vector<double>(3, 1.0)), core::Error);
}

}  // namespace
}  // namespace cardiotwin::circulation
