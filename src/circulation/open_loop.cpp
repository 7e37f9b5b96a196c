#include "cardiotwin/circulation/open_loop.hpp"

#include <algorithm>

#include "ranges.hpp"

namespace cardiotwin::circulation {
namespace {

void check(const LeftHeart& heart) {
  require_positive(heart.arteries.peripheral, "arteries.peripheral", "kPa ms/mm^3");
  require_not_negative(heart.arteries.characteristic, "arteries.characteristic", "kPa ms/mm^3");
  require_positive(heart.arteries.compliance, "arteries.compliance", "mm^3/kPa");
  require_positive(heart.mitral.resistance, "mitral.resistance", "kPa ms/mm^3");
  require_positive(heart.aortic.resistance, "aortic.resistance", "kPa ms/mm^3");
  require_positive(heart.cycle, "cycle", "ms");
  require(heart.atrial_systole > 0 && heart.atrial_systole < heart.cycle, "atrial_systole",
          "a length above 0 ms and below the cycle", heart.atrial_systole);
  require_positive(heart.end_diastolic_volume, "end_diastolic_volume", "mm^3");
}

}  // namespace

OpenLoop::OpenLoop(const LeftHeart& heart, double arterial_pressure)
    : heart_(heart), blood_{.volume = heart.end_diastolic_volume, .compliance_pressure = arterial_pressure} {
  check(heart_);
  require_positive(arterial_pressure, "arterial_pressure", "kPa");
}

Balance OpenLoop::balance(double volume, double pressure, double step_ms) const {
  const Flows f = flows(heart_, blood_, pressure, step_ms);
  return {circulation::balance(blood_, f, volume, step_ms), 1, -step_ms * f.derivative};
}

void OpenLoop::accept(double, double pressure, double step_ms) {
  const Flows f = flows(heart_, blood_, pressure, step_ms);
  advance(heart_, blood_, f, blood_.volume + step_ms * (f.mitral - f.aortic), step_ms);
  pressure_ = pressure;
  time_ += step_ms;
  // Steps seldom add up to the cycle exactly.
  const double rounding = 1e-9 * heart_.cycle;
  if (blood_.time < heart_.cycle - rounding) return;
  blood_.time = std::max(blood_.time - heart_.cycle, 0.0);
  if (blood_.time < rounding) blood_.time = 0;
  blood_.kick_time = -1;
  blood_.kick_volume = blood_.kick_flow = 0;
}

Signals OpenLoop::signals() const {
  const bool kicks = blood_.kick_time >= 0;
  return {
      .mitral_flow = blood_.mitral_flow,
      .aortic_flow = blood_.aortic_flow,
      .aortic_pressure = aortic_pressure(heart_, blood_),
      .atrial_pressure = kicks ? pressure_ + heart_.mitral.resistance * blood_.mitral_flow : heart_.atrial_pressure};
}

std::vector<double> OpenLoop::state() const {
  return {time_,
          blood_.time,
          blood_.volume,
          blood_.compliance_pressure,
          blood_.mitral_flow,
          blood_.aortic_flow,
          blood_.kick_time,
          blood_.kick_volume,
          blood_.kick_flow,
          pressure_};
}

void OpenLoop::set_state(std::span<const double> state) {
  require_state(state.size() == 10 && std::ranges::all_of(state, [](double x) { return std::isfinite(x); }),
                "open loop");
  time_ = state[0];
  blood_ = {.time = state[1],
            .volume = state[2],
            .compliance_pressure = state[3],
            .mitral_flow = state[4],
            .aortic_flow = state[5],
            .kick_time = state[6],
            .kick_volume = state[7],
            .kick_flow = state[8]};
  pressure_ = state[9];
}

}  // namespace cardiotwin::circulation
