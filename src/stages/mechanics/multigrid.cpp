#include "multigrid.hpp"

#include <algorithm>

#include "cardiotwin/fem/assembly.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mechanics {
namespace {

using fem::check;

/// Nobody waits longer: half a million unknowns have needed 41 at most.
constexpr const char* outer_options =
    "-ksp_type fgmres -ksp_gmres_restart 100 -ksp_max_it 100 -ksp_rtol 1e-3 -pc_type shell";

/// One V-cycle. The coarse matrix is nearly symmetric, and its factorisation takes it as such.
std::string cycle_options(bool redundant) {
  const std::string levels =
      "-ksp_type preonly -pc_type mg -pc_mg_levels 2 "
      "-mg_levels_ksp_type chebyshev -mg_levels_ksp_max_it 4 -mg_levels_ksp_chebyshev_esteig 0,0.1,0,1.1 "
      "-mg_levels_pc_type pbjacobi -mg_coarse_ksp_type preonly ";
  if (redundant)
    return levels +
           "-mg_coarse_pc_type redundant -mg_coarse_redundant_ksp_type preonly -mg_coarse_redundant_pc_type cholesky "
           "-mg_coarse_redundant_pc_factor_mat_solver_type mumps";
  return levels + "-mg_coarse_pc_type cholesky -mg_coarse_pc_factor_mat_solver_type mumps";
}

using Held = std::span<const char>;

fem::Vector vector_of(Mat matrix, bool of_columns) {
  fem::Vector vector;
  check(MatCreateVecs(matrix, of_columns ? vector.out() : nullptr, of_columns ? nullptr : vector.out()),
        "MatCreateVecs");
  return vector;
}

/// Matrix from entries at global rows and columns, negative ones left out.
fem::Matrix matrix_of(const core::Comm& comm, PetscInt rows, PetscInt columns, int block, std::vector<PetscInt> i,
                      std::vector<PetscInt> j) {
  fem::Matrix matrix;
  check(MatCreate(comm.get(), matrix.out()), "MatCreate");
  check(MatSetSizes(matrix, rows, columns, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes");
  check(MatSetType(matrix, MATAIJ), "MatSetType");
  check(MatSetBlockSizes(matrix, 3, block), "MatSetBlockSizes");
  check(MatSetPreallocationCOO(matrix, static_cast<PetscCount>(i.size()), i.data(), j.data()),
        "MatSetPreallocationCOO");
  return matrix;
}

/// Collective. Values at local nodes, summed over ranks.
void complete(const fem::Space& space, int components, std::span<const double> values, Vec result) {
  const fem::Vector ghosted = space.make_vector(components);
  {
    fem::LocalArray local(ghosted);
    std::ranges::copy(values, local.data());
  }
  fem::Space::add_ghosts(ghosted);
  fem::LocalArray from(ghosted), to(result);
  std::copy_n(from.data(), components * space.owned(), to.data());
}

/// Collective. Sums the 3 x 3 `blocks` of local nodes over ranks; held components leave the system and get 1 on the
/// diagonal.
void assemble(const fem::Space& space, const BlockPattern& pattern, std::span<const double> blocks, Held held,
              Mat matrix) {
  check(MatZeroEntries(matrix), "MatZeroEntries");
  fem::MatrixAssembly assembly(space, matrix, 3);
  std::vector<double> panel;
  for (std::int32_t n = 0; n < space.locals(); ++n) {
    const std::int32_t first = pattern.start[n], count = pattern.start[n + 1] - first;
    const auto columns = std::span(pattern.column).subspan(first, count);
    panel.assign(9 * static_cast<std::size_t>(count), 0.0);
    for (int i = 0; i < 3; ++i) {
      if (held[3 * n + i]) {
        if (n < space.owned()) panel[3 * (i * count + pattern.find(n, n) - first) + i] = 1;
        continue;
      }
      for (std::int32_t k = 0; k < count; ++k)
        for (int j = 0; j < 3; ++j)
          if (!held[3 * columns[k] + j])
            panel[3 * (i * count + k) + j] = blocks[9 * static_cast<std::size_t>(first + k) + 3 * i + j];
    }
    assembly.add_row(n, columns, panel);
  }
  assembly.finish();
}

/// PETSc calls us and wants a code; the message of an exception becomes its own.
template <class Work>
PetscErrorCode guarded(MPI_Comm comm, Work work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    return PetscError(comm, __LINE__, "Multigrid", __FILE__, PETSC_ERR_LIB, PETSC_ERROR_INITIAL, "%s", error.what());
  }
}

}  // namespace

bool Multigrid::applies_to(const Wall& wall) {
  return wall.displacement_space().order() == 2 && wall.is_saddle_point();
}

Multigrid::Multigrid(const Wall& wall, bool repeatable)
    : wall_(wall),
      fine_(wall.displacement_space()),
      coarse_(wall.pressure_space()),
      cycle_(wall.comm(), "mechanics_cycle_", cycle_options(repeatable && wall.comm().size() > 1)),
      outer_(wall.comm(), "mechanics_multigrid_", outer_options) {
  if (!applies_to(wall))
    core::fail_configuration({.where = "mechanics.linear_solver",
                              .expected = "element \"p2_p1\" and bulk_modulus_kPa 0 with \"multigrid\"",
                              .found = fine_.order() == 2 ? "a compressible wall" : "element \"p1_p1\"",
                              .remedy = "set linear_solver to \"automatic\" or \"direct\""});
  find_parents();
  a_ = fine_.make_matrix(3, MATBAIJ);
  a_coarse_ = coarse_.make_matrix(3);
  make_interpolation();
  make_coupling();
  for (fem::Vector* u : {&l_, &g_, &z_u_, &u_in_, &u_out_, &u_work_}) *u = vector_of(a_, true);
  for (fem::Vector* p : {&inverse_schur_, &z_p_, &p_in_, &p_out_}) *p = vector_of(b_, true);
  rhs_ = wall.make_vector();
  make_solvers();
}

/// A quadratic node lies between the ends of its edge, or on a vertex: then both ends are that vertex.
void Multigrid::find_parents() {
  parents_.resize(fine_.locals());
  coarse_held_.resize(3 * static_cast<std::size_t>(coarse_.locals()));
  held_.resize(3 * static_cast<std::size_t>(fine_.locals()));
  for (std::size_t c = 0; c < fine_.cells().size(); ++c) {
    const auto nodes = fine_.cell_nodes().subspan(10 * c, 10), vertices = coarse_.cell_nodes().subspan(4 * c, 4);
    for (int a = 0; a < 4; ++a) parents_[nodes[a]] = {vertices[a], vertices[a]};
    for (int e = 0; e < 6; ++e)
      parents_[nodes[4 + e]] = {vertices[mesh::cell_edges[e][0]], vertices[mesh::cell_edges[e][1]]};
  }
  for (std::int32_t n = 0; n < fine_.locals(); ++n)
    for (int i = 0; i < 3; ++i) {
      held_[3 * n + i] = wall_.is_held(n, i);
      if (parents_[n][0] == parents_[n][1]) coarse_held_[3 * parents_[n][0] + i] = held_[3 * n + i];
    }
  coarse_pattern_ = BlockPattern(coarse_.locals(), coarse_.cell_nodes(), 4, coarse_.cell_nodes(), 4);
}

/// A node's displacement is the mean of its parents'.
void Multigrid::make_interpolation() {
  std::vector<PetscInt> row, column;
  for (std::int32_t n = 0; n < fine_.owned(); ++n)
    for (const std::int32_t parent : parents_[n])
      for (int i = 0; i < 3; ++i) {
        row.push_back(held_[3 * n + i] ? -1 : 3 * fine_.global()[n] + i);
        column.push_back(coarse_held_[3 * parent + i] ? -1 : 3 * coarse_.global()[parent] + i);
      }
  const std::vector<double> half(row.size(), 0.5);
  interpolation_ = matrix_of(wall_.comm(), 3 * fine_.owned(), 3 * coarse_.owned(), 3, row, column);
  check(MatSetValuesCOO(interpolation_, half.data(), INSERT_VALUES), "MatSetValuesCOO");
}

void Multigrid::make_coupling() {
  const BlockPattern& up = wall_.share().up;
  std::vector<PetscInt> row, column;
  for (std::int32_t n = 0; n < fine_.locals(); ++n)
    for (std::int32_t k = up.start[n]; k < up.start[n + 1]; ++k)
      for (int i = 0; i < 3; ++i) {
        row.push_back(held_[3 * n + i] ? -1 : 3 * fine_.global()[n] + i);
        column.push_back(coarse_.global()[up.column[k]]);
      }
  b_ = matrix_of(wall_.comm(), 3 * fine_.owned(), coarse_.owned(), 1, row, column);
}

void Multigrid::make_solvers() {
  PC pc = nullptr;
  KSP smoother = nullptr, coarse = nullptr;
  check(KSPSetOperators(cycle_.ksp(), a_, a_), "KSPSetOperators");
  check(KSPGetPC(cycle_.ksp(), &pc), "KSPGetPC");
  check(PCMGSetInterpolation(pc, 1, interpolation_), "PCMGSetInterpolation");
  check(PCMGGetSmoother(pc, 1, &smoother), "PCMGGetSmoother");
  check(KSPSetOperators(smoother, a_, a_), "KSPSetOperators");
  check(PCMGGetCoarseSolve(pc, &coarse), "PCMGGetCoarseSolve");
  check(KSPSetOperators(coarse, a_coarse_, a_coarse_), "KSPSetOperators");

  PetscInt rows = 0;
  check(VecGetLocalSize(rhs_, &rows), "VecGetLocalSize");
  check(MatCreateShell(wall_.comm().get(), rows, rows, PETSC_DETERMINE, PETSC_DETERMINE, this, system_.out()),
        "MatCreateShell");
  check(MatShellSetOperation(system_, MATOP_MULT, reinterpret_cast<void (*)()>(&Multigrid::multiply)),
        "MatShellSetOperation");
  check(KSPSetOperators(outer_.ksp(), system_, system_), "KSPSetOperators");
  check(KSPGetPC(outer_.ksp(), &pc), "KSPGetPC");
  check(PCShellSetContext(pc, this), "PCShellSetContext");
  check(PCShellSetApply(pc, &Multigrid::precondition), "PCShellSetApply");
}

void Multigrid::set_up(bool keep_coarse) {
  const TangentShare share = wall_.share();
  assemble(fine_, share.uu, share.uu_blocks, held_, a_);
  check(MatSetValuesCOO(b_, share.up_blocks.data(), INSERT_VALUES), "MatSetValuesCOO");
  if (!keep_coarse) set_coarse(share);
  set_schur(share);
  // The smoother estimates the largest eigenvalue of the new matrix.
  KSP smoother = nullptr;
  PC pc = nullptr;
  check(KSPGetPC(cycle_.ksp(), &pc), "KSPGetPC");
  check(PCMGGetSmoother(pc, 1, &smoother), "PCMGGetSmoother");
  check(KSPSetOperators(smoother, a_, a_), "KSPSetOperators");
  cycle_.set_matrix(a_);
  cycle_.set_up();
  set_border(share);
}

/// P' A P by blocks: every block goes to the pairs of parents of its row and its column, a quarter each.
void Multigrid::set_coarse(const TangentShare& share) {
  std::vector<double> blocks(9 * coarse_pattern_.blocks(), 0.0);
  for (std::int32_t n = 0; n < fine_.locals(); ++n)
    for (std::int32_t k = share.uu.start[n]; k < share.uu.start[n + 1]; ++k) {
      const std::int32_t m = share.uu.column[k];
      std::array<double, 9> quarter;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
          quarter[3 * i + j] = held_[3 * n + i] || held_[3 * m + j]
                                   ? 0
                                   : 0.25 * share.uu_blocks[9 * static_cast<std::size_t>(k) + 3 * i + j];
      for (const std::int32_t row : parents_[n])
        for (const std::int32_t column : parents_[m]) {
          double* block = &blocks[9 * static_cast<std::size_t>(coarse_pattern_.find(row, column))];
          for (int ij = 0; ij < 9; ++ij) block[ij] += quarter[ij];
        }
    }
  assemble(coarse_, coarse_pattern_, blocks, coarse_held_, a_coarse_);
}

void Multigrid::set_schur(const TangentShare& share) {
  std::vector<double> schur(coarse_.locals(), 0.0);
  for (std::size_t c = 0; c < share.compliance.size(); ++c)
    for (const std::int32_t n : coarse_.cell_nodes().subspan(4 * c, 4)) schur[n] += share.compliance[c] / 4;
  complete(coarse_, 1, schur, inverse_schur_);
  check(VecReciprocal(inverse_schur_), "VecReciprocal");
}

void Multigrid::set_border(const TangentShare& share) {
  const auto spread = [&](std::span<const double> values, Vec result) {
    std::vector<double> local(held_.size(), 0.0);
    for (std::size_t s = 0; s < share.cavity_nodes.size(); ++s)
      for (int i = 0; i < 3; ++i) {
        const std::size_t at = 3 * static_cast<std::size_t>(share.cavity_nodes[s]) + i;
        local[at] = held_[at] ? 0 : values[3 * s + i];
      }
    complete(fine_, 3, local, result);
  };
  spread(share.column, l_);
  spread(share.row, g_);
  corner_ = share.corner;
  check(VecSet(p_in_, 0), "VecSet");
  solve_inner(l_, p_in_, z_u_, z_p_);
  double along = 0;
  check(VecDot(g_, z_u_, &along), "VecDot");
  bordered_ = corner_ - along;
}

LinearReport Multigrid::solve(Vec b, Vec x, const Wall::Scale& scale) {
  row_p_ = scale.force / scale.dilation;
  row_cavity_ = scale.force / scale.cavity;
  const double cavity = split(b, u_in_, p_in_);
  check(VecScale(p_in_, row_p_), "VecScale");
  join(u_in_, p_in_, row_cavity_ * cavity, rhs_);
  check(KSPSolve(outer_.ksp(), rhs_, x), "mechanics: multigrid");
  KSPConvergedReason reason{};
  PetscInt iterations = 0;
  check(KSPGetConvergedReason(outer_.ksp(), &reason), "KSPGetConvergedReason");
  check(KSPGetIterationNumber(outer_.ksp(), &iterations), "KSPGetIterationNumber");
  return {reason > 0, static_cast<int>(iterations)};
}

/// Displacements and pressures of a vector of the system; returns P, which the last rank has. Collective.
double Multigrid::split(Vec whole, Vec u, Vec p) const {
  const core::Comm& comm = wall_.comm();
  const double* values = nullptr;
  check(VecGetArrayRead(whole, &values), "VecGetArrayRead");
  const std::ptrdiff_t displacements = 3 * fine_.owned(), pressures = coarse_.owned();
  {
    fem::LocalArray to_u(u), to_p(p);
    std::copy_n(values, displacements, to_u.data());
    std::copy_n(values + displacements, pressures, to_p.data());
  }
  const int last = comm.size() - 1;
  double cavity = comm.rank() == last ? values[displacements + pressures] : 0;
  check(VecRestoreArrayRead(whole, &values), "VecRestoreArrayRead");
  MPI_Bcast(&cavity, 1, MPI_DOUBLE, last, comm.get());
  return cavity;
}

void Multigrid::join(Vec u, Vec p, double cavity, Vec whole) const {
  fem::LocalArray from_u(u), from_p(p), to(whole);
  const std::ptrdiff_t displacements = 3 * fine_.owned(), pressures = coarse_.owned();
  std::copy_n(from_u.data(), displacements, to.data());
  std::copy_n(from_p.data(), pressures, to.data() + displacements);
  if (wall_.comm().rank() == wall_.comm().size() - 1) to[displacements + pressures] = cavity;
}

/// y = the system's matrix times x, rows scaled.
void Multigrid::apply(Vec x, Vec y) {
  const double cavity = split(x, u_in_, p_in_);
  double along = 0;
  check(MatMult(a_, u_in_, u_out_), "MatMult");
  check(MatMultAdd(b_, p_in_, u_out_, u_out_), "MatMultAdd");
  check(VecAXPY(u_out_, cavity, l_), "VecAXPY");
  check(MatMultTranspose(b_, u_in_, p_out_), "MatMultTranspose");
  check(VecScale(p_out_, row_p_), "VecScale");
  check(VecDot(g_, u_in_, &along), "VecDot");
  join(u_out_, p_out_, row_cavity_ * (along + corner_ * cavity), y);
}

/// y = M^-1 r.
void Multigrid::apply_inverse(Vec r, Vec y) {
  const double cavity_row = split(r, u_in_, p_in_) / row_cavity_;
  check(VecScale(p_in_, 1 / row_p_), "VecScale");
  solve_inner(u_in_, p_in_, u_out_, p_out_);
  double along = 0;
  check(VecDot(g_, u_out_, &along), "VecDot");
  const double cavity = (cavity_row - along) / bordered_;
  check(VecAXPY(u_out_, -cavity, z_u_), "VecAXPY");
  check(VecAXPY(p_out_, -cavity, z_p_), "VecAXPY");
  join(u_out_, p_out_, cavity, y);
}

/// The preconditioner without the cavity.
void Multigrid::solve_inner(Vec r_u, Vec r_p, Vec u, Vec p) {
  check(VecPointwiseMult(p, inverse_schur_, r_p), "VecPointwiseMult");
  check(VecScale(p, -1), "VecScale");
  check(MatMult(b_, p, u_work_), "MatMult");
  check(VecAYPX(u_work_, -1, r_u), "VecAYPX");
  check(KSPSolve(cycle_.ksp(), u_work_, u), "mechanics: V-cycle");
}

PetscErrorCode Multigrid::multiply(Mat matrix, Vec x, Vec y) {
  void* self = nullptr;
  if (const PetscErrorCode code = MatShellGetContext(matrix, static_cast<void*>(&self))) return code;
  return guarded(PETSC_COMM_SELF, [&] { static_cast<Multigrid*>(self)->apply(x, y); });
}

PetscErrorCode Multigrid::precondition(PC pc, Vec x, Vec y) {
  void* self = nullptr;
  if (const PetscErrorCode code = PCShellGetContext(pc, static_cast<void*>(&self))) return code;
  return guarded(PETSC_COMM_SELF, [&] { static_cast<Multigrid*>(self)->apply_inverse(x, y); });
}

}  // namespace cardiotwin::mechanics
