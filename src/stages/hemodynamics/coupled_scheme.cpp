#include "coupled_scheme.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "backflow.hpp"
#include "dense.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Takes fixed values out of the blocks of a cell: their rows vanish, their columns go to the right.
void take_out_fixed(CoupledCell& cell, const std::array<std::int32_t, 4>& n, const Boundary& boundary) {
  const auto erase = [&](int node, int component, double value) {
    for (int a = 0; a < 4; ++a) {
      double* column = &cell.blocks[4 * a + node][4 * component];
      for (int i = 0; i < 4; ++i) cell.rhs[a][i] -= value * std::exchange(column[i], 0.0);
    }
    for (int b = 0; b < 4; ++b)
      for (int j = 0; j < 4; ++j) cell.blocks[4 * node + b][4 * j + component] = 0;
  };
  for (int a = 0; a < 4; ++a) {
    if (boundary.velocity_fixed[n[a]])
      for (int d = 0; d < 3; ++d) erase(a, d, boundary.velocity[d][n[a]]);
    if (boundary.pressure_fixed[n[a]]) erase(a, 3, boundary.pressure[n[a]]);
  }
}

}  // namespace

CoupledScheme::CoupledScheme(const fem::Space& space, const FluidOptions& options, core::Timers* timers,
                             int picard_iterations)
    : Scheme(space, options, timers),
      picard_iterations_(picard_iterations),
      history_(halo().vectors()),
      iterate_(halo().vectors()),
      convecting_(halo().vectors()),
      stress_{halo().vectors(), halo().vectors(), halo().vectors()},
      iterate_pressure_(halo().scalars()),
      viscosity_(space.cells().size(), options.rheology.infinite),
      mobility_(space.cells().size()),
      matrix_(space, space.cell_nodes(), 4),
      solver_(space.comm(), "hemodynamics_coupled_",
              fmt::format("-ksp_type fgmres -ksp_gmres_restart 50 -ksp_max_it 500 -ksp_divtol 1e9 -ksp_rtol {:g}",
                          options.momentum_tolerance)),
      preconditioner_(mesh_, solver_.ksp()),
      rhs_(space.make_vector(4)),
      solution_(space.make_vector(4)) {}

StepReport CoupledScheme::step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                               const Boundary& boundary) {
  StepReport report;
  move_mesh(positions);
  report.smallest_quality = mesh_.smallest_quality();
  weights_ = bdf2(step, state.previous_step);
  step_ = step;
  find_ports(boundary);
  extrapolate();
  Vectors velocity = iterate_;
  Scalars pressure = iterate_pressure_;
  for (int i = 0; i < picard_iterations_; ++i) {
    iterate_ = velocity;
    iterate_pressure_ = pressure;
    linearise(boundary, mesh_velocity, report);
    const auto timing = timers_.scope("hemodynamics.coupled");
    report.momentum_iterations += solver_.solve(rhs_, solution_);
    report.momentum_iterations += meet_openings(boundary);
    get(solution_, velocity, pressure);
  }
  accept(std::move(velocity), std::move(pressure));
  report.largest_speed = check_velocity();
  report.outflow = outflows(boundary, state.u);
  return report;
}

void CoupledScheme::accept(Vectors velocity, Scalars pressure) {
  state.psi_old = std::move(state.psi);
  state.psi = halo().scalars();
  for (std::size_t n = 0; n < pressure.size(); ++n) state.psi[n] = (pressure[n] - state.p[n]) / weights_.a0;
  state.u_old = std::move(state.u);
  state.u = std::move(velocity);
  state.p = std::move(pressure);
  state.previous_step = step_;
}

/// History, and the first iterate.
void CoupledScheme::extrapolate() {
  const Bdf2& w = weights_;
  for (int d = 0; d < 3; ++d) {
    for (std::size_t n = 0; n < history_[d].size(); ++n) {
      history_[d][n] = w.a1 * state.u[d][n] + w.a2 * state.u_old[d][n];
      iterate_[d][n] = w.e1 * state.u[d][n] + w.e2 * state.u_old[d][n];
    }
  }
  for (std::size_t n = 0; n < iterate_pressure_.size(); ++n)
    iterate_pressure_[n] = state.p[n] - w.a1 * state.psi[n] - w.a2 * state.psi_old[n];
}

/// The linear system about the iterate, and its preconditioner.
void CoupledScheme::linearise(const Boundary& boundary, const Vectors& mesh_velocity, StepReport& report) {
  {
    const auto timing = timers_.scope("hemodynamics.assembly");
    follow_iterate(boundary, mesh_velocity);
    report.courant = mesh_.space().comm().max(assemble(boundary));
  }
  const auto timing = timers_.scope("hemodynamics.factorisation");
  if (!preconditioner_.built()) build_hierarchy(boundary);
  preconditioner_.set_up(matrix_.get(), mobility_);
  solver_.set_matrix(matrix_.get());
}

/// What depends on the iterate, so the guess of the pressures outside too.
void CoupledScheme::follow_iterate(const Boundary& boundary, const Vectors& mesh_velocity) {
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < convecting_[d].size(); ++n) convecting_[d][n] = iterate_[d][n] - mesh_velocity[d][n];
  if (!options_.rheology.newtonian()) {
    for (std::size_t c = 0; c < mesh_.cells(); ++c) {
      const auto [n, shape] = mesh_.cell(c);
      viscosity_[c] = options_.rheology.viscosity(shear_rate(gradient(shape, n, iterate_)));
    }
  }
  project_stress();
  const std::vector<double> outflow = outflows(boundary, iterate_);
  for (std::size_t o = 0; o < ports_.size(); ++o) {
    const Opening& opening = boundary.openings[o];
    if (!ports_[o].follows) continue;
    ports_[o].outside = opening.flux ? mean_pressure(opening) : opening.pressure + opening.resistance * outflow[o];
  }
}

/// The lumped projection of the viscous stress.
void CoupledScheme::project_stress() {
  for (Vectors& row : stress_) set_zero(row);
  const bool symmetric = !options_.rheology.newtonian();
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    const auto du = gradient(shape, n, iterate_);
    const double share = 0.25 * shape.volume * viscosity_[c];
    for (int i = 0; i < 3; ++i) {
      const Vec3 row = symmetric ? du[i] + Vec3{du[0][i], du[1][i], du[2][i]} : du[i];
      for (const std::int32_t node : n) add_to(stress_[i], node, share * row);
    }
  }
  for (Vectors& row : stress_) {
    halo().add(row);
    for (int d = 0; d < 3; ++d)
      for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) row[d][n] /= mesh_.lumped_volume()[n];
    halo().update(row);
  }
}

/// Collective. Mean of the iterate's pressure over an opening.
double CoupledScheme::mean_pressure(const Opening& opening) const {
  const fem::Space& space = mesh_.space();
  std::vector<double> sums(2, 0.0);
  for (std::int32_t t : opening.triangles) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    const double area = norm(vector_area(space, mesh_.positions(), t));
    sums[0] += area / 3 * (iterate_pressure_[n[0]] + iterate_pressure_[n[1]] + iterate_pressure_[n[2]]);
    sums[1] += area;
  }
  space.comm().sum(sums);
  return sums[0] / sums[1];
}

CoupledInput CoupledScheme::input(std::size_t c) const {
  const auto [n, shape] = mesh_.cell(c);
  CoupledInput in;
  for (int a = 0; a < 4; ++a) {
    in.iterate[a] = at(iterate_, n[a]);
    in.convecting[a] = at(convecting_, n[a]);
    in.history[a] = at(history_, n[a]);
  }
  in.pressure_gradient = gradient(shape, n, iterate_pressure_);
  for (int i = 0; i < 3; ++i) {
    in.viscous_force[i] = 0;
    for (int a = 0; a < 4; ++a) in.viscous_force[i] += dot(at(stress_[i], n[a]), shape.gradients[a]);
  }
  return in;
}

CoupledScales CoupledScheme::scales(std::size_t c) const {
  return {options_.density, viscosity_[c], weights_.a0, step_, mass_weight_, !options_.rheology.newtonian()};
}

void CoupledScheme::find_ports(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  const bool fixed = space.comm().any(
      std::any_of(boundary.pressure_fixed.begin(), boundary.pressure_fixed.end(), [](auto f) { return f != 0; }));
  if (!fixed && boundary.openings.empty())
    core::fail_configuration({.where = "flow step",
                              .expected = "an opening, or a pressure that is fixed somewhere",
                              .found = "a closed cavity, whose pressure has no level",
                              .remedy = "leave a surface open, or fix the pressure at a node"});
  ports_.clear();
  for (const Opening& opening : boundary.openings) {
    Port& port = ports_.emplace_back();
    port.load = halo().vectors();
    port.outside = opening.pressure;
    port.follows = opening.flux || opening.resistance > 0;
    for (std::int32_t t : opening.triangles) {
      const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
      for (int a = 0; a < 3; ++a)
        if (!boundary.velocity_fixed[n[a]])
          add_to(port.load, n[a], (1.0 / 3) * vector_area(space, mesh_.positions(), t));
    }
    halo().add(port.load);
  }
  const bool all_given = std::all_of(boundary.openings.begin(), boundary.openings.end(),
                                     [](const Opening& opening) { return opening.flux.has_value(); });
  if (!fixed && all_given) ports_.back().follows = false;
}

/// Collective. Returns the largest Courant number of this rank.
double CoupledScheme::assemble(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  mass_weight_ = options_.density * weights_.a0 * std::cbrt(mesh_.volume() / space.nodes());
  double courant = 0;
  matrix_.begin();
  {
    fem::LocalArray rhs(rhs_);
    std::fill_n(rhs.data(), 4 * static_cast<std::size_t>(space.locals()), 0.0);
    CoupledCell cell;
    for (std::size_t c = 0; c < mesh_.cells(); ++c) {
      const auto [n, shape] = mesh_.cell(c);
      coupled_cell(shape, input(c), scales(c), cell);
      take_out_fixed(cell, n, boundary);
      matrix_.add(c, cell.blocks.front().data());
      for (int a = 0; a < 4; ++a)
        for (int i = 0; i < 4; ++i) rhs[4 * n[a] + i] += cell.rhs[a][i];
      courant = std::max(courant, cell.courant);
      mobility_[c] = mass_weight_ / options_.density * (cell.tau + 1 / (weights_.a0 + 1 / cell.tau));
    }
  }
  fem::Space::add_ghosts(rhs_);
  add_backflow(boundary);
  add_outside_pressures();
  add_fixed_pressures(boundary);
  fix_values(boundary);
  matrix_.finish();
  return courant;
}

void CoupledScheme::add_backflow(const Boundary& boundary) {
  const auto [drag, force] =
      backflow(mesh_, boundary.openings, convecting_, iterate_, options_.backflow * options_.density);
  fem::LocalArray rhs(rhs_);
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    for (int d = 0; d < 3 && !boundary.velocity_fixed[n]; ++d) {
      matrix_.add_diagonal(n, d, drag[n]);
      rhs[4 * n + d] += force[d][n];
    }
  }
}

void CoupledScheme::add_outside_pressures() {
  fem::LocalArray rhs(rhs_);
  for (const Port& port : ports_)
    for (std::int32_t n = 0; n < mesh_.space().owned(); ++n)
      for (int d = 0; d < 3; ++d) rhs[4 * n + d] -= port.outside * port.load[d][n];
}

/// Where the pressure is fixed on the boundary and the velocity is not, that pressure is the traction too. (It does not
/// matter where the velocity is fixed.)
void CoupledScheme::add_fixed_pressures(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  std::vector<std::uint8_t> open(space.triangles().size(), 0);
  for (const Opening& opening : boundary.openings)
    for (const std::int32_t t : opening.triangles) open[t] = 1;
  Vectors force = halo().vectors();
  for (std::size_t t = 0; t < open.size(); ++t) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    const auto& fixed = boundary.pressure_fixed;
    if (open[t] || !fixed[n[0]] || !fixed[n[1]] || !fixed[n[2]]) continue;
    const Vec3 area = vector_area(space, mesh_.positions(), static_cast<std::int32_t>(t));
    const auto& p = boundary.pressure;
    for (int a = 0; a < 3; ++a) add_to(force, n[a], (-(p[n[0]] + p[n[1]] + p[n[2]] + p[n[a]]) / 12) * area);
  }
  halo().add(force);
  fem::LocalArray rhs(rhs_);
  for (std::int32_t n = 0; n < space.owned(); ++n)
    for (int d = 0; d < 3; ++d) rhs[4 * n + d] += force[d][n];
}

/// Rows of fixed values: scale x = scale value, of the size of their neighbours; and the start values of the solver.
void CoupledScheme::fix_values(const Boundary& boundary) {
  fem::LocalArray rhs(rhs_), x(solution_);
  const double density = options_.density;
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    const double volume = mesh_.lumped_volume()[n];
    const auto fix = [&](int component, double scale, double value) {
      matrix_.add_diagonal(n, component, scale);
      rhs[4 * n + component] = scale * value;
      x[4 * n + component] = value;
    };
    for (int d = 0; d < 3; ++d) x[4 * n + d] = iterate_[d][n];
    x[4 * n + 3] = iterate_pressure_[n];
    if (boundary.velocity_fixed[n])
      for (int d = 0; d < 3; ++d) fix(d, density * weights_.a0 * volume, boundary.velocity[d][n]);
    if (boundary.pressure_fixed[n])
      fix(3, mass_weight_ / density / weights_.a0 * std::cbrt(volume), boundary.pressure[n]);
  }
}

void CoupledScheme::build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) {
  move_mesh(positions);
  find_ports(boundary);
  build_hierarchy(boundary);
}

void CoupledScheme::build_hierarchy(const Boundary& boundary) {
  Vectors areas = halo().vectors();
  for (const Port& port : ports_)
    for (int d = 0; d < 3; ++d)
      std::transform(areas[d].begin(), areas[d].end(), port.load[d].begin(), areas[d].begin(), std::plus<>());
  preconditioner_.build(boundary.pressure_fixed, areas);
}

void CoupledScheme::get(Vec solution, Vectors& velocity, Scalars& pressure) const {
  fem::Space::update_ghosts(solution);
  fem::LocalArray x(solution);
  for (std::int32_t n = 0; n < mesh_.space().locals(); ++n) {
    for (int d = 0; d < 3; ++d) velocity[d][n] = x[4 * n + d];
    pressure[n] = x[4 * n + 3];
  }
}

/// Collective.
std::vector<double> CoupledScheme::outflows(const Boundary& boundary, const Vectors& velocity) const {
  std::vector<double> outflow;
  for (const Opening& opening : boundary.openings)
    outflow.push_back(flux(mesh_.space(), mesh_.positions(), opening.triangles, velocity));
  mesh_.space().comm().sum(outflow);
  return outflow;
}

std::vector<double> CoupledScheme::outflows_of(const Boundary& boundary, Vec solution) const {
  Vectors velocity = mesh_.halo().vectors();
  Scalars pressure = mesh_.halo().scalars();
  get(solution, velocity, pressure);
  return outflows(boundary, velocity);
}

/// Collective. Adds to the solution what makes the openings' pressures and flows agree: the answers to a unit of
/// pressure, times what the pressure outside each opening misses. Answers are found roughly first; if what they leave
/// in the equations is then beyond the solver's tolerance, again as exactly as it takes. Returns the iterations.
int CoupledScheme::meet_openings(const Boundary& boundary) {
  std::vector<Answer> answers;
  for (std::size_t o = 0; o < ports_.size(); ++o)
    if (ports_[o].follows) answers.push_back({o, mesh_.space().make_vector(4)});
  if (answers.empty()) return 0;
  PetscReal tolerance = 0, largest = 0;
  fem::check(KSPGetTolerances(solver_.ksp(), &tolerance, nullptr, nullptr, nullptr), "KSPGetTolerances");
  fem::check(VecNorm(rhs_, NORM_2, &largest), "VecNorm");
  largest *= tolerance;
  const std::vector<double> outflow = outflows_of(boundary, solution_);

  constexpr double rough = 1e-2;
  int iterations = 0;
  double left = 0;
  std::vector<double> misses = find_misses(boundary, outflow, answers, rough, iterations, left);
  if (left > largest)
    misses = find_misses(boundary, outflow, answers, std::max(tolerance, rough * largest / left), iterations, left);
  fem::check(KSPSetTolerances(solver_.ksp(), tolerance, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT),
             "KSPSetTolerances");
  for (std::size_t j = 0; j < answers.size(); ++j)
    fem::check(VecAXPY(solution_, -misses[j], answers[j].solution), "VecAXPY");
  return iterations;
}

/// What the pressure outside each opening misses, with answers as exact as `tolerance` says; `left`: what the answers
/// leave in the equations.
std::vector<double> CoupledScheme::find_misses(const Boundary& boundary, std::span<const double> outflow,
                                               std::vector<Answer>& answers, double tolerance, int& iterations,
                                               double& left) {
  const std::size_t count = answers.size();
  std::vector<double> matrix(count * count), misses(count), loads(count);
  fem::check(KSPSetTolerances(solver_.ksp(), tolerance, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT),
             "KSPSetTolerances");
  for (std::size_t j = 0; j < count; ++j) {
    set_unit_pressure(ports_[answers[j].opening]);
    fem::check(VecNorm(rhs_, NORM_2, &loads[j]), "VecNorm");
    iterations += solver_.solve(rhs_, answers[j].solution);
    const std::vector<double> taken = outflows_of(boundary, answers[j].solution);
    for (std::size_t i = 0; i < count; ++i) matrix[i * count + j] = taken[answers[i].opening];
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t o = answers[i].opening;
    const Opening& opening = boundary.openings[o];
    misses[i] = opening.flux ? outflow[o] - *opening.flux
                             : opening.pressure + opening.resistance * outflow[o] - ports_[o].outside;
    if (opening.flux) continue;
    for (std::size_t j = 0; j < count; ++j) matrix[i * count + j] *= opening.resistance;
    matrix[i * count + i] += 1;
  }
  solve_dense(matrix, misses);
  left = 0;
  for (std::size_t j = 0; j < count; ++j) left += tolerance * std::abs(misses[j]) * loads[j];
  return misses;
}

void CoupledScheme::set_unit_pressure(const Port& port) {
  fem::LocalArray rhs(rhs_);
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    for (int d = 0; d < 3; ++d) rhs[4 * n + d] = port.load[d][n];
    rhs[4 * n + 3] = 0;
  }
}

void CoupledScheme::start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                          const Boundary& boundary) {
  state = state_at_rest();
  this->step(1e-3 * step, positions, mesh_velocity, boundary);  // so short that only the impulse counts
  keep_velocity_alone();
}

Vectors CoupledScheme::viscous_force(std::span<const std::uint8_t> wall) {
  Vectors force = halo().vectors();
  CoupledCell cell;
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    if (!(wall[n[0]] || wall[n[1]] || wall[n[2]] || wall[n[3]])) continue;
    coupled_cell(shape, input(c), scales(c), cell);
    // -(div v, p) is replaced by (v, grad p): without what the pressure does on the boundary.
    const Vec3 slope = gradient(shape, n, state.p);
    const double mean = 0.25 * (state.p[n[0]] + state.p[n[1]] + state.p[n[2]] + state.p[n[3]]);
    for (int a = 0; a < 4; ++a) {
      if (!wall[n[a]]) continue;
      Vec3 residual = (-shape.volume) * (0.25 * slope + mean * shape.gradients[a]);
      for (int i = 0; i < 3; ++i) residual[i] += cell.rhs[a][i];
      for (int b = 0; b < 4; ++b) {
        const auto& block = cell.blocks[4 * a + b];
        const std::array<double, 4> x{state.u[0][n[b]], state.u[1][n[b]], state.u[2][n[b]], state.p[n[b]]};
        for (int j = 0; j < 4; ++j)
          for (int i = 0; i < 3; ++i) residual[i] -= block[4 * j + i] * x[j];
      }
      add_to(force, n[a], residual);
    }
  }
  halo().add(force);
  return force;
}

}  // namespace cardiotwin::hemodynamics
