#include "cardiotwin/circulation/prescribed.hpp"

#include <algorithm>

#include "ranges.hpp"

namespace cardiotwin::circulation {

Prescribed::Prescribed(Quantity quantity, Curve curve, double volume)
    : quantity_(quantity), curve_(std::move(curve)), volume_(volume) {
  // A loaded surface need not enclose anything, e.g. the side of a beam.
  require(std::isfinite(volume), "volume", "a number of mm^3", volume);
  if (quantity_ == Quantity::pressure) pressure_ = curve_.at(0);
}

Balance Prescribed::balance(double volume, double pressure, double step_ms) const {
  const double wanted = curve_.at(time_ + step_ms);
  if (quantity_ == Quantity::pressure) return {pressure - wanted, 0, 1};
  return {volume - wanted, 1, 0};
}

void Prescribed::accept(double volume, double pressure, double step_ms) {
  inflow_ = (volume - volume_) / step_ms;
  volume_ = volume;
  pressure_ = pressure;
  time_ += step_ms;
}

Signals Prescribed::signals() const {
  return {.mitral_flow = std::max(inflow_, 0.0),
          .aortic_flow = std::max(-inflow_, 0.0),
          .aortic_pressure = pressure_,
          .atrial_pressure = pressure_};
}

std::vector<double> Prescribed::state() const { return {time_, volume_, pressure_, inflow_}; }

void Prescribed::set_state(std::span<const double> state) {
  require_state(state.size() == 4 && std::ranges::all_of(state, [](double x) { return std::isfinite(x); }),
                "prescribed");
  time_ = state[0], volume_ = state[1], pressure_ = state[2], inflow_ = state[3];
}

}  // namespace cardiotwin::circulation
