#include "coupled_preconditioner.hpp"

#include <algorithm>
#include <cmath>

#include "pressure_laplacian.hpp"

namespace cardiotwin::hemodynamics {

CoupledPreconditioner::CoupledPreconditioner(const FlowMesh& mesh, KSP solver)
    : mesh_(mesh),
      laplacian_(mesh.space(), mesh.space().cell_nodes(), 4),
      multigrid_(mesh.space().comm(), "hemodynamics_coupled_pressure_",
                 std::string("-ksp_type preonly ") + laplacian_multigrid),
      factorisation_(mesh.space().comm(), "hemodynamics_coupled_local_",
                     "-ksp_type preonly -pc_type bjacobi -sub_pc_type ilu"),
      weight_(mesh.space().make_vector()),
      pressure_residual_(mesh.space().make_vector()),
      pressure_(mesh.space().make_vector()),
      rest_(mesh.space().make_vector(4)),
      local_(mesh.space().make_vector(4)) {
  PC shell = nullptr;
  fem::check(KSPGetPC(solver, &shell), "KSPGetPC");
  fem::check(PCSetType(shell, PCSHELL), "PCSetType");
  fem::check(PCShellSetContext(shell, this), "PCShellSetContext");
  fem::check(PCShellSetApply(shell, &CoupledPreconditioner::apply_shell), "PCShellSetApply");
}

void CoupledPreconditioner::build(std::span<const std::uint8_t> pressure_fixed, const Vectors& open_areas) {
  assemble_pressure_laplacian(mesh_, pressure_fixed, open_areas, laplacian_);
  multigrid_.keep_preconditioner(false);
  multigrid_.set_matrix(laplacian_.get());
  multigrid_.set_up();
  multigrid_.keep_preconditioner(true);
  built_ = true;
}

void CoupledPreconditioner::set_up(Mat matrix, std::span<const double> mobility) {
  const auto owned = static_cast<std::size_t>(mesh_.space().owned());
  {
    fem::LocalArray weight(weight_);
    std::fill_n(weight.data(), mesh_.space().locals(), 0.0);
    for (std::size_t c = 0; c < mesh_.cells(); ++c) {
      const auto [n, shape] = mesh_.cell(c);
      for (const std::int32_t node : n) weight[node] += 0.25 * shape.volume * mobility[c];
    }
  }
  fem::Space::add_ghosts(weight_);
  {
    fem::LocalArray weight(weight_);
    for (std::size_t n = 0; n < owned; ++n) weight[n] = std::sqrt(mesh_.lumped_volume()[n] / weight[n]);
  }
  matrix_ = matrix;
  factorisation_.set_matrix(matrix);
  factorisation_.set_up();
}

PetscErrorCode CoupledPreconditioner::apply_shell(PC shell, Vec residual, Vec correction) {
  void* self = nullptr;
  PetscCall(PCShellGetContext(shell, &self));
  return static_cast<CoupledPreconditioner*>(self)->apply(residual, correction);
}

PetscErrorCode CoupledPreconditioner::apply(Vec residual, Vec correction) {
  PC cycle = nullptr, factors = nullptr;
  PetscCall(KSPGetPC(multigrid_.ksp(), &cycle));
  PetscCall(KSPGetPC(factorisation_.ksp(), &factors));
  PetscCall(VecStrideGather(residual, 3, pressure_residual_, INSERT_VALUES));
  PetscCall(VecPointwiseMult(pressure_residual_, pressure_residual_, weight_));
  PetscCall(PCApply(cycle, pressure_residual_, pressure_));
  PetscCall(VecPointwiseMult(pressure_, pressure_, weight_));
  PetscCall(VecSet(correction, 0));
  PetscCall(VecStrideScatter(pressure_, 3, correction, INSERT_VALUES));
  PetscCall(MatMult(matrix_, correction, rest_));
  PetscCall(VecAYPX(rest_, -1, residual));
  PetscCall(PCApply(factors, rest_, local_));
  PetscCall(VecAXPY(correction, 1, local_));
  return 0;
}

}  // namespace cardiotwin::hemodynamics
