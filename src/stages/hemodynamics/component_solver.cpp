#include "component_solver.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// PETSc's rows of one part of a matrix: the columns of this rank, or those of others.
class Part {
 public:
  explicit Part(Mat matrix) : matrix_(matrix) {
    PetscBool done = PETSC_FALSE;
    fem::check(MatGetRowIJ(matrix_, 0, PETSC_FALSE, PETSC_FALSE, &rows_, &start, &column, &done), "MatGetRowIJ");
    fem::check(MatSeqAIJGetArrayRead(matrix_, &value), "MatSeqAIJGetArrayRead");
  }
  ~Part() {
    PetscBool done = PETSC_FALSE;
    MatSeqAIJRestoreArrayRead(matrix_, &value);
    MatRestoreRowIJ(matrix_, 0, PETSC_FALSE, PETSC_FALSE, &rows_, &start, &column, &done);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const PetscInt *start = nullptr, *column = nullptr;
  const double* value = nullptr;

 private:
  Mat matrix_;
  PetscInt rows_ = 0;
};

/// sum += a row times x.
inline void add_row(const Part& part, std::int32_t row, const double* x, std::array<double, 3>& sum) {
  for (PetscInt k = part.start[row]; k < part.start[row + 1]; ++k) {
    const double a = part.value[k];
    const double* at = x + 3 * static_cast<std::size_t>(part.column[k]);
    for (int d = 0; d < 3; ++d) sum[d] += a * at[d];
  }
}

double total(const std::array<double, 3>& values) { return values[0] + values[1] + values[2]; }

}  // namespace

/// This rank's rows: columns of its own, and those of others in PETSc's order.
struct ComponentSolver::Rows {
  explicit Rows(Mat matrix) {
    PetscBool parallel = PETSC_FALSE;
    fem::check(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(matrix), MATMPIAIJ, &parallel), "MatType");
    if (!parallel) {
      own.emplace(matrix);
      return;
    }
    Mat mine = nullptr, others = nullptr;
    const PetscInt* columns = nullptr;
    fem::check(MatMPIAIJGetSeqAIJ(matrix, &mine, &others, &columns), "MatMPIAIJGetSeqAIJ");
    own.emplace(mine);
    other.emplace(others);
    PetscInt rows = 0, count = 0;
    fem::check(MatGetSize(others, &rows, &count), "MatGetSize");
    foreign = {columns, static_cast<std::size_t>(count)};
  }
  std::optional<Part> own, other;
  std::span<const PetscInt> foreign;  ///< global columns of the others
};

ComponentSolver::ComponentSolver(Halo& halo, double tolerance, int most_iterations)
    : halo_(halo),
      tolerance_(tolerance),
      most_iterations_(most_iterations),
      inverse_(static_cast<std::size_t>(halo.space().owned())) {}

/// Collective. The pattern of the first matrix serves for all.
void ComponentSolver::set_up(const Rows& rows) {
  if (ghosted_.get()) return;
  const std::size_t owned = 3 * inverse_.size();
  fem::check(VecCreateGhostBlock(halo_.space().comm().get(), 3, static_cast<PetscInt>(owned), PETSC_DETERMINE,
                                 static_cast<PetscInt>(rows.foreign.size()), rows.foreign.data(), ghosted_.out()),
             "VecCreateGhostBlock");
  for (Interlaced* v : {&x_, &p_, &s_}) v->resize(owned + 3 * rows.foreign.size());
  for (Interlaced* v : {&r_, &shadow_, &v_, &t_}) v->resize(owned);
}

/// Ghosts take their owners' values.
void ComponentSolver::exchange(Interlaced& x) {
  if (halo_.space().comm().size() == 1) return;
  const std::size_t owned = 3 * inverse_.size();
  std::copy_n(x.begin(), owned, fem::LocalArray(ghosted_).data());
  fem::Space::update_ghosts(ghosted_);
  fem::LocalArray values(ghosted_);
  std::copy(values.data() + owned, values.data() + x.size(), x.begin() + static_cast<std::ptrdiff_t>(owned));
}

/// y = D^-1 A x on owned nodes.
void ComponentSolver::multiply(const Rows& rows, Interlaced& x, Interlaced& y) {
  exchange(x);
  const std::int32_t owned = halo_.space().owned();
  for (std::int32_t n = 0; n < owned; ++n) {
    std::array<double, 3> sum{};
    add_row(*rows.own, n, x.data(), sum);
    if (rows.other) add_row(*rows.other, n, x.data() + 3 * inverse_.size(), sum);
    for (int d = 0; d < 3; ++d) y[3 * static_cast<std::size_t>(n) + d] = inverse_[n] * sum[d];
  }
}

/// This rank's part, component by component.
std::array<double, 3> ComponentSolver::products(const Interlaced& a, const Interlaced& b) const {
  std::array<double, 3> sums{};
  for (std::size_t i = 0; i < 3 * inverse_.size(); i += 3)
    for (int d = 0; d < 3; ++d) sums[d] += a[i + d] * b[i + d];
  return sums;
}

int ComponentSolver::solve(Mat matrix, const Vectors& load, Vectors& field) {
  const core::Comm& comm = halo_.space().comm();
  const std::size_t owned = inverse_.size(), size = 3 * owned;
  const Rows rows(matrix);
  set_up(rows);
  for (std::size_t n = 0; n < owned; ++n) {
    const auto row = static_cast<PetscInt>(n);
    for (PetscInt k = rows.own->start[row]; k < rows.own->start[row + 1]; ++k)
      if (rows.own->column[k] == row) inverse_[n] = 1 / rows.own->value[k];
  }
  for (std::size_t n = 0; n < owned; ++n)
    for (int d = 0; d < 3; ++d) {
      x_[3 * n + d] = field[d][n];
      r_[3 * n + d] = inverse_[n] * load[d][n];
    }
  std::vector<double> sums;
  const auto gather = [&](std::initializer_list<std::array<double, 3>> parts) {
    sums.clear();
    for (const auto& part : parts) sums.insert(sums.end(), part.begin(), part.end());
    comm.sum(sums);
  };
  const auto taken = [&](int i) { return std::array<double, 3>{sums[3 * i], sums[3 * i + 1], sums[3 * i + 2]}; };

  const auto load_part = products(r_, r_);
  multiply(rows, x_, t_);
  for (std::size_t i = 0; i < size; ++i) r_[i] -= t_[i];
  gather({load_part, products(r_, r_)});
  const double goal = tolerance_ * tolerance_ * total(taken(0));
  std::array<double, 3> rho = taken(1), alpha{}, omega{};
  double residual = total(rho);
  shadow_ = r_;
  std::copy_n(r_.begin(), size, p_.begin());
  int iteration = 0;
  const auto fraction = [](double a, double b) { return b != 0 ? a / b : 0.0; };
  while (residual > goal) {
    if (++iteration > most_iterations_ || !std::isfinite(residual))
      core::fail_numerical(
          {.where = "hemodynamics_momentum_",
           .expected = fmt::format("convergence within {} iterations", most_iterations_),
           .found = fmt::format("a relative residual of {:.3g}", std::sqrt(residual / goal) * tolerance_),
           .remedy = "reduce hemodynamics.time_step_ms"});
    multiply(rows, p_, v_);
    gather({products(shadow_, v_)});
    for (int d = 0; d < 3; ++d) alpha[d] = fraction(rho[d], sums[d]);
    for (std::size_t i = 0; i < size; i += 3)
      for (int d = 0; d < 3; ++d) s_[i + d] = r_[i + d] - alpha[d] * v_[i + d];
    multiply(rows, s_, t_);
    gather({products(t_, s_), products(t_, t_)});
    for (int d = 0; d < 3; ++d) omega[d] = fraction(sums[d], sums[3 + d]);
    for (std::size_t i = 0; i < size; i += 3)
      for (int d = 0; d < 3; ++d) {
        x_[i + d] += alpha[d] * p_[i + d] + omega[d] * s_[i + d];
        r_[i + d] = s_[i + d] - omega[d] * t_[i + d];
      }
    gather({products(shadow_, r_), products(r_, r_)});
    residual = total(taken(1));
    for (int d = 0; d < 3; ++d) {
      const double beta = fraction(sums[d], rho[d]) * fraction(alpha[d], omega[d]);
      rho[d] = sums[d];
      for (std::size_t i = static_cast<std::size_t>(d); i < size; i += 3)
        p_[i] = r_[i] + beta * (p_[i] - omega[d] * v_[i]);
    }
  }
  for (std::size_t n = 0; n < owned; ++n)
    for (int d = 0; d < 3; ++d) field[d][n] = x_[3 * n + d];
  halo_.update(field);
  return iteration;
}

}  // namespace cardiotwin::hemodynamics
