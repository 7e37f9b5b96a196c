#pragma once
/// State-variable interpolation where the wave is (Pathmanathan et al. 2011, doi 10.1002/cnm.1438): in cells over which
/// V differs by more than a threshold, state and V are interpolated to four quadrature points and the ionic current is
/// evaluated there. Elsewhere the nodal currents are interpolated.

#include <cstdint>
#include <span>
#include <vector>

#include "ionic_nodes.hpp"

namespace cardiotwin::electrophysiology {

class Front {
 public:
  /// All spans are kept: four local nodes a cell, and volumes [mm^3].
  Front(const IonicNodes& nodes, std::span<const std::int32_t> cell_nodes, std::span<const double> volumes);

  /// For each cell whose V spreads by more than `threshold`: adds to `load` the difference between the integral of
  /// N_i I_ion(interpolated state) and that of the interpolated nodal currents [mV mm^3/ms]. Local. A quadrature point
  /// is of the kind of the node that weighs most there.
  void correct(double threshold_mV, std::span<const double> potential, std::span<const double> current,
               std::span<double> load);

 private:
  /// Consecutive cells and the nodes they have: a group without a spread is passed over at once.
  struct Group {
    std::size_t first_cell, first_node;
  };
  /// Quadrature points of one kind that wait for evaluation.
  struct Batch {
    std::vector<std::int32_t> cell;
    std::vector<int> corner;
    std::vector<double> state, potential, current;
  };
  void look_into(std::size_t cell, double threshold_mV, std::span<const double> potential,
                 std::span<const double> current, std::span<double> load);
  void add_points(std::size_t cell, std::span<const double> potential, std::span<double> load);
  void add_point(std::size_t cell, int corner, std::span<const double> potential, std::span<double> load);
  void evaluate(std::size_t kind, std::span<double> load);

  const IonicNodes& nodes_;
  std::span<const std::int32_t> cell_nodes_;
  std::span<const double> volumes_;
  std::vector<Group> groups_;
  std::vector<std::int32_t> group_nodes_;
  std::vector<Batch> batches_;  ///< per kind
};

}  // namespace cardiotwin::electrophysiology
