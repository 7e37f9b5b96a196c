#pragma once
/// What is recorded while the wave runs: the electrocardiogram and pictures of V.

#include <optional>
#include <vector>

#include "electrocardiogram.hpp"
#include "monodomain.hpp"

namespace cardiotwin::electrophysiology {

/// The solver with its recorders, as the time loop sees it.
class Recording : public stage::Steppable {
 public:
  /// `leads` is sampled every `interval_ms` when there is one; V is kept at the first step at or after each of
  /// `snapshot_times_ms` (ascending).
  Recording(core::Comm comm, Monodomain& solver, Leads* leads, double interval_ms,
            std::vector<double> snapshot_times_ms);

  double time_ms() const override { return solver_.time_ms(); }
  double end_ms() const override { return solver_.end_ms(); }
  bool finished() const override { return solver_.finished(); }
  double done() const override { return solver_.done(); }
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override { return solver_.status(); }

  /// V at all points [mV], one vector for each time reached. Rank 0 (after a resume, every rank).
  const std::vector<std::vector<double>>& snapshots() const { return snapshots_; }
  std::span<const double> snapshot_times_ms() const { return std::span(snapshot_times_).first(taken_); }

 private:
  void look();
  core::Comm comm_;
  Monodomain& solver_;
  Leads* leads_;
  double interval_ms_, next_sample_ms_ = 0;
  std::vector<double> snapshot_times_;
  std::size_t taken_ = 0;
  std::vector<std::vector<double>> snapshots_;
};

}  // namespace cardiotwin::electrophysiology
