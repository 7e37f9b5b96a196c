#include "recording.hpp"

#include <cmath>

namespace cardiotwin::electrophysiology {

Recording::Recording(core::Comm comm, Monodomain& solver, Leads* leads, double interval_ms,
                     std::vector<double> snapshot_times_ms)
    : comm_(comm),
      solver_(solver),
      leads_(leads),
      interval_ms_(interval_ms),
      snapshot_times_(std::move(snapshot_times_ms)) {
  look();
}

void Recording::advance() {
  solver_.advance();
  look();
}

void Recording::look() {
  constexpr double rounding_ms = 1e-9;
  const double t = solver_.time_ms();
  if (leads_ && t >= next_sample_ms_ - rounding_ms) {
    solver_.with_potential([&](std::span<const double> v) { leads_->sample(t, v); });
    next_sample_ms_ = (std::floor((t + rounding_ms) / interval_ms_) + 1) * interval_ms_;
  }
  while (taken_ < snapshot_times_.size() && t >= snapshot_times_[taken_] - rounding_ms) {
    snapshots_.push_back(solver_.potential());
    ++taken_;
  }
}

void Recording::save(stage::State& state) {
  solver_.save(state);
  if (leads_) leads_->save(state);
  if (!comm_.is_root()) return;
  state.put("recording", {next_sample_ms_, static_cast<double>(taken_)});
  for (std::size_t n = 0; n < taken_; ++n) state.put("snapshot_" + std::to_string(n), snapshots_[n]);
}

void Recording::load(const stage::State& state) {
  solver_.load(state);
  if (leads_) leads_->load(state);
  next_sample_ms_ = state.get("recording").at(0);
  taken_ = static_cast<std::size_t>(std::llround(state.get("recording").at(1)));
  snapshots_.clear();
  for (std::size_t n = 0; n < taken_; ++n) snapshots_.push_back(state.get("snapshot_" + std::to_string(n)));
}

}  // namespace cardiotwin::electrophysiology
