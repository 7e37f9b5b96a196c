#include "cardiotwin/circulation/curve.hpp"

#include <algorithm>
#include <cmath>

#include "ranges.hpp"

namespace cardiotwin::circulation {
namespace {

/// Harmonic mean of two secants of one sign, weighted by the lengths of their intervals.
double monotone_slope(double left, double left_length, double right, double right_length) {
  if (left * right <= 0) return 0;
  const double weight = (left_length + 2 * right_length) / (3 * (left_length + right_length));
  return left * right / (weight * right + (1 - weight) * left);
}

}  // namespace

Curve::Curve(std::vector<double> times_ms, std::vector<double> values, Interpolation interpolation, double period_ms,
             const std::string& key)
    : times_(std::move(times_ms)), values_(std::move(values)), interpolation_(interpolation), period_(period_ms) {
  require_not_negative(period_, key + ".period", "ms (0: does not repeat)");
  require(times_.size() >= 2, key + ".times", "at least two points", static_cast<double>(times_.size()));
  require(values_.size() == times_.size(), key + ".values", fmt::format("{} values, one a time", times_.size()),
          static_cast<double>(values_.size()));
  for (double v : values_) require(std::isfinite(v), key + ".values", "finite numbers", v);
  for (std::size_t i = 0; i < times_.size(); ++i)
    require(std::isfinite(times_[i]) && (i == 0 || times_[i] > times_[i - 1]), key + ".times",
            "finite times, each above the one before", times_[i]);
  if (period_ > 0) {
    const double end = times_.front() + period_;
    require(times_.back() < end || (times_.back() == end && values_.back() == values_.front()), key + ".times",
            fmt::format("times within one period of {:g} ms; at its very end, the first value again", period_),
            times_.back());
    if (times_.back() < end) times_.push_back(end), values_.push_back(values_.front());
  }
  const std::size_t last = times_.size() - 1;
  const auto length = [&](std::size_t i) { return times_[i + 1] - times_[i]; };
  const auto secant = [&](std::size_t i) { return (values_[i + 1] - values_[i]) / length(i); };
  slopes_.assign(times_.size(), 0);
  for (std::size_t i = 1; i < last; ++i)
    slopes_[i] = monotone_slope(secant(i - 1), length(i - 1), secant(i), length(i));
  // A curve that repeats has the same neighbours at both ends; one that stays constant outside ends at rest.
  if (period_ > 0)
    slopes_[0] = slopes_[last] = monotone_slope(secant(last - 1), length(last - 1), secant(0), length(0));
}

double Curve::at(double time_ms) const {
  double t = time_ms;
  if (period_ > 0) t -= period_ * std::floor((t - times_.front()) / period_);
  if (t <= times_.front()) return values_.front();
  if (t >= times_.back()) return values_.back();
  const auto i = static_cast<std::size_t>(std::ranges::upper_bound(times_, t) - times_.begin()) - 1;
  const double h = times_[i + 1] - times_[i], x = (t - times_[i]) / h, rise = values_[i + 1] - values_[i];
  if (interpolation_ == Interpolation::linear) return values_[i] + x * rise;
  return values_[i] + x * x * (3 - 2 * x) * rise + h * x * (1 - x) * ((1 - x) * slopes_[i] - x * slopes_[i + 1]);
}

}  // namespace cardiotwin::circulation
