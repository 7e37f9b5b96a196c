#include "cardiotwin/circulation/limit_cycle.hpp"

#include <algorithm>
#include <cmath>

#include "ranges.hpp"

namespace cardiotwin::circulation {

void BeatRange::include(double volume, const Circulation& circulation) {
  end_diastolic_volume = std::max(end_diastolic_volume, volume);
  end_systolic_volume = std::min(end_systolic_volume, volume);
  const std::vector<double> state = circulation.state();
  end.assign(state.begin() + 1, state.end());
  largest.resize(end.size());
  for (std::size_t i = 0; i < end.size(); ++i) largest[i] = std::max(largest[i], std::abs(end[i]));
}

double relative_change(const BeatRange& before, const BeatRange& after) {
  double change = std::max(std::abs(after.end_diastolic_volume / before.end_diastolic_volume - 1),
                           std::abs(after.end_systolic_volume / before.end_systolic_volume - 1));
  for (std::size_t i = 0; i < after.end.size(); ++i)
    if (after.largest[i] > 0) change = std::max(change, std::abs(after.end[i] - before.end[i]) / after.largest[i]);
  return change;
}

/// Newton on P, whose equation increases; within a bracket as soon as there is one.
double advance(const ElastanceVentricle& ventricle, Circulation& circulation, double& pressure, double step_ms) {
  const double time = circulation.time() + step_ms, stiffness = ventricle.stiffness(time);
  double low = -std::numeric_limits<double>::infinity(), high = -low, volume = ventricle.volume(pressure, time);
  for (int i = 0; i < 100; ++i) {
    volume = ventricle.volume(pressure, time);
    const Balance b = circulation.balance(volume, pressure, step_ms);
    (b.value > 0 ? high : low) = pressure;
    const double slope = b.by_volume / stiffness + b.by_pressure;
    double to = pressure - b.value / slope;
    if (!(to >= low && to <= high)) to = 0.5 * (low + high);
    // Rounding of a volume in its own equation.
    const double change = std::abs(to - pressure);
    pressure = to;
    if (change <= 1e-14 * std::max(1.0, std::abs(to))) break;
    if (i == 99)
      core::fail_numerical({.where = fmt::format("circulation at {:.3f} ms", circulation.time()),
                            .expected = "a pressure that balances the ventricle's volume",
                            .found = fmt::format("{:.2e} left at {:.4f} kPa", b.value, pressure),
                            .remedy = "check the ventricle's elastances and the circulation's parameters"});
  }
  volume = ventricle.volume(pressure, time);
  circulation.accept(volume, pressure, step_ms);
  return volume;
}

Trace run_beat(const ElastanceVentricle& ventricle, Circulation& circulation, double volume, double pressure,
               double step_ms, BeatRange* range) {
  const int steps = std::max(1, static_cast<int>(std::ceil(ventricle.period_ms / step_ms - 1e-9)));
  Trace trace;
  const auto record = [&] {
    trace.time.push_back(circulation.time());
    trace.volume.push_back(volume);
    trace.pressure.push_back(pressure);
    trace.signals.push_back(circulation.signals());
  };
  record();
  for (int n = 0; n < steps; ++n) {
    volume = advance(ventricle, circulation, pressure, ventricle.period_ms / steps);
    if (range) range->include(volume, circulation);
    record();
  }
  return trace;
}

CycleFigures figures(const Trace& beat) {
  CycleFigures f;
  f.end_diastolic_volume = beat.volume.front();
  f.end_systolic_volume = std::ranges::min(beat.volume);
  f.end_diastolic_pressure = beat.pressure.front();
  f.peak_pressure = std::ranges::max(beat.pressure);
  const auto [low, high] = std::ranges::minmax(beat.signals, {}, &Signals::aortic_pressure);
  f.diastolic_pressure = low.aortic_pressure;
  f.systolic_pressure = high.aortic_pressure;
  for (std::size_t n = 1; n < beat.time.size(); ++n)
    f.stroke_volume += (beat.time[n] - beat.time[n - 1]) * beat.signals[n].aortic_flow;
  return f;
}

LimitCycle run_to_limit_cycle(const ElastanceVentricle& ventricle, Circulation& circulation, double volume,
                              double step_ms, double tolerance, int most_beats) {
  check(ventricle.chamber, "left_ventricle");
  require_positive(ventricle.period_ms, "period", "ms");
  require_positive(step_ms, "step", "ms");
  LimitCycle cycle;
  BeatRange before;
  double pressure = ventricle.stiffness(circulation.time()) * (volume - ventricle.chamber.unloaded_volume);
  while (!cycle.closed && cycle.beats < most_beats) {
    BeatRange beat;
    cycle.last = run_beat(ventricle, circulation, volume, pressure, step_ms, &beat);
    volume = cycle.last.volume.back();
    pressure = cycle.last.pressure.back();
    if (cycle.beats++ > 0) cycle.change = relative_change(before, beat);
    cycle.closed = cycle.change <= tolerance;
    before = std::move(beat);
  }
  cycle.figures = figures(cycle.last);
  return cycle;
}

}  // namespace cardiotwin::circulation
