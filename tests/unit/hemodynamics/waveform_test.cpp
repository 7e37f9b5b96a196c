/// Quantities over time: constants, Fourier series, curves.

#include "waveform.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace cardiotwin::hemodynamics {
namespace {

using Complex = std::complex<double>;
constexpr double pi = std::numbers::pi;

TEST(Waveform, OfOneCoefficientIsConstant) {
  const Waveform constant({3.5}, 0);
  for (double t : {-7.0, 0.0, 1e4}) EXPECT_EQ(constant.at(t), 3.5);
  EXPECT_EQ(constant.period(), 0);
  EXPECT_EQ(constant.harmonics(3), (std::vector<Complex>{3.5, 0.0, 0.0}));
  EXPECT_EQ(Waveform().at(5), 0);
}

TEST(Waveform, SumsAFourierSeries) {
  // a cos + b sin is the real part of (a - i b) exp(i k omega t)
  const Waveform series({2.0, {4.0, -1.0}, {0.0, -1.5}}, 800);
  for (double t = -900; t < 1700; t += 31) {
    const double angle = 2 * pi * t / 800;
    EXPECT_NEAR(series.at(t), 2 + 4 * std::cos(angle) + std::sin(angle) + 1.5 * std::sin(2 * angle), 1e-12);
  }
  EXPECT_EQ(series.harmonics(2), (std::vector<Complex>{2.0, {4.0, -1.0}}));
}

/// Straight lines between `count` points of a cosine have the harmonic sinc^2(pi / count) of its own, and beside it
/// only such as n count +- 1.
TEST(Waveform, FindsTheHarmonicOfACosineCurve) {
  constexpr int count = 32;
  constexpr double period = 800, shift = 0.7, mean = 3, amplitude = 2;
  std::vector<double> times, values;
  for (int i = 0; i < count; ++i) {
    times.push_back(period * i / count);
    values.push_back(mean + amplitude * std::cos(2 * pi * i / count + shift));
  }
  const Waveform curve(circulation::Curve(times, values, circulation::Interpolation::linear, period, "test"), period);
  EXPECT_EQ(curve.period(), period);
  EXPECT_NEAR(curve.at(period + 0.5 * (times[3] + times[4])), 0.5 * (values[3] + values[4]), 1e-12);
  const auto harmonics = curve.harmonics(5);
  const double shrunk = std::pow(std::sin(pi / count) / (pi / count), 2);
  const Complex own = amplitude * shrunk * std::polar(1.0, shift);
  constexpr double aliases = 2 * amplitude / (1024.0 * 1024.0) * 2;  // of the 1024 samples: harmonics 1024 n +- 1
  EXPECT_NEAR(std::abs(harmonics[0] - mean), 0, 1e-12);
  EXPECT_NEAR(std::abs(harmonics[1] - own), 0, aliases);
  for (int k = 2; k < 5; ++k) EXPECT_NEAR(std::abs(harmonics[k]), 0, 1e-12);
}

TEST(Waveform, OfACurveThatDoesNotRepeatHasNoHarmonicsButItsStart) {
  const Waveform ramp(circulation::Curve({0, 100}, {1, 5}, circulation::Interpolation::linear, 0, "test"), 0);
  EXPECT_EQ(ramp.at(50), 3);
  EXPECT_EQ(ramp.at(500), 5);
  EXPECT_EQ(ramp.harmonics(3), (std::vector<Complex>{1.0, 0.0, 0.0}));
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
