#include "navier_stokes.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "momentum_cell.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// The consistent mass matrix answers to a force at the boundary several times as strongly as the lumped one from which
/// A^2/V comes: with a factor of 1 the split wavers (measured on the idealised ventricle), from 2 on it does not and
/// the flow does not depend on the factor.
constexpr double open_factor = 4;
/// A velocity that no heart reaches: the sign of a diverged step [m/s].
constexpr double speed_limit = 50;

Vec3 at(const Vectors& field, std::size_t n) { return {field[0][n], field[1][n], field[2][n]}; }
void add_to(Vectors& field, std::int32_t n, const Vec3& value) {
  for (int d = 0; d < 3; ++d) field[d][n] += value[d];
}
void set_zero(Vectors& field) {
  for (Scalars& component : field) std::fill(component.begin(), component.end(), 0.0);
}

/// Gradient of a nodal scalar on a tetrahedron.
Vec3 gradient(const fem::AffineCell& shape, const std::array<std::int32_t, 4>& nodes, const Scalars& field) {
  Vec3 sum{};
  for (int a = 0; a < 4; ++a) sum = sum + field[nodes[a]] * shape.gradients[a];
  return sum;
}

/// rows[i][j] = d u_i / d x_j.
std::array<Vec3, 3> gradient(const fem::AffineCell& shape, const std::array<std::int32_t, 4>& nodes,
                             const Vectors& field) {
  return {gradient(shape, nodes, field[0]), gradient(shape, nodes, field[1]), gradient(shape, nodes, field[2])};
}

/// The diagonal entry of rows that hold a fixed value: of the size of its neighbours, so that the matrix stays well
/// scaled for the Krylov solver.
double typical_diagonal(std::span<const double> diagonals) {
  double sum = 0;
  for (double d : diagonals) sum += d;
  return diagonals.empty() ? 1.0 : sum / static_cast<double>(diagonals.size());
}

}  // namespace

double mean_ratio(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  const Vec3 ab = b - a, ac = c - a, ad = d - a, bc = c - b, bd = d - b, cd = d - c;
  const double six_volumes = dot(cross(ab, ac), ad);
  const double squares = dot(ab, ab) + dot(ac, ac) + dot(ad, ad) + dot(bc, bc) + dot(bd, bd) + dot(cd, cd);
  const double root = std::cbrt(0.5 * six_volumes);
  return std::copysign(12 * root * root / squares, six_volumes);
}

NavierStokes::NavierStokes(const fem::Space& space, const FluidOptions& options)
    : space_(space),
      options_(options),
      halo_(space),
      positions_(space.coordinates().begin(), space.coordinates().end()),
      shapes_(space.cells().size()),
      lumped_volume_(halo_.scalars()),
      convecting_(halo_.vectors()),
      history_(halo_.vectors()),
      extrapolated_(halo_.vectors()),
      p_hash_(halo_.scalars()),
      tau_(space.cells().size()),
      momentum_(space, space.cell_nodes(), 4),
      laplacian_(space, space.cell_nodes(), 4),
      momentum_solver_(space.comm(), "hemodynamics_momentum_",
                       fmt::format("-ksp_type bcgs -pc_type jacobi -ksp_max_it 500 -ksp_divtol 1e9 -ksp_rtol {:g}",
                                   options.momentum_tolerance)),
      pressure_solver_(space.comm(), "hemodynamics_pressure_",
                       fmt::format("-ksp_type cg -pc_type gamg -mg_levels_ksp_type richardson -mg_levels_pc_type sor "
                                   "-mg_levels_ksp_max_it 1 -pc_gamg_threshold 0.02 -pc_gamg_aggressive_coarsening 1 "
                                   "-ksp_norm_type unpreconditioned -ksp_max_it 500 -ksp_divtol 1e9 -ksp_rtol {:g}",
                                   options.pressure_tolerance)),
      rhs_(space.make_vector()),
      solution_(space.make_vector()),
      force_(halo_.vectors()),
      pressure_rhs_(halo_.scalars()),
      phi_(halo_.scalars()) {
  state = state_at_rest();
}

FluidState NavierStokes::state_at_rest() const {
  FluidState rest;
  rest.u = rest.u_old = halo_.vectors();
  rest.p = rest.psi = rest.psi_old = halo_.scalars();
  return rest;
}

NavierStokes::Cell NavierStokes::cell(std::size_t c) const {
  const std::int32_t* n = space_.cell_nodes().data() + 4 * c;
  return {{n[0], n[1], n[2], n[3]}, shapes_[c]};
}

/// Shape gradients, nodal volumes; returns the smallest quality of this rank.
double NavierStokes::update_geometry(std::span<const Vec3> positions) {
  std::copy(positions.begin(), positions.end(), positions_.begin());
  std::fill(lumped_volume_.begin(), lumped_volume_.end(), 0.0);
  double smallest = 1;
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    const Vec3 &p0 = positions_[n[0]], &p1 = positions_[n[1]], &p2 = positions_[n[2]], &p3 = positions_[n[3]];
    shapes_[c] = fem::affine_cell(p0, p1, p2, p3);
    smallest = std::min(smallest, mean_ratio(p0, p1, p2, p3));
    for (int a = 0; a < 4; ++a) lumped_volume_[n[a]] += 0.25 * shapes_[c].volume;
  }
  halo_.add(lumped_volume_);
  return smallest;
}

void NavierStokes::prepare_history(const Bdf2& w, const Vectors& mesh_velocity) {
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

/// Returns the largest Courant number of this rank.
double NavierStokes::assemble_momentum(double step, const Boundary& boundary) {
  const MomentumScales scales{options_.density, options_.viscosity, weights_.a0, step};
  set_zero(force_);
  double courant = 0;
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    MomentumInput in;
    for (int a = 0; a < 4; ++a) {
      in.convecting[a] = at(convecting_, n[a]);
      in.history[a] = at(history_, n[a]);
    }
    in.pressure_gradient = gradient(shape, n, p_hash_);
    const MomentumCell out = momentum_cell(shape, in, scales);
    tau_[c] = out.tau;
    courant = std::max(courant, out.courant);
    const auto entries = momentum_.element(c);
    for (int a = 0; a < 4; ++a) {
      const bool fixed = boundary.velocity_fixed[n[a]];
      for (int b = 0; b < 4; ++b) entries[4 * a + b] = fixed ? 0.0 : out.matrix[4 * a + b];
      add_to(force_, n[a], out.rhs[a]);
    }
  }
  add_open_boundary(boundary);
  halo_.add(force_);
  fix_velocity(boundary);
  return courant;
}

/// On open triangles: the boundary integral of p# that makes zero traction natural, and the backflow term
/// beta rho (c.n)_- u v, lumped at the corners (Bazilevs et al., CMAME 198 (2009)).
void NavierStokes::add_open_boundary(const Boundary& boundary) {
  Scalars backflow = halo_.scalars();
  for (std::int32_t t : boundary.open_triangles) {
    const std::int32_t* n = space_.triangle_nodes().data() + 3 * t;
    const Vec3 area = vector_area(space_, positions_, t);
    const double pressure = p_hash_[n[0]] + p_hash_[n[1]] + p_hash_[n[2]];
    for (int a = 0; a < 3; ++a) {
      add_to(force_, n[a], ((pressure + p_hash_[n[a]]) / 12) * area);
      backflow[n[a]] += options_.backflow * options_.density / 3 * std::max(0.0, -dot(at(convecting_, n[a]), area));
    }
  }
  halo_.add(backflow);
  const auto diagonal = momentum_.diagonal();
  std::copy_n(backflow.begin(), diagonal.size(), diagonal.begin());
}

/// Rows of fixed velocities: scale u = scale value.
void NavierStokes::fix_velocity(const Boundary& boundary) {
  const double scale = options_.density * weights_.a0 *
                       typical_diagonal({lumped_volume_.data(), static_cast<std::size_t>(space_.owned())});
  const auto diagonal = momentum_.diagonal();
  for (std::size_t n = 0; n < diagonal.size(); ++n) {
    if (!boundary.velocity_fixed[n]) continue;
    diagonal[n] = scale;
    for (int d = 0; d < 3; ++d) force_[d][n] = scale * boundary.velocity[d][n];
  }
}

/// `field` holds start values and, on return, the solution. Returns the most iterations of a component.
int NavierStokes::solve_components(const Vectors& load, Vectors& field) {
  int iterations = 0;
  for (int d = 0; d < 3; ++d) {
    std::copy_n(load[d].begin(), space_.owned(), fem::LocalArray(rhs_).data());
    std::copy_n(field[d].begin(), space_.owned(), fem::LocalArray(solution_).data());
    iterations = std::max(iterations, momentum_solver_.solve(rhs_, solution_));
    std::copy_n(fem::LocalArray(solution_).data(), space_.owned(), field[d].begin());
  }
  halo_.update(field);
  return iterations;
}

int NavierStokes::solve_momentum(const Boundary& boundary) {
  momentum_.assemble();
  momentum_solver_.set_matrix(momentum_.get());
  state.u_old = std::move(state.u);
  state.u = extrapolated_;
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < boundary.velocity_fixed.size(); ++n)
      if (boundary.velocity_fixed[n]) state.u[d][n] = boundary.velocity[d][n];
  const int iterations = solve_components(force_, state.u);
  if (boundary.open_flux) meet_flux(boundary);
  return iterations;
}

/// Adds the answer of the momentum equation to a pressure behind the open boundary that makes the flux what it has to
/// be: the Lagrange multiplier of Formaggia, Gerbeau, Nobile, Quarteroni, SIAM J. Numer. Anal. 40 (2002).
void NavierStokes::meet_flux(const Boundary& boundary) {
  Vectors push = halo_.vectors();
  for (std::int32_t t : boundary.open_triangles) {
    const std::int32_t* n = space_.triangle_nodes().data() + 3 * t;
    for (int a = 0; a < 3; ++a) add_to(push, n[a], (1.0 / 3) * vector_area(space_, positions_, t));
  }
  halo_.add(push);
  for (Scalars& component : push)
    for (std::int32_t n = 0; n < space_.owned(); ++n)
      if (boundary.velocity_fixed[n]) component[n] = 0;
  Vectors answer = halo_.vectors();
  solve_components(push, answer);
  std::vector<double> flux{hemodynamics::flux(space_, positions_, boundary.open_triangles, state.u),
                           hemodynamics::flux(space_, positions_, boundary.open_triangles, answer)};
  space_.comm().sum(flux);
  const double pressure = (*boundary.open_flux - flux[0]) / flux[1];
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < answer[d].size(); ++n) state.u[d][n] += pressure * answer[d][n];
}

/// (grad phi, grad q), and a multiple of A^2/V at nodes of the open boundary (A the node's area, V its volume): what a
/// pressure there does to the outflow through the lumped momentum equation. So the mass balance is tested at these
/// nodes too.
void NavierStokes::assemble_laplacian(const Boundary& boundary) {
  const auto& fixed = boundary.pressure_fixed;
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    const auto entries = laplacian_.element(c);
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b)
        entries[4 * a + b] =
            fixed[n[a]] || fixed[n[b]] ? 0.0 : shape.volume * dot(shape.gradients[a], shape.gradients[b]);
  }
  Vectors area = halo_.vectors();
  for (std::int32_t t : boundary.open_triangles) {
    const std::int32_t* n = space_.triangle_nodes().data() + 3 * t;
    for (int a = 0; a < 3; ++a)
      if (!boundary.velocity_fixed[n[a]]) add_to(area, n[a], (1.0 / 3) * vector_area(space_, positions_, t));
  }
  halo_.add(area);
  const double scale = std::cbrt(typical_diagonal({lumped_volume_.data(), static_cast<std::size_t>(space_.owned())}));
  const auto diagonal = laplacian_.diagonal();
  for (std::size_t n = 0; n < diagonal.size(); ++n)
    diagonal[n] = fixed[n] ? scale : open_factor * dot(at(area, n), at(area, n)) / lumped_volume_[n];
  laplacian_.assemble();
}

/// (grad phi, grad q) = -(q, rho a0 div u) - s (grad p^n - Pi grad p^n, grad q), fixed values moved to the right.
void NavierStokes::assemble_pressure_rhs(const Boundary& boundary) {
  Vectors projected = halo_.vectors();  // Pi grad p^n, lumped
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    const Vec3 share = (0.25 * shape.volume) * gradient(shape, n, state.p);
    for (std::int32_t node : n) add_to(projected, node, share);
  }
  halo_.add(projected);
  for (int d = 0; d < 3; ++d)
    for (std::int32_t n = 0; n < space_.owned(); ++n) projected[d][n] /= lumped_volume_[n];
  halo_.update(projected);

  for (std::size_t n = 0; n < phi_.size(); ++n)
    phi_[n] = boundary.pressure_fixed[n] ? boundary.pressure[n] - state.p[n] : 0.0;
  std::fill(pressure_rhs_.begin(), pressure_rhs_.end(), 0.0);
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    const auto du = gradient(shape, n, state.u);
    const double source = 0.25 * shape.volume * options_.density * weights_.a0 * (du[0][0] + du[1][1] + du[2][2]);
    const double s = std::min(1.0, weights_.a0 * tau_[c]);
    const Vec3 mean = 0.25 * (at(projected, n[0]) + at(projected, n[1]) + at(projected, n[2]) + at(projected, n[3]));
    const Vec3 rough = s * (gradient(shape, n, state.p) - mean) + gradient(shape, n, phi_);
    for (int a = 0; a < 4; ++a) pressure_rhs_[n[a]] -= source + shape.volume * dot(rough, shape.gradients[a]);
  }
  halo_.add(pressure_rhs_);
}

int NavierStokes::solve_pressure(const Boundary& boundary) {
  pressure_solver_.set_matrix(laplacian_.get());
  const auto diagonal = laplacian_.diagonal();
  {
    fem::LocalArray rhs(rhs_), x(solution_);
    for (std::int32_t n = 0; n < space_.owned(); ++n) {
      const bool fixed = boundary.pressure_fixed[n];
      rhs[n] = fixed ? diagonal[n] * phi_[n] : pressure_rhs_[n];
      x[n] = fixed ? phi_[n] : weights_.a0 * (weights_.e1 * state.psi[n] + weights_.e2 * state.psi_old[n]);
    }
  }
  const int iterations = pressure_solver_.solve(rhs_, solution_);
  std::copy_n(fem::LocalArray(solution_).data(), space_.owned(), phi_.begin());
  halo_.update(phi_);
  state.psi_old = state.psi;
  for (std::size_t n = 0; n < phi_.size(); ++n) {
    state.p[n] += phi_[n];
    state.psi[n] = phi_[n] / weights_.a0;
  }
  return iterations;
}

/// Collective. Largest speed; throws when the velocity left all bounds.
double NavierStokes::check_velocity() const {
  double largest = 0;
  for (std::int32_t n = 0; n < space_.owned(); ++n) {
    const double speed = norm(at(state.u, n));
    largest = std::isfinite(speed) ? std::max(largest, speed) : 1e300;
  }
  largest = space_.comm().max(largest);
  if (largest > speed_limit)
    core::fail_numerical(
        {.where = "flow step",
         .expected = fmt::format("velocities below {:g} m/s", speed_limit),
         .found = largest < 1e300 ? fmt::format("{:.3g} m/s", largest) : "a velocity that is not finite",
         .remedy = "reduce hemodynamics.time_step_ms"});
  return largest;
}

StepReport NavierStokes::step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                              const Boundary& boundary) {
  StepReport report;
  report.smallest_quality = space_.comm().min(update_geometry(positions));
  if (!(report.smallest_quality > 0))
    core::fail_numerical({.where = "moving mesh of the blood",
                          .expected = "every tetrahedron with a positive volume",
                          .found = fmt::format("an inverted one (quality {:.3g})", report.smallest_quality),
                          .remedy = "raise hemodynamics.mesh_stiffening, or make the blood mesh coarser or better"});
  weights_ = bdf2(step, state.previous_step);
  step_ = step;
  prepare_history(weights_, mesh_velocity);
  report.courant = space_.comm().max(assemble_momentum(step, boundary));
  report.momentum_iterations = solve_momentum(boundary);
  report.largest_speed = check_velocity();
  assemble_laplacian(boundary);
  assemble_pressure_rhs(boundary);
  report.pressure_iterations = solve_pressure(boundary);
  state.previous_step = step;
  return report;
}

void NavierStokes::build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) {
  update_geometry(positions);
  assemble_laplacian(boundary);
  pressure_solver_.keep_preconditioner(false);
  pressure_solver_.set_matrix(laplacian_.get());
  pressure_solver_.set_up();
  pressure_solver_.keep_preconditioner(true);
}

void NavierStokes::start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                         const Boundary& boundary) {
  // So short a step that only the impulse counts; the pressure is that impulse over the step, found by iterating the
  // split until the momentum equation and incompressibility agree.
  constexpr int iterations = 12;
  const double instant = 1e-3 * step;
  Scalars impulse = halo_.scalars();
  for (int i = 0; i < iterations; ++i) {
    state = state_at_rest();
    state.p = impulse;
    this->step(instant, positions, mesh_velocity, boundary);
    impulse = state.p;
  }
  Vectors velocity = std::move(state.u);
  state = state_at_rest();
  state.u = velocity;
  state.u_old = std::move(velocity);
}

Vectors NavierStokes::viscous_force(std::span<const std::uint8_t> wall) {
  const MomentumScales scales{options_.density, options_.viscosity, weights_.a0, step_};
  Vectors force = halo_.vectors();
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    if (!(wall[n[0]] || wall[n[1]] || wall[n[2]] || wall[n[3]])) continue;
    MomentumInput in;
    for (int a = 0; a < 4; ++a) {
      in.convecting[a] = at(convecting_, n[a]);
      in.history[a] = at(history_, n[a]);
    }
    in.pressure_gradient = gradient(shape, n, p_hash_);
    const MomentumCell out = momentum_cell(shape, in, scales);
    for (int a = 0; a < 4; ++a) {
      if (!wall[n[a]]) continue;
      Vec3 residual = out.rhs[a];
      for (int b = 0; b < 4; ++b) residual = residual - out.matrix[4 * a + b] * at(state.u, n[b]);
      add_to(force, n[a], residual);
    }
  }
  halo_.add(force);
  return force;
}

double NavierStokes::volume() const {
  double sum = 0;
  for (const fem::AffineCell& shape : shapes_) sum += shape.volume;
  return sum;
}

double NavierStokes::kinetic_energy() const {
  double sum = 0;
  for (std::int32_t n = 0; n < space_.owned(); ++n)
    sum += 0.5 * options_.density * lumped_volume_[n] * dot(at(state.u, n), at(state.u, n));
  return sum;
}

}  // namespace cardiotwin::hemodynamics
