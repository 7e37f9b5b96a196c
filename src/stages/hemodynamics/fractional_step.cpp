#include "fractional_step.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "backflow.hpp"
#include "dense.hpp"
#include "pressure_laplacian.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Increments of the pressure from which the next is guessed.
constexpr std::size_t remembered_pressures = 8;

}  // namespace

FractionalStep::FractionalStep(const fem::Space& space, const FluidOptions& options, core::Timers* timers)
    : Scheme(space, options, timers),
      convecting_(halo().vectors()),
      history_(halo().vectors()),
      extrapolated_(halo().vectors()),
      before_(halo().vectors()),
      p_hash_(halo().scalars()),
      tau_(space.cells().size()),
      viscosity_(space.cells().size(), options.rheology.infinite),
      momentum_(space, space.cell_nodes(), 4),
      laplacian_(space, space.cell_nodes(), 4),
      momentum_solver_(halo(), options.momentum_tolerance, options.momentum_iterations),
      pressure_solver_(space.comm(), "hemodynamics_pressure_",
                       fmt::format("-ksp_type cg {} -ksp_norm_type unpreconditioned -ksp_max_it 500 -ksp_divtol 1e9 "
                                   "-ksp_rtol {:g}",
                                   laplacian_multigrid, options.pressure_tolerance)),
      guess_(halo(), remembered_pressures),
      rhs_(space.make_vector()),
      solution_(space.make_vector()),
      force_(halo().vectors()),
      projected_(halo().vectors()),
      pressure_rhs_(halo().scalars()),
      phi_(halo().scalars()) {}

StepReport FractionalStep::step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                                const Boundary& boundary) {
  StepReport report;
  move_mesh(positions);
  report.smallest_quality = mesh_.smallest_quality();
  weights_ = bdf2(step, state.previous_step);
  step_ = step;
  {
    const auto timing = timers_.scope("hemodynamics.assembly");
    prepare_history(mesh_velocity);
    update_viscosity();
    report.courant = mesh_.space().comm().max(assemble_momentum(boundary));
  }
  {
    const auto timing = timers_.scope("hemodynamics.momentum");
    report.momentum_iterations = solve_momentum(boundary);
    report.largest_speed = check_velocity();
  }
  {
    const auto timing = timers_.scope("hemodynamics.pressure_assembly");
    assemble_laplacian(boundary);
    set_fixed_increments(boundary);
    assemble_pressure_rhs();
  }
  const auto timing = timers_.scope("hemodynamics.pressure");
  report.pressure_iterations = solve_pressure(boundary, report.outflow);
  state.previous_step = step;
  return report;
}

void FractionalStep::prepare_history(const Vectors& mesh_velocity) {
  before_ = state.u;
  const Bdf2& w = weights_;
  for (int d = 0; d < 3; ++d) {
    for (std::size_t n = 0; n < convecting_[d].size(); ++n) {
      const double now = state.u[d][n], old = state.u_old[d][n];
      extrapolated_[d][n] = w.e1 * now + w.e2 * old;
      convecting_[d][n] = extrapolated_[d][n] - mesh_velocity[d][n];
      history_[d][n] = w.a1 * now + w.a2 * old;
    }
  }
  for (std::size_t n = 0; n < p_hash_.size(); ++n)
    p_hash_[n] = state.p[n] - w.a1 * state.psi[n] - w.a2 * state.psi_old[n];
}

void FractionalStep::update_viscosity() {
  if (options_.rheology.newtonian()) return;
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    viscosity_[c] = options_.rheology.viscosity(shear_rate(gradient(shape, n, extrapolated_)));
  }
}

/// Returns the largest Courant number of this rank.
double FractionalStep::assemble_momentum(const Boundary& boundary) {
  set_zero(force_);
  momentum_.begin();
  double courant = 0;
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    MomentumCell out = momentum_of(c);
    tau_[c] = out.tau;
    courant = std::max(courant, out.courant);
    for (int a = 0; a < 4; ++a) {
      if (boundary.velocity_fixed[n[a]]) std::fill_n(out.matrix.begin() + 4 * a, 4, 0.0);
      add_to(force_, n[a], out.rhs[a]);
    }
    momentum_.add(c, out.matrix.data());
  }
  add_openings(boundary);
  fix_velocity(boundary);
  momentum_.finish();
  return courant;
}

/// The momentum equation on one cell, with what varying viscosity adds to its right-hand side.
MomentumCell FractionalStep::momentum_of(std::size_t c) const {
  const auto [n, shape] = mesh_.cell(c);
  MomentumInput in;
  for (int a = 0; a < 4; ++a) {
    in.convecting[a] = at(convecting_, n[a]);
    in.history[a] = at(history_, n[a]);
  }
  in.pressure_gradient = gradient(shape, n, p_hash_);
  MomentumCell out = momentum_cell(shape, in, {options_.density, viscosity_[c], weights_.a0, step_});
  if (!options_.rheology.newtonian()) {
    const auto du = gradient(shape, n, before_);
    for (int a = 0; a < 4; ++a)
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) out.rhs[a][i] -= viscosity_[c] * shape.volume * du[j][i] * shape.gradients[a][j];
  }
  return out;
}

/// The backflow term, and, where the pressure is not fixed, the boundary integral of p# that makes zero traction
/// natural.
void FractionalStep::add_openings(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  for (const Opening& opening : boundary.openings) {
    if (!opening.flux) continue;
    for (std::int32_t t : opening.triangles) {
      const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
      const Vec3 area = vector_area(space, mesh_.positions(), t);
      const double pressure = p_hash_[n[0]] + p_hash_[n[1]] + p_hash_[n[2]];
      for (int a = 0; a < 3; ++a) add_to(force_, n[a], ((pressure + p_hash_[n[a]]) / 12) * area);
    }
  }
  halo().add(force_);
  const Backflow back =
      backflow(mesh_, boundary.openings, convecting_, extrapolated_, options_.backflow * options_.density);
  for (std::int32_t n = 0; n < space.owned(); ++n) {
    if (boundary.velocity_fixed[n]) continue;
    momentum_.add_diagonal(n, 0, back.drag[n]);
    add_to(force_, n, at(back.force, n));
  }
}

/// Rows of fixed velocities: scale u = scale value.
void FractionalStep::fix_velocity(const Boundary& boundary) {
  const auto owned = static_cast<std::size_t>(mesh_.space().owned());
  const double scale = options_.density * weights_.a0 * typical_diagonal({mesh_.lumped_volume().data(), owned});
  for (std::int32_t n = 0; n < mesh_.space().owned(); ++n) {
    if (!boundary.velocity_fixed[n]) continue;
    momentum_.add_diagonal(n, 0, scale);
    for (int d = 0; d < 3; ++d) force_[d][n] = scale * boundary.velocity[d][n];
  }
}

int FractionalStep::solve_momentum(const Boundary& boundary) {
  state.u_old = std::move(state.u);
  state.u = extrapolated_;
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < boundary.velocity_fixed.size(); ++n)
      if (boundary.velocity_fixed[n]) state.u[d][n] = boundary.velocity[d][n];
  const int iterations = momentum_solver_.solve(momentum_.get(), force_, state.u);
  for (const Opening& opening : boundary.openings)
    if (opening.flux) meet_flux(boundary, opening);
  return iterations;
}

/// Adds the answer of the momentum equation to a pressure behind the opening that makes the flux what it has to be: the
/// Lagrange multiplier of Formaggia, Gerbeau, Nobile, Quarteroni, SIAM J. Numer. Anal. 40 (2002).
void FractionalStep::meet_flux(const Boundary& boundary, const Opening& opening) {
  const fem::Space& space = mesh_.space();
  Vectors push = halo().vectors();
  for (std::int32_t t : opening.triangles) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    for (int a = 0; a < 3; ++a) add_to(push, n[a], (1.0 / 3) * vector_area(space, mesh_.positions(), t));
  }
  halo().add(push);
  for (Scalars& component : push)
    for (std::int32_t n = 0; n < space.owned(); ++n)
      if (boundary.velocity_fixed[n]) component[n] = 0;
  Vectors answer = halo().vectors();
  momentum_solver_.solve(momentum_.get(), push, answer);
  std::vector<double> out{flux(space, mesh_.positions(), opening.triangles, state.u),
                          flux(space, mesh_.positions(), opening.triangles, answer)};
  space.comm().sum(out);
  const double pressure = (*opening.flux - out[0]) / out[1];
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < answer[d].size(); ++n) state.u[d][n] += pressure * answer[d][n];
}

/// What the Poisson equation was set up for last: nodes and openings of the same kinds.
bool FractionalStep::same_layout(const Boundary& boundary) const {
  if (boundary.openings.size() != opening_triangles_.size() || boundary.velocity_fixed != velocity_fixed_) return false;
  for (std::size_t o = 0; o < opening_triangles_.size(); ++o)
    if (opening_triangles_[o] != boundary.openings[o].triangles ||
        ports_[o].nodes.empty() != boundary.openings[o].flux.has_value())
      return false;
  auto fixed = boundary.pressure_fixed;
  for (const Port& port : ports_)
    for (std::size_t n = 0; n < port.nodes.size(); ++n) fixed[n] |= port.nodes[n];
  return fixed == pressure_fixed_;
}

/// Collective.
void FractionalStep::set_layout(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  velocity_fixed_ = boundary.velocity_fixed;
  pressure_fixed_ = boundary.pressure_fixed;
  opening_triangles_.clear();
  ports_.clear();
  for (const Opening& opening : boundary.openings) {
    opening_triangles_.push_back(opening.triangles);
    Port& port = ports_.emplace_back();
    if (opening.flux) continue;
    Scalars marks = halo().scalars();
    for (std::int32_t t : opening.triangles)
      for (int a = 0; a < 3; ++a) marks[space.triangle_nodes()[3 * t + a]] = 1;
    halo().add(marks);
    halo().update(marks);
    port.nodes.assign(marks.size(), 0);
    for (std::size_t n = 0; n < marks.size(); ++n)
      if (marks[n] > 0) port.nodes[n] = pressure_fixed_[n] = 1;
    for (std::size_t c = 0; c < mesh_.cells(); ++c)
      for (std::int32_t n : mesh_.cell(c).nodes)
        if (port.nodes[n]) {
          port.cells.push_back(static_cast<std::int32_t>(c));
          break;
        }
  }
  laplacian_revision_ = -1;
  guess_.forget();
}

/// Collective; nothing is done while mesh and layout are the same. At openings with a given flux the pressure is free,
/// so the mass balance is tested at their nodes too.
void FractionalStep::assemble_laplacian(const Boundary& boundary) {
  const fem::Space& space = mesh_.space();
  if (space.comm().any(!same_layout(boundary))) set_layout(boundary);
  if (laplacian_revision_ == mesh_.revision()) return;
  laplacian_revision_ = mesh_.revision();
  ++laplacian_number_;
  for (Port& port : ports_) port.influence.clear();
  Vectors area = halo().vectors();
  for (const Opening& opening : boundary.openings) {
    if (!opening.flux) continue;
    for (std::int32_t t : opening.triangles) {
      const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
      for (int a = 0; a < 3; ++a)
        if (!boundary.velocity_fixed[n[a]]) add_to(area, n[a], (1.0 / 3) * vector_area(space, mesh_.positions(), t));
    }
  }
  halo().add(area);
  laplacian_scale_ = assemble_pressure_laplacian(mesh_, pressure_fixed_, area, laplacian_);
}

/// phi where it is fixed: what brings p to its value there, with openings as if nothing flowed through them.
void FractionalStep::set_fixed_increments(const Boundary& boundary) {
  for (std::size_t n = 0; n < phi_.size(); ++n)
    phi_[n] = boundary.pressure_fixed[n] ? boundary.pressure[n] - state.p[n] : 0.0;
  for (std::size_t o = 0; o < ports_.size(); ++o)
    for (std::size_t n = 0; n < ports_[o].nodes.size(); ++n)
      if (ports_[o].nodes[n]) phi_[n] = boundary.openings[o].pressure - state.p[n];
}

/// Of cell c with q each of its nodes: (q, rho a0 div u) + s (grad p^n - Pi grad p^n, grad q).
std::array<double, 4> FractionalStep::cell_balances(std::size_t c) const {
  const auto [n, shape] = mesh_.cell(c);
  const auto du = gradient(shape, n, state.u);
  const double source = 0.25 * shape.volume * options_.density * weights_.a0 * (du[0][0] + du[1][1] + du[2][2]);
  const double s = std::min(1.0, weights_.a0 * tau_[c]) * shape.volume;
  const Vec3 mean = 0.25 * (at(projected_, n[0]) + at(projected_, n[1]) + at(projected_, n[2]) + at(projected_, n[3]));
  const Vec3 rough = s * (gradient(shape, n, state.p) - mean);
  std::array<double, 4> balance;
  for (int a = 0; a < 4; ++a) balance[a] = source + dot(rough, shape.gradients[a]);
  return balance;
}

/// (grad phi, grad q) = -(q, rho a0 div u) - s (grad p^n - Pi grad p^n, grad q), fixed values moved to the right.
void FractionalStep::assemble_pressure_rhs() {
  const std::int32_t owned = mesh_.space().owned();
  set_zero(projected_);
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    const Vec3 share = (0.25 * shape.volume) * gradient(shape, n, state.p);
    for (std::int32_t node : n) add_to(projected_, node, share);
  }
  halo().add(projected_);
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < owned; ++n) projected_[d][n] /= mesh_.lumped_volume()[n];
  halo().update(projected_);

  std::fill(pressure_rhs_.begin(), pressure_rhs_.end(), 0.0);
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto [n, shape] = mesh_.cell(c);
    const auto balance = cell_balances(c);
    const Vec3 given = shape.volume * gradient(shape, n, phi_);
    for (int a = 0; a < 4; ++a) pressure_rhs_[n[a]] -= balance[a] + dot(given, shape.gradients[a]);
  }
  halo().add(pressure_rhs_);
}

/// Collective. `field` holds the fixed values and start values; on return the solution, ghosts too.
int FractionalStep::solve_poisson(const Scalars& load, Scalars& field) {
  const std::int32_t owned = mesh_.space().owned();
  pressure_solver_.set_matrix(laplacian_.get());
  {
    fem::LocalArray rhs(rhs_), x(solution_);
    for (std::int32_t n = 0; n < owned; ++n) {
      rhs[n] = pressure_fixed_[n] ? laplacian_scale_ * field[n] : load[n];
      x[n] = field[n];
    }
  }
  const int iterations = pressure_solver_.solve(rhs_, solution_);
  std::copy_n(fem::LocalArray(solution_).data(), owned, field.begin());
  halo().update(field);
  return iterations;
}

/// This rank's part of the sum over the port's nodes of (grad field, grad q).
double FractionalStep::reaction(const Port& port, const Scalars& field) const {
  double sum = 0;
  for (const std::int32_t c : port.cells) {
    const auto [n, shape] = mesh_.cell(c);
    const Vec3 slope = shape.volume * gradient(shape, n, field);
    for (int a = 0; a < 4; ++a)
      if (port.nodes[n[a]]) sum += dot(slope, shape.gradients[a]);
  }
  return sum;
}

/// This rank's part of rho a0 (Q~_o - Q_o).
double FractionalStep::balance_residual(const Port& port) const {
  double sum = reaction(port, phi_);
  for (const std::int32_t c : port.cells) {
    const auto balance = cell_balances(c);
    for (int a = 0; a < 4; ++a)
      if (port.nodes[mesh_.cell(c).nodes[a]]) sum += balance[a];
  }
  return sum;
}

/// Harmonic fields of the openings, 1 on their own nodes.
void FractionalStep::find_influences() {
  for (Port& port : ports_) {
    if (port.nodes.empty()) continue;
    if (!port.influence.empty()) return;
    port.influence.assign(port.nodes.begin(), port.nodes.end());
    Scalars load = halo().scalars();
    for (std::size_t c = 0; c < mesh_.cells(); ++c) {
      const auto [n, shape] = mesh_.cell(c);
      const Vec3 given = shape.volume * gradient(shape, n, port.influence);
      for (int a = 0; a < 4; ++a) load[n[a]] -= dot(given, shape.gradients[a]);
    }
    halo().add(load);
    solve_poisson(load, port.influence);
  }
}

/// Collective. Outflows; where an opening resists, phi gets its answer to them.
void FractionalStep::meet_resistances(const Boundary& boundary, std::vector<double>& outflow) {
  const std::size_t count = ports_.size();
  const double inertia = options_.density * weights_.a0;
  outflow.assign(count, 0.0);
  bool resists = false;
  for (std::size_t o = 0; o < count; ++o) {
    const Opening& opening = boundary.openings[o];
    outflow[o] = flux(mesh_.space(), mesh_.positions(), opening.triangles, state.u);
    if (opening.flux) continue;
    outflow[o] -= balance_residual(ports_[o]) / inertia;
    resists = resists || opening.resistance > 0;
  }
  mesh_.space().comm().sum(outflow);
  if (!resists) return;
  find_influences();
  // (I + K R / inertia) Q = Q at P without flow, K_po = reaction at p to a unit pressure at o
  std::vector<double> matrix(count * count, 0.0);
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t o = 0; o < count; ++o)
      if (!ports_[p].nodes.empty() && !ports_[o].nodes.empty())
        matrix[p * count + o] = reaction(ports_[p], ports_[o].influence) * boundary.openings[o].resistance / inertia;
  mesh_.space().comm().sum(matrix);
  for (std::size_t p = 0; p < count; ++p) matrix[p * count + p] += 1;
  solve_dense(matrix, outflow);
  for (std::size_t o = 0; o < count; ++o) {
    const double rise = boundary.openings[o].resistance * outflow[o];
    for (std::size_t n = 0; n < ports_[o].influence.size(); ++n) phi_[n] += rise * ports_[o].influence[n];
  }
}

int FractionalStep::solve_pressure(const Boundary& boundary, std::vector<double>& outflow) {
  const Bdf2& w = weights_;
  guess_.set(laplacian_.get(), laplacian_number_, pressure_rhs_, pressure_fixed_, phi_);
  const int iterations = solve_poisson(pressure_rhs_, phi_);
  guess_.remember(phi_, pressure_fixed_);
  meet_resistances(boundary, outflow);
  state.psi_old = state.psi;
  for (std::size_t n = 0; n < phi_.size(); ++n) {
    state.p[n] += phi_[n];
    state.psi[n] = phi_[n] / w.a0;
  }
  return iterations;
}

void FractionalStep::build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) {
  move_mesh(positions);
  assemble_laplacian(boundary);
  pressure_solver_.keep_preconditioner(false);
  pressure_solver_.set_matrix(laplacian_.get());
  pressure_solver_.set_up();
  pressure_solver_.keep_preconditioner(true);
}

void FractionalStep::start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                           const Boundary& boundary) {
  // So short a step that only the impulse counts; the pressure is that impulse over the step, found by iterating the
  // split until the momentum equation and incompressibility agree.
  constexpr int iterations = 12;
  const double instant = 1e-3 * step;
  Scalars impulse = halo().scalars();
  for (int i = 0; i < iterations; ++i) {
    state = state_at_rest();
    state.p = impulse;
    this->step(instant, positions, mesh_velocity, boundary);
    impulse = state.p;
  }
  keep_velocity_alone();
}

Vectors FractionalStep::viscous_force(std::span<const std::uint8_t> wall) {
  Vectors force = halo().vectors();
  for (std::size_t c = 0; c < mesh_.cells(); ++c) {
    const auto n = mesh_.cell(c).nodes;
    if (!(wall[n[0]] || wall[n[1]] || wall[n[2]] || wall[n[3]])) continue;
    const MomentumCell out = momentum_of(c);
    for (int a = 0; a < 4; ++a) {
      if (!wall[n[a]]) continue;
      Vec3 residual = out.rhs[a];
      for (int b = 0; b < 4; ++b) residual = residual - out.matrix[4 * a + b] * at(state.u, n[b]);
      add_to(force, n[a], residual);
    }
  }
  halo().add(force);
  return force;
}

}  // namespace cardiotwin::hemodynamics
