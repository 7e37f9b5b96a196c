#include "cardiotwin/circulation/left_heart.hpp"

#include <algorithm>

namespace cardiotwin::circulation {
namespace {

/// Volume during the atrial systole: the cubic that starts with the volume and flow of then and ends at rest at the
/// end-diastolic volume. The start flow is limited so that the cubic stays monotone (Fritsch and Carlson 1980).
double kicked_volume(const LeftHeart& heart, const LeftHeartState& state, double time) {
  const double missing = heart.end_diastolic_volume - state.kick_volume;
  const double length = heart.cycle - state.kick_time, x = std::clamp((time - state.kick_time) / length, 0.0, 1.0);
  const double limit = std::max(3 * missing, 0.0);
  const double slope = std::clamp(state.kick_flow * length, 0.0, limit);
  return state.kick_volume + missing * x * x * (3 - 2 * x) + slope * x * (1 - x) * (1 - x);
}

}  // namespace

Flows flows(const LeftHeart& heart, const LeftHeartState& state, double pressure, double step) {
  const AffinePressure next = after_step(heart.arteries, state.compliance_pressure, step);
  const Valve outlet{heart.aortic.resistance + heart.arteries.characteristic + next.slope};
  const double drop_out = pressure - next.offset;
  Flows result{0, outlet.flow(drop_out), -outlet.derivative(drop_out)};
  if (state.kick_time >= 0) {
    result.mitral = (kicked_volume(heart, state, state.time + step) - state.volume) / step;
  } else {
    const double drop_in = heart.atrial_pressure - pressure;
    result.mitral = heart.mitral.flow(drop_in);
    result.derivative -= heart.mitral.derivative(drop_in);
  }
  return result;
}

double balance(const LeftHeartState& state, const Flows& flows, double volume, double step) {
  return volume - state.volume - step * (flows.mitral - flows.aortic);
}

void advance(const LeftHeart& heart, LeftHeartState& state, const Flows& flows, double volume, double step) {
  state.compliance_pressure = after_step(heart.arteries, state.compliance_pressure, step).at(flows.aortic);
  state.time += step;
  state.volume = volume;
  state.mitral_flow = flows.mitral;
  state.aortic_flow = flows.aortic;
  if (state.kick_time < 0 && state.time >= kick_start(heart) - 1e-9) {
    state.kick_time = state.time;
    state.kick_volume = volume;
    state.kick_flow = flows.mitral;
  }
}

double aortic_pressure(const LeftHeart& heart, const LeftHeartState& state) {
  return state.compliance_pressure + heart.arteries.characteristic * state.aortic_flow;
}

}  // namespace cardiotwin::circulation
