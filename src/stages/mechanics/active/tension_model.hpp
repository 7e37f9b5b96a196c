#pragma once
/// What gives the active tension of a step: one interface for all models.

#include <memory>
#include <span>
#include <vector>

#include "active_stress.hpp"

namespace cardiotwin::mechanics {

/// Where the quadrature points of a rank are in time and strength; in the order of Wall's slots.
struct TensionSites {
  std::vector<double> activation;  ///< [ms] within the beat; negative: never
  std::vector<double> factor;      ///< of the tension, e.g. 0 in scar
};

/// A model with states keeps those of the last accepted step. All calls are local.
class TensionModel {
 public:
  virtual ~TensionModel() = default;
  /// The tension at the end of a step of `step` ms that ends at `time` of the beat [ms]; `field.from` is given.
  virtual void propose(double time, double step, TensionField& field) = 0;
  /// The stretches from which the first step starts.
  virtual void start(std::span<const double> /*stretch*/) {}
  /// The step that was proposed last is accepted with these stretches at its end.
  virtual void accept(std::span<const double> /*stretch*/) {}
  /// True when accept() needs stretches.
  virtual bool has_states() const { return false; }
  /// States as values per slot, for checkpoints: states() x slots.
  virtual std::vector<double> save() const { return {}; }
  virtual void load(std::span<const double> /*values*/) {}
};

}  // namespace cardiotwin::mechanics
