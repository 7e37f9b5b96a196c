#pragma once
/// A box whose boundary values are all known: the common part of the tests of the flow solver.

#include <cmath>
#include <functional>

#include "bdf2.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "make_scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

using VelocityField = std::function<Vec3(const Vec3& x, double t)>;
using PressureField = std::function<double(const Vec3& x, double t)>;
using Displaced = std::function<Vec3(const Vec3& reference, double t)>;

inline Vec3 at_rest(const Vec3& reference, double) { return reference; }

/// Steps a scheme on a moving box with exact boundary values, and measures errors.
class BoxFlow {
 public:
  BoxFlow(const mesh::TetMesh& mesh, const FluidOptions& options, VelocityField u, PressureField p, Displaced motion,
          SchemeKind kind = SchemeKind::fractional_step)
      : space(core::Comm(), mesh, 1),
        scheme(make_scheme(kind, space, options, nullptr)),
        solver(*scheme),
        u_(u),
        p_(p),
        motion_(motion) {
    boundary.velocity_fixed.assign(space.locals(), 0);
    boundary.pressure_fixed.assign(space.locals(), 0);
    boundary.velocity = solver.halo().vectors();
    boundary.pressure = solver.halo().scalars();
  }

  /// Nodes (at reference positions) where the exact solution is imposed.
  template <class Where>
  void fix_velocity(Where where) {
    for (std::int32_t n = 0; n < space.locals(); ++n)
      if (where(space.coordinates()[n])) boundary.velocity_fixed[n] = 1;
  }
  template <class Where>
  void fix_pressure(Where where) {
    for (std::int32_t n = 0; n < space.locals(); ++n)
      if (where(space.coordinates()[n])) boundary.pressure_fixed[n] = 1;
  }
  /// Local triangles with one of these tags.
  std::vector<std::int32_t> triangles(const mesh::TetMesh& mesh, std::int32_t tag) const {
    std::vector<std::int32_t> found;
    for (std::size_t t = 0; t < space.triangles().size(); ++t)
      if (mesh.surface[space.triangles()[t]] == tag) found.push_back(static_cast<std::int32_t>(t));
    return found;
  }

  /// Exact history at t = 0.
  void start(double step) {
    const Bdf2 w = bdf2(step, step);
    solver.state.previous_step = step;
    for (std::int32_t n = 0; n < space.locals(); ++n) {
      const Vec3 now = motion_(space.coordinates()[n], 0), old = motion_(space.coordinates()[n], -step),
                 older = motion_(space.coordinates()[n], -2 * step);
      for (int d = 0; d < 3; ++d) {
        solver.state.u[d][n] = u_(now, 0)[d];
        solver.state.u_old[d][n] = u_(old, -step)[d];
      }
      solver.state.p[n] = p_(now, 0);
      solver.state.psi[n] = (p_(now, 0) - p_(old, -step)) / w.a0;
      solver.state.psi_old[n] = (p_(old, -step) - p_(older, -2 * step)) / w.a0;
    }
    move(0);
    solver.build_preconditioner(positions, boundary);
  }

  StepReport step(double length) {
    const Bdf2 w = bdf2(length, solver.state.previous_step);
    const double now = time, old = time - solver.state.previous_step;
    time += length;
    move(time);
    mesh_velocity = solver.halo().vectors();
    for (std::int32_t n = 0; n < space.locals(); ++n) {
      const Vec3& reference = space.coordinates()[n];
      const Vec3 v = w.a0 * positions[n] + w.a1 * motion_(reference, now) + w.a2 * motion_(reference, old);
      for (int d = 0; d < 3; ++d) mesh_velocity[d][n] = v[d];
      if (boundary.velocity_fixed[n])
        for (int d = 0; d < 3; ++d) boundary.velocity[d][n] = u_(positions[n], time)[d];
      if (boundary.pressure_fixed[n]) boundary.pressure[n] = p_(positions[n], time);
    }
    return solver.step(length, positions, mesh_velocity, boundary);
  }

  void run(double end, int steps) {
    start(end / steps);
    for (int i = 0; i < steps; ++i) step(end / steps);
  }

  /// Relative L2 (lumped) errors against the exact solution; of the pressure, without its mean.
  struct Errors {
    double velocity, pressure, largest_velocity;
  };
  Errors errors() const {
    std::vector<double> sums(6, 0.0);  // |du|^2, |u|^2, dp, p, volume, -
    const auto& volume = solver.mesh().lumped_volume();
    double largest = 0;
    for (std::int32_t n = 0; n < space.owned(); ++n) {
      const Vec3 exact = u_(positions[n], time);
      const Vec3 difference = Vec3{solver.state.u[0][n], solver.state.u[1][n], solver.state.u[2][n]} - exact;
      largest = std::max(largest, norm(difference));
      sums[0] += volume[n] * dot(difference, difference);
      sums[1] += volume[n] * dot(exact, exact);
      sums[2] += volume[n] * (solver.state.p[n] - p_(positions[n], time));
      sums[3] += volume[n] * p_(positions[n], time);
      sums[4] += volume[n];
    }
    space.comm().sum(sums);
    std::vector<double> squares(2, 0.0);
    for (std::int32_t n = 0; n < space.owned(); ++n) {
      const double exact = p_(positions[n], time);
      squares[0] += volume[n] * std::pow(solver.state.p[n] - exact - sums[2] / sums[4], 2);
      squares[1] += volume[n] * std::pow(exact - sums[3] / sums[4], 2);
    }
    space.comm().sum(squares);
    return {std::sqrt(sums[0] / sums[1]), std::sqrt(squares[0] / squares[1]), space.comm().max(largest)};
  }

  fem::Space space;
  std::unique_ptr<Scheme> scheme;
  Scheme& solver;
  Boundary boundary;
  double time = 0;
  std::vector<Vec3> positions;
  Vectors mesh_velocity;

 private:
  void move(double t) {
    positions.resize(space.locals());
    for (std::int32_t n = 0; n < space.locals(); ++n) positions[n] = motion_(space.coordinates()[n], t);
  }
  VelocityField u_;
  PressureField p_;
  Displaced motion_;
};

}  // namespace cardiotwin::hemodynamics
