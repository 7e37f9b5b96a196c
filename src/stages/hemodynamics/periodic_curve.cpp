#include "periodic_curve.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::hemodynamics {

PeriodicCurve::PeriodicCurve(std::vector<double> times, std::vector<std::vector<double>> frames)
    : times_(std::move(times)), frames_(std::move(frames)) {
  const std::size_t count = frames_.size(), size = frames_.front().size();
  slopes_.assign(count, std::vector<double>(size, 0.0));
  // Continuity of the second derivative couples the slopes of neighbours with weights 1/2 or less of the diagonal:
  // Gauss-Seidel gains a factor of 4 a sweep, so this many sweeps leave rounding only.
  constexpr int sweeps = 30;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t before = (i + count - 1) % count, after = (i + 1) % count;
      const double right = 1 / (times_[i + 1] - times_[i]);
      const double left = 1 / (times_[before + 1] - times_[before]);
      const double diagonal = 1 / (2 * (left + right));
      for (std::size_t k = 0; k < size; ++k) {
        const double jump = 3 * (right * right * (frames_[after][k] - frames_[i][k]) +
                                 left * left * (frames_[i][k] - frames_[before][k]));
        slopes_[i][k] = diagonal * (jump - left * slopes_[before][k] - right * slopes_[after][k]);
      }
    }
  }
}

void PeriodicCurve::evaluate(double time, std::span<double> values) const {
  const double t = time - period() * std::floor(time / period());
  const auto above = std::upper_bound(times_.begin() + 1, times_.end() - 1, t);
  const auto i = static_cast<std::size_t>(above - times_.begin() - 1);
  const std::size_t next = (i + 1) % frames_.size();
  const double h = times_[i + 1] - times_[i], s = (t - times_[i]) / h, r = 1 - s;
  const double v0 = (1 + 2 * s) * r * r, v1 = (1 + 2 * r) * s * s, d0 = h * s * r * r, d1 = -h * s * s * r;
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = v0 * frames_[i][k] + v1 * frames_[next][k] + d0 * slopes_[i][k] + d1 * slopes_[next][k];
}

}  // namespace cardiotwin::hemodynamics
