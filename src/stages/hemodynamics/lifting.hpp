#pragma once
/// The wall's displacement carried into the blood, and into the lid within its own surface, so that the lid stays as
/// flat as its rim: div(kappa grad d) = 0 with kappa = (mean volume / volume)^stiffening. Frames do not know of each
/// other: they are dealt over the ranks, and come out the same to the bit on any number of them.

#include <vector>

#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::hemodynamics {

/// Displacements of all points of a mesh [mm].
using Displacement = std::vector<Vec3>;

/// Collective. `frames`: displacement of the endocardium; values off it are ignored. Returns, on every rank, the lifted
/// frames; none if the one with the widest displacement alone has cells of less than `smallest_quality`.
std::vector<Displacement> lift(const core::Comm& comm, const mesh::TetMesh& blood,
                               const std::vector<Displacement>& frames, double stiffening, double smallest_quality);

}  // namespace cardiotwin::hemodynamics
