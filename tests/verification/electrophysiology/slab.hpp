#pragma once
/// The slab of Niederer et al. 2011 (doi 10.1098/rsta.2011.0139): 20 x 7 x 3 mm, fibres along x, stimulated in a
/// corner.

#include <vector>

#include "electrophysiology/cell/ten_tusscher_2006.hpp"
#include "electrophysiology/monodomain.hpp"

namespace cardiotwin::electrophysiology {

struct Slab {
  mesh::TetMesh mesh;
  Stimulus corner;

  /// Cubes of 1 / cubes_per_mm, six tetrahedra each.
  explicit Slab(int cubes_per_mm)
      : mesh(mesh::box({0, 0, 0}, {20, 7, 3}, {20 * cubes_per_mm, 7 * cubes_per_mm, 3 * cubes_per_mm})) {
    corner.points = points_in_box(mesh, {0, 0, 0}, {1.5, 1.5, 1.5});
    corner.delay_ms.assign(corner.points.size(), 0.0);
  }
  Monodomain solver(const core::Comm& comm, const Options& options) const {
    return Monodomain(comm, uniform_tissue(mesh, {1, 0, 0}, {}, ten_tusscher_2006(), "epicardial"), {corner}, options);
  }
};

/// Activation times on every rank [ms].
inline std::vector<double> activation(const core::Comm& comm, const Monodomain& solver) {
  auto times = solver.activation_times();
  comm.broadcast(times);
  return times;
}

}  // namespace cardiotwin::electrophysiology
