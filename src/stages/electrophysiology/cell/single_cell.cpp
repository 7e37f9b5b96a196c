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

/// Kernels work on full vectors: `padding` copies of the cell.
class Cell {
 public:
  Cell(const IonicModel& model, const CellKind& kind, double time_step_ms)
      : membrane_(model.membrane(kind.variant, kind.scaling, time_step_ms)), time_step_ms_(time_step_ms) {
    potential_.fill(kind.potential);
    for (const double y : kind.state) state_.insert(state_.end(), block, y);
  }
  double potential() const { return potential_[0]; }
  /// The potential after a step.
  double advance(double pulse_mV_per_ms) {
    membrane_->advance(padding, potential_.data(), state_.data(), current_.data());
    for (std::size_t c = 0; c < padding; ++c) potential_[c] += time_step_ms_ * (pulse_mV_per_ms - current_[c]);
    return potential_[0];
  }
  void leave(CellKind& kind) const {
    kind.potential = potential_[0];
    for (std::size_t k = 0; k < kind.state.size(); ++k) kind.state[k] = state_[k * block];
  }

 private:
  std::unique_ptr<Membrane> membrane_;
  double time_step_ms_;
  std::array<double, padding> potential_, current_;
  std::vector<double> state_;
};

}  // namespace

std::vector<Beat> pace(const IonicModel& model, CellKind& kind, double cycle_ms, int beats, double time_step_ms) {
  Cell cell(model, kind, time_step_ms);
  const auto steps = static_cast<std::size_t>(std::lround(cycle_ms / time_step_ms));
  const auto pulse_steps = static_cast<std::size_t>(std::lround(model.pulse_ms / time_step_ms));
  std::vector<Beat> result;
  for (int n = 0; n < beats; ++n) {
    std::vector<double> trace{cell.potential()};
    for (std::size_t step = 0; step < steps; ++step)
      trace.push_back(cell.advance(step < pulse_steps ? model.pulse_mV_per_ms : 0));
    result.push_back(beat(trace, time_step_ms));
  }
  cell.leave(kind);
  return result;
}

double latency(const IonicModel& model, const CellKind& kind, double pulse_mV_per_ms, double pulse_ms,
               double threshold_mV) {
  constexpr double time_step_ms = 0.01, longest_ms = 20;
  Cell cell(model, kind, time_step_ms);
  for (double t = 0; t < pulse_ms + longest_ms; t += time_step_ms) {
    const double before = cell.potential(), now = cell.advance(t < pulse_ms ? pulse_mV_per_ms : 0);
    if (before < threshold_mV && now >= threshold_mV)
      return t + time_step_ms * (threshold_mV - before) / (now - before);
  }
  return -1;
}

}  // namespace cardiotwin::electrophysiology
