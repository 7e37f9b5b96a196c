#pragma once
/// The ionic model at the nodes of one rank.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cell/ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// Nodes are kept sorted by kind, each kind in full blocks, so that a block has one kernel. Ghosts are advanced like
/// owned nodes: their state never travels.
class IonicNodes {
 public:
  /// `kind_of` of each local node.
  IonicNodes(const IonicModel& model, std::span<const CellKind> kinds, std::span<const std::int32_t> kind_of,
             double time_step_ms);

  /// V [mV] of local nodes in, I_ion [mV/ms] of local nodes out; the state is advanced by a step.
  void advance(std::span<const double> potential, std::span<double> current);

  const IonicModel& model() const { return model_; }
  std::size_t kinds() const { return membranes_.size(); }
  std::size_t kind_of(std::int32_t node) const { return kind_of_[node]; }
  const Membrane& membrane(std::size_t kind) const { return *membranes_[kind]; }
  /// Variable 0 of a local node; variable k is `k * block` further.
  const double* state_of(std::int32_t node) const {
    const std::size_t place = place_of_[node];
    return &state_[(place / block * model_.variables.size()) * block + place % block];
  }

  /// Values of one variable at local nodes.
  std::vector<double> variable(std::size_t k) const;
  void set_variable(std::size_t k, std::span<const double> values);
  std::vector<double> start_potential() const;

 private:
  const IonicModel& model_;
  std::vector<CellKind> kinds_;
  std::vector<std::int32_t> kind_of_;
  std::vector<std::unique_ptr<Membrane>> membranes_;
  std::vector<std::size_t> kind_of_block_;
  std::vector<std::int32_t> node_of_;   ///< local node of each place; padding repeats the last of its kind
  std::vector<std::int32_t> place_of_;  ///< place of each local node
  std::vector<double> state_;           ///< (blocks x variables x block)
};

}  // namespace cardiotwin::electrophysiology
