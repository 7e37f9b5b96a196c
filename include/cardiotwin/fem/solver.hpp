#pragma once
/// Krylov solvers by name: the presets that measurement settled, one place for their options.

#include <string>

#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/fem/petsc.hpp"

namespace cardiotwin::fem {

/// A KSP with its options set from a list such as "-ksp_type cg -pc_type gamg", under a private prefix (so that several
/// solvers do not share options). A user's PETSC_OPTIONS with that prefix win.
class LinearSolver {
 public:
  LinearSolver(core::Comm comm, const std::string& prefix, const std::string& options);
  KSP ksp() const { return ksp_; }
  /// Collective. The preconditioner is rebuilt when `matrix` changed, unless keep_preconditioner(true).
  void set_matrix(Mat matrix);
  void keep_preconditioner(bool keep);
  /// Collective. Builds the preconditioner now, if it is due; solve() does so otherwise. The same on every run, bit by
  /// bit, on the same number of ranks.
  void set_up();
  /// Collective. Solves with the given start value in `x` when `use_guess`. Returns the iterations; divergence or a
  /// non-finite result throws core::Error (numerical) on every rank, naming `prefix` and PETSc's reason.
  int solve(Vec b, Vec x, bool use_guess = true);

 private:
  std::string prefix_;
  Solver ksp_;
};

}  // namespace cardiotwin::fem
