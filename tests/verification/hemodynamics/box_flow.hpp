#pragma once
/// A scheme on a mesh whose boundary values are those of a flow in closed form: the common part of tests with
/// conditions of their own.

#include <functional>

#include "exact_flow.hpp"
#include "make_scheme.hpp"

namespace cardiotwin::hemodynamics {

using VelocityField = std::function<Vec3(const Vec3& x, double t)>;
using PressureField = std::function<double(const Vec3& x, double t)>;
using Displaced = std::function<Vec3(const Vec3& reference, double t)>;

class FlowOf final : public ExactFlow {
 public:
  FlowOf(VelocityField u, PressureField p) : u_(std::move(u)), p_(std::move(p)) {}
  Vec3 velocity(const Vec3& x, double time) const override { return u_(x, time); }
  double pressure(const Vec3& x, double time) const override { return p_(x, time); }

 private:
  VelocityField u_;
  PressureField p_;
};

class MotionOf final : public Motion {
 public:
  MotionOf(const fem::Space& space, Displaced displaced) : space_(space), displaced_(std::move(displaced)) {}
  void positions(double time, std::span<Vec3> x) const override {
    for (std::size_t n = 0; n < x.size(); ++n) x[n] = displaced_(space_.coordinates()[n], time);
  }

 private:
  const fem::Space& space_;
  Displaced displaced_;
};

inline Vec3 at_rest(const Vec3& reference, double) { return reference; }

class BoxFlow {
 public:
  BoxFlow(SchemeKind kind, const mesh::TetMesh& mesh, const FluidOptions& options, VelocityField u, PressureField p,
          Displaced displaced = at_rest)
      : space(core::Comm(), mesh, 1),
        scheme(make_scheme(kind, space, options, nullptr)),
        exact(std::move(u), std::move(p)),
        motion(space, std::move(displaced)) {
    boundary.velocity_fixed.assign(space.locals(), 0);
    boundary.pressure_fixed.assign(space.locals(), 0);
    boundary.velocity = scheme->halo().vectors();
    boundary.pressure = scheme->halo().scalars();
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

  /// Exact history at t = 0.
  void start(double step) {
    scheme->state = exact_state(exact, motion, scheme->state, step);
    std::vector<Vec3> x(space.locals());
    motion.positions(0, x);
    scheme->build_preconditioner(x, boundary);
  }

  StepReport step(double length) {
    time += length;
    std::vector<Vec3> x(space.locals());
    motion.positions(time, x);
    for (std::int32_t n = 0; n < space.locals(); ++n) {
      if (boundary.velocity_fixed[n])
        for (int d = 0; d < 3; ++d) boundary.velocity[d][n] = exact.velocity(x[n], time)[d];
      if (boundary.pressure_fixed[n]) boundary.pressure[n] = exact.pressure(x[n], time);
    }
    return scheme->step(length, x, node_velocity(motion, space, time, length, scheme->state.previous_step), boundary);
  }

  FlowErrors errors() const { return errors_of(exact, scheme->mesh(), scheme->state, time); }

  fem::Space space;
  std::unique_ptr<Scheme> scheme;
  FlowOf exact;
  MotionOf motion;
  Boundary boundary;
  double time = 0;
};

}  // namespace cardiotwin::hemodynamics
