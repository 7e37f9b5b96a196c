#pragma once
/// The one time loop of all solvers: progress with ETA, stop requests, rolling states, resume.

#include <map>
#include <string>
#include <vector>

#include "cardiotwin/stage/context.hpp"
#include "cardiotwin/stage/stage.hpp"

namespace cardiotwin::stage {

/// Named arrays in global numbering: independent of the number of ranks. Filled on rank 0, read on every rank.
class State {
 public:
  void put(const std::string& name, std::vector<double> values) { arrays_[name] = std::move(values); }
  void put(const std::string& name, double value) { arrays_[name] = {value}; }
  const std::vector<double>& get(const std::string& name) const;  ///< throws core::Error (integrity) when missing
  double scalar(const std::string& name) const { return get(name).at(0); }
  bool has(const std::string& name) const { return arrays_.contains(name); }
  const std::map<std::string, std::vector<double>>& arrays() const { return arrays_; }

 private:
  std::map<std::string, std::vector<double>> arrays_;
};

/// A solver as the loop sees it. All calls are collective.
class Steppable {
 public:
  virtual ~Steppable() = default;
  virtual double time_ms() const = 0;
  virtual double end_ms() const = 0;
  virtual bool finished() const { return time_ms() >= end_ms() - 1e-9; }
  /// Share of the work that is done, for the progress line; other than the time where the end is not known beforehand.
  virtual double done() const { return time_ms() / end_ms(); }
  /// One accepted step. A step that cannot be made throws core::Error (numerical) on every rank.
  virtual void advance() = 0;
  /// Everything that the next step depends on, and all results so far (rank 0 fills `state`; gathers are collective).
  virtual void save(State& state) = 0;
  /// The inverse; `state` is the same on every rank.
  virtual void load(const State& state) = 0;
  /// A few words for the progress line, e.g. "p 12.3 kPa, 4 Newton".
  virtual std::string status() const { return {}; }
};

/// Collective. Resumes from the newest intact rolling state of the same resume key, steps until finished, writes
/// rolling states every checkpoint_interval_s and on a stop request, after which it returns `interrupted`.
Outcome run_time_loop(Context& context, Steppable& solver);

}  // namespace cardiotwin::stage
