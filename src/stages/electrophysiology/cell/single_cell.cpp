#include "single_cell.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace cardiotwin::electrophysiology {

namespace {

/// Time from step `begin` to the last downward crossing of `level` [ms].
double duration(const std::vector<double>& trace, std::size_t begin, double level, double time_step_ms) {
  if (trace.back() < level)
    for (std::size_t n = trace.size() - 1; n > begin; --n)
      if (trace[n - 1] >= level) {
        const double crossing = static_cast<double>(n) - (level - trace[n]) / (trace[n - 1] - trace[n]);
        return (crossing - static_cast<double>(begin)) * time_step_ms;
      }
  return std::numeric_limits<double>::quiet_NaN();
}

/// Figures of the action potential in `trace`, one potential a step.
Beat beat(const std::vector<double>& trace, double time_step_ms) {
  Beat b{trace.front(), *std::ranges::max_element(trace), 0, 0, 0};
  std::size_t upstroke = 0;
  for (std::size_t n = 0; n + 1 < trace.size(); ++n) {
    const double slope = (trace[n + 1] - trace[n]) / time_step_ms;
    if (slope > b.fastest_mV_per_ms) b.fastest_mV_per_ms = slope, upstroke = n;
  }
  const double amplitude = b.peak_mV - b.resting_mV;
  b.apd90_ms = duration(trace, upstroke, b.resting_mV + 0.1 * amplitude, time_step_ms);
  b.apd50_ms = duration(trace, upstroke, b.resting_mV + 0.5 * amplitude, time_step_ms);
  return b;
}

}  // namespace

std::vector<Beat> pace(const IonicModel& model, CellKind& kind, double cycle_ms, int beats, double time_step_ms) {
  const auto membrane = model.membrane(kind.variant, kind.scaling, time_step_ms);
  std::array<double, padding> potential, current;  // kernels work on full vectors: `padding` copies of the cell
  potential.fill(kind.potential);
  std::vector<double> state;
  for (double y : kind.state) state.insert(state.end(), block, y);
  const auto steps = static_cast<std::size_t>(std::lround(cycle_ms / time_step_ms));
  const auto pulse_steps = static_cast<std::size_t>(std::lround(model.pulse_ms / time_step_ms));
  std::vector<Beat> result;
  for (int n = 0; n < beats; ++n) {
    std::vector<double> trace{potential[0]};
    for (std::size_t step = 0; step < steps; ++step) {
      membrane->advance(padding, potential.data(), state.data(), current.data());
      const double pulse = step < pulse_steps ? model.pulse_mV_per_ms : 0;
      for (std::size_t c = 0; c < padding; ++c) potential[c] += time_step_ms * (pulse - current[c]);
      trace.push_back(potential[0]);
    }
    result.push_back(beat(trace, time_step_ms));
  }
  kind.potential = potential[0];
  for (std::size_t k = 0; k < kind.state.size(); ++k) kind.state[k] = state[k * block];
  return result;
}

}  // namespace cardiotwin::electrophysiology
