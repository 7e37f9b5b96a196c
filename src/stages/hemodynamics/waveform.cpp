#include "waveform.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using Complex = std::complex<double>;

Complex phase(std::size_t k, double time, double period) {
  return period > 0 ? std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(k) * time / period) : Complex(1);
}

}  // namespace

double Waveform::at(double time_ms) const {
  if (curve_) return curve_->at(time_ms);
  double sum = 0;
  for (std::size_t k = 0; k < coefficients_.size(); ++k) sum += (coefficients_[k] * phase(k, time_ms, period_)).real();
  return sum;
}

std::vector<Complex> Waveform::harmonics(int count) const {
  std::vector<Complex> result(static_cast<std::size_t>(count), 0.0);
  if (!curve_) {
    for (std::size_t k = 0; k < std::min(result.size(), coefficients_.size()); ++k) result[k] = coefficients_[k];
    return result;
  }
  if (!(period_ > 0)) {
    result[0] = curve_->at(0);
    return result;
  }
  constexpr int samples = 1024;
  for (std::size_t k = 0; k < result.size(); ++k) {
    for (int i = 0; i < samples; ++i) {
      const double time = period_ * i / samples;
      result[k] += (k == 0 ? 1.0 : 2.0) / samples * curve_->at(time) * std::conj(phase(k, time, period_));
    }
  }
  return result;
}

}  // namespace cardiotwin::hemodynamics
