#pragma once
/// The Laplacian of the pressure, which both schemes solve with, and the multigrid that solves every Laplacian here.

#include <cstdint>
#include <span>

#include "flow_mesh.hpp"
#include "node_matrix.hpp"

namespace cardiotwin::hemodynamics {

/// One sweep of SOR a level, few and small coarse levels (measured: docs/theory/hemodynamics.md). PETSc's default keeps
/// the aggregates of the very first hierarchy; then a resumed run, which has none, would not get the same bits.
constexpr const char* laplacian_multigrid =
    "-pc_type gamg -mg_levels_ksp_type richardson -mg_levels_pc_type sor -mg_levels_ksp_max_it 1 "
    "-pc_gamg_threshold 0.02 -pc_gamg_aggressive_coarsening 1 -pc_gamg_reuse_interpolation false";

/// The mean of some diagonal entries: for rows that hold a fixed value, of the size of their neighbours, so that the
/// matrix stays well scaled for the Krylov solver.
double typical_diagonal(std::span<const double> diagonals);

/// Collective. (grad phi, grad q), and a multiple of A^2/V at nodes of openings whose pressure is free (A the node's
/// vector area, `open_areas` at owned nodes, V its volume): what a pressure there does to the outflow. Rows of `fixed`
/// nodes hold only the value returned.
double assemble_pressure_laplacian(const FlowMesh& mesh, std::span<const std::uint8_t> fixed, const Vectors& open_areas,
                                   NodeMatrix<1>& matrix);

}  // namespace cardiotwin::hemodynamics
