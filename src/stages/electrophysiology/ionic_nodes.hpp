#pragma once
/// The ionic model at the nodes of one rank: state as structure of arrays, and the current interpolated by state in
/// the cells of the front.

#include <cstdint>
#include <span>
#include <vector>

#include "ten_tusscher_2006.hpp"

namespace cardiotwin::electrophysiology {

/// Nodes are kept sorted by cell type, each type padded to full vectors, so that the kernel runs over long loops with
/// constant parameters. Ghosts are advanced like owned nodes: their state never travels.
class IonicNodes {
 public:
  IonicNodes(std::span<const tt2006::CellType> types);  ///< of local nodes

  /// V [mV] of local nodes in, I_ion [mV/ms] of local nodes out; the state is advanced by dt.
  void advance(double dt_ms, std::span<const double> potential, std::span<double> current);

  /// For each cell (four local nodes) whose V spreads by more than `threshold`: adds to `load` the difference between
  /// the integral of N_i I_ion(interpolated state) and that of the interpolated nodal currents [mV mm^3/ms].
  void correct_front(double threshold_mV, std::span<const std::int32_t> cell_nodes, std::span<const double> volumes,
                     std::span<const double> potential, std::span<const double> current, std::span<double> load);

  /// Values of one variable at local nodes.
  std::vector<double> variable(int k) const;
  void set_variable(int k, std::span<const double> values);
  std::vector<double> rest_potential() const;

 private:
  struct Run {
    tt2006::CellType type;
    std::size_t begin, count;
  };
  void flush_front(std::span<const std::int32_t> cell_nodes, std::span<const double> volumes,
                   std::span<const double> potential, std::span<const double> current, std::span<double> load);

  std::vector<Run> runs_;
  std::vector<std::int32_t> node_of_;   ///< local node of each place; padding repeats the last of its run
  std::vector<std::int32_t> place_of_;  ///< place of each local node
  std::size_t stride_ = 0;
  std::vector<double> state_;                ///< (variables x stride)
  std::vector<double> g_to_, g_ks_;          ///< per local node
  std::vector<double> potential_, current_;  ///< per place
  std::vector<std::int32_t> front_;          ///< cells waiting for evaluation
  std::vector<double> front_state_, front_potential_, front_g_to_, front_g_ks_, front_current_;
};

}  // namespace cardiotwin::electrophysiology
