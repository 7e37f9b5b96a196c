#include "wall.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compliance.hpp"

namespace cardiotwin::mechanics {

Wall::Wall(core::Comm comm, const mesh::TetMesh& mesh, const WallSetup& setup)
    : mesh_(mesh),
      space_u_(comm, mesh_, setup.order),
      space_p_(comm, mesh_, 1),
      tissue_(setup.tissue),
      alpha_(setup.alpha),
      density_(setup.density),
      points_(element_points(setup.quadrature_degree)),
      edge_points_(setup.edge_points),
      ghost_u_(space_u_.make_vector(3)),
      ghost_p_(space_p_.make_vector(1)) {
  number_dofs();
  build_pattern();
  for (const Support& support : setup.supports) supports_.emplace_back(mesh_, space_u_, support, uu_);
  cavity_ = CavitySurface(mesh_, space_u_, setup.cavity_surface, uu_);
  mark_held(setup);
  place_values();
  set_frames(setup);
  set_reference(mesh_nodes());
}

void Wall::number_dofs() {
  const int size = comm().size(), rank = comm().rank();
  std::vector<PetscInt> first_u(size + 1, 0), first_p(size + 1, 0), first(size + 1, 0);
  const PetscInt mine_u = space_u_.owned(), mine_p = space_p_.owned();
  MPI_Allgather(&mine_u, 1, MPIU_INT, first_u.data() + 1, 1, MPIU_INT, comm().get());
  MPI_Allgather(&mine_p, 1, MPIU_INT, first_p.data() + 1, 1, MPIU_INT, comm().get());
  for (int r = 0; r < size; ++r) {
    first[r + 1] = first[r] + 3 * first_u[r + 1] + first_p[r + 1];
    first_u[r + 1] += first_u[r];
    first_p[r + 1] += first_p[r];
  }
  const auto owner = [](const std::vector<PetscInt>& starts, PetscInt global) {
    return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), global) - starts.begin() - 1);
  };
  for (PetscInt g : space_u_.global()) {
    const std::size_t r = owner(first_u, g);
    dof_u_.push_back(first[r] + 3 * (g - first_u[r]));
  }
  for (PetscInt g : space_p_.global()) {
    const std::size_t r = owner(first_p, g);
    dof_p_.push_back(first[r] + 3 * (first_u[r + 1] - first_u[r]) + (g - first_p[r]));
  }
  dof_cavity_ = first[size];
  local_rows_ = 3 * mine_u + mine_p + (rank == size - 1 ? 1 : 0);
}

void Wall::build_pattern() {
  const auto nodes_u = space_u_.cell_nodes(), nodes_p = space_p_.cell_nodes();
  const int n = nodes_per_cell();
  uu_ = BlockPattern(space_u_.locals(), nodes_u, n, nodes_u, n);
  up_ = BlockPattern(space_u_.locals(), nodes_u, n, nodes_p, 4);
  const auto positions = [](const BlockPattern& pattern, auto rows, int r, auto columns, int k) {
    std::vector<std::int32_t> result;
    for (std::size_t c = 0; c < rows.size() / r; ++c)
      for (int a = 0; a < r; ++a)
        for (int b = 0; b < k; ++b) result.push_back(pattern.find(rows[r * c + a], columns[k * c + b]));
    return result;
  };
  cell_uu_ = positions(uu_, nodes_u, n, nodes_u, n);
  cell_up_ = positions(up_, nodes_u, n, nodes_p, 4);
  if (space_u_.order() == 2 && tissue_.bulk_modulus == 0) return;
  pp_ = BlockPattern(space_p_.locals(), nodes_p, 4, nodes_p, 4);
  cell_pp_ = positions(pp_, nodes_p, 4, nodes_p, 4);
}

void Wall::mark_held(const WallSetup& setup) {
  held_.assign(3 * static_cast<std::size_t>(space_u_.locals()), 0);
  // A ghost may touch a clamped triangle of another rank only: owners decide, ghosts learn.
  std::vector<double> mark(held_.size(), 0.0);
  for (std::size_t t = 0; t < space_u_.triangles().size(); ++t) {
    const std::int32_t tag = mesh_.surface[space_u_.triangles()[t]];
    if (std::find(setup.clamped.begin(), setup.clamped.end(), tag) == setup.clamped.end()) continue;
    const int n = space_u_.nodes_per_triangle();
    for (int a = 0; a < n; ++a)
      for (int i = 0; i < 3; ++i) mark[3 * static_cast<std::size_t>(space_u_.triangle_nodes()[n * t + a]) + i] = 1;
  }
  {
    fem::LocalArray local(ghost_u_);
    std::copy(mark.begin(), mark.end(), local.data());
  }
  fem::Space::add_ghosts(ghost_u_);
  fem::Space::update_ghosts(ghost_u_);
  fem::LocalArray local(ghost_u_);
  for (std::int32_t n = 0; n < space_u_.locals(); ++n) {
    const std::array<bool, 3> fixed =
        setup.fixed ? setup.fixed(space_u_.coordinates()[n]) : std::array<bool, 3>{false, false, false};
    for (int i = 0; i < 3; ++i) held_[3 * n + i] = fixed[i] || local[3 * n + i] > 0.5;
  }
}

void Wall::place_values() {
  at_up_ = 9 * uu_.blocks();
  at_pu_ = at_up_ + 3 * up_.blocks();
  at_pp_ = at_pu_ + 3 * up_.blocks();
  at_column_ = at_pp_ + pp_.blocks();
  at_row_ = at_column_ + 3 * cavity_.nodes().size();
  at_corner_ = at_row_ + 3 * cavity_.nodes().size();
  at_held_ = at_corner_ + 1;
  const auto owned = std::span(held_).first(3 * static_cast<std::size_t>(space_u_.owned()));
  values_.assign(at_held_ + static_cast<std::size_t>(std::ranges::count(owned, 1)), 0.0);
  if (is_saddle_point()) compliance_.assign(space_u_.cells().size(), 0.0);
}

/// Entries in the order of values_.
void Wall::make_matrix() {
  std::vector<PetscInt> row, col;
  const auto put = [&](PetscInt i, PetscInt j) { row.push_back(i), col.push_back(j); };
  // PETSc skips entries with a negative index: that is how held components leave the system.
  const auto free_u = [&](std::int32_t n, int i) { return held_[3 * n + i] ? PetscInt{-1} : dof_u(n, i); };
  for (std::int32_t n = 0; n < space_u_.locals(); ++n)
    for (std::int32_t k = uu_.start[n]; k < uu_.start[n + 1]; ++k)
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) put(free_u(n, i), free_u(uu_.column[k], j));
  for (std::int32_t n = 0; n < space_u_.locals(); ++n)
    for (std::int32_t k = up_.start[n]; k < up_.start[n + 1]; ++k)
      for (int i = 0; i < 3; ++i) put(free_u(n, i), dof_p_[up_.column[k]]);
  for (std::size_t k = at_up_; k < at_pu_; ++k) put(col[k], row[k]);
  for (std::size_t n = 0; n + 1 < pp_.start.size(); ++n)
    for (std::int32_t k = pp_.start[n]; k < pp_.start[n + 1]; ++k) put(dof_p_[n], dof_p_[pp_.column[k]]);
  for (std::int32_t n : cavity_.nodes())
    for (int i = 0; i < 3; ++i) put(free_u(n, i), dof_cavity_);
  for (std::int32_t n : cavity_.nodes())
    for (int i = 0; i < 3; ++i) put(dof_cavity_, free_u(n, i));
  const bool last = comm().rank() == comm().size() - 1;
  put(last ? dof_cavity_ : -1, last ? dof_cavity_ : -1);
  for (std::int32_t n = 0; n < space_u_.owned(); ++n)
    for (int i = 0; i < 3; ++i)
      if (held_[3 * n + i]) put(dof_u(n, i), dof_u(n, i));

  fem::check(MatCreate(comm().get(), matrix_.out()), "MatCreate");
  fem::check(MatSetSizes(matrix_, local_rows_, local_rows_, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes");
  fem::check(MatSetType(matrix_, MATAIJ), "MatSetType");
  fem::check(MatSetPreallocationCOO(matrix_, static_cast<PetscCount>(row.size()), row.data(), col.data()),
             "MatSetPreallocationCOO");
}

Mat Wall::matrix() {
  if (!matrix_) make_matrix();
  if (!matrix_is_current_) {
    std::copy(values_.begin() + at_up_, values_.begin() + at_pu_, values_.begin() + at_pu_);
    fem::check(MatSetValuesCOO(matrix_, values_.data(), INSERT_VALUES), "MatSetValuesCOO");
    matrix_is_current_ = true;
  }
  return matrix_;
}

TangentShare Wall::share() const {
  const auto part = [&](std::size_t from, std::size_t to) { return std::span(values_).subspan(from, to - from); };
  return {.uu = uu_,
          .up = up_,
          .uu_blocks = part(0, at_up_),
          .up_blocks = part(at_up_, at_pu_),
          .cavity_nodes = cavity_.nodes(),
          .column = part(at_column_, at_row_),
          .row = part(at_row_, at_corner_),
          .corner = values_[at_corner_],
          .compliance = compliance_};
}

fem::Vector Wall::make_vector() const {
  fem::Vector vector;
  fem::check(VecCreate(comm().get(), vector.out()), "VecCreate");
  fem::check(VecSetSizes(vector, local_rows_, PETSC_DETERMINE), "VecSetSizes");
  fem::check(VecSetType(vector, VECSTANDARD), "VecSetType");
  return vector;
}

WallState Wall::zero() const {
  const std::size_t n = 3 * static_cast<std::size_t>(space_u_.locals());
  WallState state{std::vector<double>(n, 0.0), std::vector<double>(space_p_.locals(), 0.0), 0.0, {}};
  if (density_ > 0) state.rates = {std::vector<double>(n, 0.0), std::vector<double>(n, 0.0)};
  return state;
}

template <int N>
void Wall::gather_element(std::size_t batch, const WallState& state, const WallState* previous,
                          ElementState<N>& element) const {
  const auto nodes_u = space_u_.cell_nodes(), nodes_p = space_p_.cell_nodes();
  const std::size_t cells = space_u_.cells().size();
  for (int l = 0; l < lanes; ++l) {
    const std::size_t c = std::min(batch * lanes + l, cells - 1);
    for (int a = 0; a < N; ++a) {
      const std::size_t n = 3 * static_cast<std::size_t>(nodes_u[N * c + a]);
      for (int i = 0; i < 3; ++i) {
        element.position[a][i][l] = position_[n + i] + state.u[n + i];
        element.previous[a][i][l] = previous ? position_[n + i] + previous->u[n + i] : element.position[a][i][l];
      }
    }
    for (int q = 0; q < 4; ++q) element.p[q][l] = state.p[nodes_p[4 * c + q]];
  }
}
template void Wall::gather_element<4>(std::size_t, const WallState&, const WallState*, ElementState<4>&) const;
template void Wall::gather_element<10>(std::size_t, const WallState&, const WallState*, ElementState<10>&) const;

template <int N>
void Wall::add_forces(const WallState& state, const WallState& previous, double rate, Residual& residual) const {
  const auto nodes_u = space_u_.cell_nodes(), nodes_p = space_p_.cell_nodes();
  const std::size_t cells = space_u_.cells().size();
  ElementState<N> element;
  ElementResult<N> result;
  residual.smallest_j = std::numeric_limits<double>::max();
  for (std::size_t batch = 0; batch < geometry_.size(); ++batch) {
    gather_element(batch, state, &previous, element);
    evaluate(tissue_, points_, geometry_[batch], element, at(tension_, batch * points_.size() * lanes), rate, false,
             result);
    for (std::size_t l = 0; l < lanes && batch * lanes + l < cells; ++l) {
      const std::size_t c = batch * lanes + l;
      const double j = result.smallest_j[l];  // a NaN counts as inverted
      residual.smallest_j = std::min(residual.smallest_j, std::isfinite(j) ? j : -1.0);
      for (int a = 0; a < N; ++a)
        for (int i = 0; i < 3; ++i)
          residual.force[3 * static_cast<std::size_t>(nodes_u[N * c + a]) + i] += result.force[a][i][l];
      for (int q = 0; q < 4; ++q) residual.dilation[nodes_p[4 * c + q]] += result.dilation[q][l];
    }
  }
}

template <int N>
void Wall::add_blocks(const WallState& state, const WallState& previous, double rate) {
  const std::size_t cells = space_u_.cells().size();
  double* uu = values_.data();
  double* up = values_.data() + at_up_;
  double* pp = values_.data() + at_pp_;
  ElementState<N> element;
  ElementResult<N> result;
  for (std::size_t batch = 0; batch < geometry_.size(); ++batch) {
    gather_element(batch, state, &previous, element);
    evaluate(tissue_, points_, geometry_[batch], element, at(tension_, batch * points_.size() * lanes), rate, true,
             result);
    Pack compliant{};
    if (!compliance_.empty()) compliant = compliance(element, result, geometry_[batch]);
    for (std::size_t l = 0; l < lanes && batch * lanes + l < cells; ++l) {
      const std::size_t c = batch * lanes + l;
      if (!compliance_.empty()) compliance_[c] = compliant[l];
      int pair = 0;
      for (int b = 0; b < N; ++b)
        for (int a = 0; a <= b; ++a, ++pair) {
          double* block = uu + 9 * static_cast<std::size_t>(cell_uu_[N * N * c + N * a + b]);
          const auto& k = result.stiffness[pair];
          for (int ij = 0; ij < 9; ++ij) block[ij] += k[ij][l];
          if (a == b) continue;
          double* transposed = uu + 9 * static_cast<std::size_t>(cell_uu_[N * N * c + N * b + a]);
          for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j) transposed[3 * j + i] += k[3 * i + j][l];
        }
      for (int a = 0; a < N; ++a)
        for (int q = 0; q < 4; ++q) {
          double* block = up + 3 * static_cast<std::size_t>(cell_up_[4 * N * c + 4 * a + q]);
          for (int i = 0; i < 3; ++i) block[i] += result.coupling[a][q][i][l];
        }
      if (!cell_pp_.empty())
        for (int qs = 0; qs < 16; ++qs) pp[cell_pp_[16 * c + qs]] += result.compliance[qs][l];
    }
  }
}

std::vector<double> Wall::current_positions(const WallState& state) const {
  std::vector<double> position(position_);
  for (std::size_t i = 0; i < position.size(); ++i) position[i] += state.u[i];
  return position;
}

void Wall::add_inertia(const WallState& state, const WallState& previous, double rate, std::span<double> force) const {
  if (!inertia_ || rate == 0) return;
  std::vector<double> a = rates_after(alpha_, state.u, previous.u, previous.rates, 1 / rate).acceleration;
  const double am = alpha_.am();
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = (1 - am) * a[i] + am * previous.rates.acceleration[i];
  inertia_->add_force(a, force);
}

void Wall::finish_step(WallState& state, const WallState& previous, double step) const {
  if (inertia_) state.rates = rates_after(alpha_, state.u, previous.u, previous.rates, step);
}

Residual Wall::residual(const WallState& state, const WallState& previous, double rate, const CavityLaw& law) {
  Residual r;
  r.force.assign(state.u.size(), 0.0);
  r.dilation.assign(state.p.size(), 0.0);
  if (space_u_.order() == 2)
    add_forces<10>(state, previous, rate, r);
  else
    add_forces<4>(state, previous, rate, r);
  add_inertia(state, previous, rate, r.force);
  for (const auto& support : supports_) support.add_force(state.u, previous.u, rate, r.force);
  for (std::size_t i = 0; i < external_.size(); ++i) r.force[i] -= external_[i];

  const std::vector<double> position = current_positions(state);
  const auto cavity = cavity_.evaluate(comm(), position);
  for (std::size_t s = 0; s < cavity_.nodes().size(); ++s)
    for (int i = 0; i < 3; ++i)
      r.force[3 * static_cast<std::size_t>(cavity_.nodes()[s]) + i] -= state.pressure * cavity.load[3 * s + i];
  r.volume = cavity.volume;
  r.cavity = law(cavity.volume, state.pressure).value;

  const auto complete = [](const fem::Vector& ghosted, std::vector<double>& values) {
    {
      fem::LocalArray local(ghosted);
      std::copy(values.begin(), values.end(), local.data());
    }
    fem::Space::add_ghosts(ghosted);
    fem::LocalArray local(ghosted);
    std::copy_n(local.data(), values.size(), values.begin());
  };
  complete(ghost_u_, r.force);
  complete(ghost_p_, r.dilation);
  double force = 0, dilation = 0;
  for (std::size_t i = 0; i < 3 * static_cast<std::size_t>(space_u_.owned()); ++i)
    if (!held_[i]) force += r.force[i] * r.force[i];
  for (std::int32_t i = 0; i < space_p_.owned(); ++i) dilation += r.dilation[i] * r.dilation[i];
  std::vector<double> sums{force, dilation};
  comm().sum(sums);
  r.force_norm = std::sqrt(sums[0]);
  r.dilation_norm = std::sqrt(sums[1]);
  r.smallest_j = comm().min(r.smallest_j);
  r.finite = std::isfinite(sums[0] + sums[1] + r.cavity);
  return r;
}

void Wall::tangent(const WallState& state, const WallState& previous, double rate, const CavityLaw& law) {
  std::fill(values_.begin(), values_.end(), 0.0);
  if (space_u_.order() == 2)
    add_blocks<10>(state, previous, rate);
  else
    add_blocks<4>(state, previous, rate);
  const std::span<double> blocks(values_.data(), at_up_);
  if (inertia_) inertia_->add_stiffness((1 - alpha_.am()) / alpha_.beta() * rate * rate, blocks);
  for (const auto& support : supports_) support.add_stiffness(rate, blocks);
  const std::vector<double> position = current_positions(state);
  cavity_.add_stiffness(position, state.pressure, blocks);
  const auto cavity = cavity_.evaluate(comm(), position);
  const CavityEquation equation = law(cavity.volume, state.pressure);

  for (std::size_t k = 0; k < cavity.load.size(); ++k) {
    values_[at_column_ + k] = -cavity.load[k];
    values_[at_row_ + k] = equation.by_volume * cavity.gradient[k];
  }
  values_[at_corner_] = equation.by_pressure;
  std::fill(values_.begin() + at_held_, values_.end(), 1.0);
  matrix_is_current_ = false;
}

void Wall::right_hand_side(const Residual& residual, Vec b) const {
  double* x = nullptr;
  fem::check(VecGetArray(b, &x), "VecGetArray");
  const std::size_t n = 3 * static_cast<std::size_t>(space_u_.owned());
  for (std::size_t i = 0; i < n; ++i) x[i] = held_[i] ? 0 : -residual.force[i];
  for (std::int32_t i = 0; i < space_p_.owned(); ++i) x[n + i] = -residual.dilation[i];
  if (comm().rank() == comm().size() - 1) x[local_rows_ - 1] = -residual.cavity;
  fem::check(VecRestoreArray(b, &x), "VecRestoreArray");
}

void Wall::add(WallState& state, double alpha, Vec x) const {
  const double* d = nullptr;
  fem::check(VecGetArrayRead(x, &d), "VecGetArrayRead");
  const std::size_t n = 3 * static_cast<std::size_t>(space_u_.owned());
  for (std::size_t i = 0; i < n; ++i) state.u[i] += alpha * d[i];
  for (std::int32_t i = 0; i < space_p_.owned(); ++i) state.p[i] += alpha * d[n + i];
  double cavity = comm().rank() == comm().size() - 1 ? d[local_rows_ - 1] : 0;
  fem::check(VecRestoreArrayRead(x, &d), "VecRestoreArrayRead");
  MPI_Bcast(&cavity, 1, MPI_DOUBLE, comm().size() - 1, comm().get());
  state.pressure += alpha * cavity;
  update_ghosts(state);
}

void Wall::update_ghosts(WallState& state) const {
  const auto pass = [](const fem::Vector& ghosted, std::vector<double>& values) {
    {
      fem::LocalArray local(ghosted);
      std::copy(values.begin(), values.end(), local.data());
    }
    fem::Space::update_ghosts(ghosted);
    fem::LocalArray local(ghosted);
    std::copy_n(local.data(), values.size(), values.begin());
  };
  pass(ghost_u_, state.u);
  pass(ghost_p_, state.p);
}

Wall::Scale Wall::scale(const WallState& state) {
  // Nodal volumes: the dilation of J = 2, which is what the mass of the pressure functions sums to.
  std::vector<double> volume(space_p_.locals(), 0.0), load(position_.size(), 0.0);
  const auto nodes_p = space_p_.cell_nodes();
  for (std::size_t c = 0; c < space_p_.cells().size(); ++c)
    for (std::size_t q = 0; q < points_.size(); ++q)
      for (int a = 0; a < 4; ++a)
        volume[nodes_p[4 * c + a]] += points_[q].lambda[a] * geometry_[c / lanes].at[q].volume[c % lanes];
  double dilation = 0, force = 0;
  for (double v : volume) dilation += v * v;
  const std::vector<double> position = current_positions(state);
  const auto cavity = cavity_.evaluate(comm(), position);
  for (double l : cavity.load) force += l * l;
  std::vector<double> sums{force, dilation};
  comm().sum(sums);
  Scale scale{std::sqrt(sums[0]), std::sqrt(sums[1]), std::abs(cavity.volume)};
  if (!cavity_.exists()) scale.force = std::pow(scale.dilation, 2.0 / 3);
  if (!(scale.cavity > 0)) scale.cavity = 1;
  return scale;
}

double Wall::cavity_volume(const WallState& state) const {
  return cavity_.evaluate(comm(), current_positions(state)).volume;
}

}  // namespace cardiotwin::mechanics
