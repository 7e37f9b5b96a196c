#pragma once
/// Preconditioner of the coupled flow equations, in two stages: a multigrid cycle on an approximate Schur complement of
/// the pressure takes what is global, an incomplete factorisation of the whole matrix, node by node, what is local:
///   p = S^-1 r_p,   z = (0, p) + ILU(0)^-1 (r - K (0, p)),
/// the constrained pressure residual of reservoir simulation (Wallis, SPE 12265 (1983)). In the stabilised equations
///   S ~ sum over cells of m/rho (grad p, grad q),   m = tau + 1/(a0 + 1/tau):
/// how subscales and velocity answer to a gradient of the pressure. S^-1 is taken as W L^-1 W, L the Laplacian of the
/// mesh when the hierarchy was built, W = (m/rho)^(-1/2) at the nodes, of today: so the hierarchy serves many steps.

#include <cstdint>
#include <span>

#include "cardiotwin/fem/solver.hpp"
#include "flow_mesh.hpp"
#include "node_matrix.hpp"

namespace cardiotwin::hemodynamics {

class CoupledPreconditioner {
 public:
  /// Collective. Becomes the preconditioner of `solver`, which must not be used after this object's end. `mesh` must
  /// outlive it.
  CoupledPreconditioner(const FlowMesh& mesh, KSP solver);
  CoupledPreconditioner(const CoupledPreconditioner&) = delete;
  CoupledPreconditioner& operator=(const CoupledPreconditioner&) = delete;

  /// Collective. The hierarchy, from the mesh as it is. `open_areas` are the openings' vector areas at the nodes.
  void build(std::span<const std::uint8_t> pressure_fixed, const Vectors& open_areas);
  bool built() const { return built_; }
  /// Collective. The rest, for the matrix K (four unknowns a node) and `mobility`, the factor of S, of each cell.
  void set_up(Mat matrix, std::span<const double> mobility);

 private:
  static PetscErrorCode apply_shell(PC shell, Vec residual, Vec correction);
  PetscErrorCode apply(Vec residual, Vec correction);

  const FlowMesh& mesh_;
  NodeMatrix<1> laplacian_;
  fem::LinearSolver multigrid_, factorisation_;
  fem::Vector weight_, pressure_residual_, pressure_, rest_, local_;
  Mat matrix_ = nullptr;
  bool built_ = false;
};

}  // namespace cardiotwin::hemodynamics
