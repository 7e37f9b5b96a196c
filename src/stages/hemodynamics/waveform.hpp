#pragma once
/// A quantity over time: constant, through points, or a Fourier series.

#include <complex>
#include <numbers>
#include <optional>
#include <vector>

#include "cardiotwin/circulation/curve.hpp"

namespace cardiotwin::hemodynamics {

class Waveform {
 public:
  Waveform() = default;
  explicit Waveform(circulation::Curve curve, double period_ms) : curve_(std::move(curve)), period_(period_ms) {}
  /// Re sum c_k exp(i k omega t), omega = 2 pi / period; period 0 with c_0 alone is a constant.
  Waveform(std::vector<std::complex<double>> coefficients, double period_ms)
      : coefficients_(std::move(coefficients)), period_(period_ms) {}

  double at(double time_ms) const;
  double period() const { return period_; }  ///< [ms]; 0 where it does not repeat
  /// c_0 to c_(count - 1) of the series; of a curve, by the trapezoidal rule over a period.
  std::vector<std::complex<double>> harmonics(int count) const;

 private:
  std::optional<circulation::Curve> curve_;
  std::vector<std::complex<double>> coefficients_{0.0};
  double period_ = 0;
};

}  // namespace cardiotwin::hemodynamics
