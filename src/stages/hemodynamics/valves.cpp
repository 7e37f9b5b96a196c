#include "valves.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::hemodynamics {

ValveSchedule::ValveSchedule(std::span<const double> rate, double period, double hysteresis)
    : open_(rate.size(), Orifice::mitral), period_(period) {
  double largest = 0;
  for (double r : rate) largest = std::max(largest, std::abs(r));
  Orifice now = Orifice::mitral;
  for (int round = 0; round < 2; ++round) {  // the second starts from the state that the first ended in
    for (std::size_t i = 0; i < rate.size(); ++i) {
      if (rate[i] > hysteresis * largest) now = Orifice::mitral;
      if (rate[i] < -hysteresis * largest) now = Orifice::aortic;
      open_[i] = now;
    }
  }
}

Orifice ValveSchedule::open(double time) const {
  const double phase = time / period_ - std::floor(time / period_);
  const auto i = static_cast<std::size_t>(std::lround(phase * static_cast<double>(open_.size())));
  return open_[i % open_.size()];
}

}  // namespace cardiotwin::hemodynamics
