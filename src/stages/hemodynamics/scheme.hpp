#pragma once
/// A scheme that steps the flow: what the flow problem sees of it. Two are there: fractional_step.hpp, fast, and
/// coupled_scheme.hpp, robust.

#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "flow_mesh.hpp"
#include "fluid.hpp"

namespace cardiotwin::hemodynamics {

class Scheme {
 public:
  virtual ~Scheme() = default;

  FluidState state;

  /// Collective. One step of `step` ms onto the nodes `positions`, with mesh velocity `mesh_velocity`. Throws
  /// core::Error (numerical) on every rank when a cell is inverted, a solver fails or the velocity is not finite or
  /// beyond 50 m/s; `state` is then useless and the caller goes back to a copy.
  virtual StepReport step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                          const Boundary& boundary) = 0;

  /// Collective. Builds the preconditioner from the mesh `positions`; it serves until the next call. Of `boundary`,
  /// only which nodes are fixed and where the openings are counts.
  virtual void build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) = 0;

  /// Collective. Finds the velocity that an impulsive start of `boundary` leaves behind (fluid at rest before), with
  /// zero pressure: the start of a computation whose walls already move.
  virtual void start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                     const Boundary& boundary) = 0;

  /// Collective. Viscous force of the fluid on the no-slip boundary [mN] at each node of `wall`, owned nodes: the
  /// residual of the last step's momentum equation, which is minus the integral of mu du/dn there (no pressure; the
  /// transposed gradient is left out: without slip it acts along the normal, but for the wall's own small rate of
  /// strain).
  virtual Vectors viscous_force(std::span<const std::uint8_t> wall) = 0;

  /// What a scheme keeps from step to step besides `state`, for a rolling state. Collective.
  virtual void save(stage::State& /*to*/) {}
  virtual void load(const stage::State& /*from*/) {}

  FlowMesh& mesh() { return mesh_; }
  const FlowMesh& mesh() const { return mesh_; }
  Halo& halo() { return mesh_.halo(); }
  const FluidOptions& options() const { return options_; }
  core::Timers& timers() { return timers_; }
  FluidState state_at_rest() const;
  /// This rank's part [uJ = mg (mm/ms)^2].
  double kinetic_energy() const;

 protected:
  Scheme(const fem::Space& space, const FluidOptions& options, core::Timers* timers);

  /// Collective. Moves the mesh; throws core::Error (numerical) where a cell is inverted.
  void move_mesh(std::span<const Vec3> positions);
  /// As if the fluid had come by its velocity at once: the end of start().
  void keep_velocity_alone();
  /// Collective. Largest speed; throws core::Error (numerical) when the velocity left all bounds.
  double check_velocity() const;

  FluidOptions options_;
  FlowMesh mesh_;
  core::Timers own_timers_;  ///< used where the caller lends none
  core::Timers& timers_;
};

/// Gradient of a nodal scalar on a tetrahedron.
inline Vec3 gradient(const fem::AffineCell& shape, const std::array<std::int32_t, 4>& nodes, const Scalars& field) {
  Vec3 sum{};
  for (int a = 0; a < 4; ++a) sum = sum + field[nodes[a]] * shape.gradients[a];
  return sum;
}
/// rows[i][j] = d u_i / d x_j.
inline std::array<Vec3, 3> gradient(const fem::AffineCell& shape, const std::array<std::int32_t, 4>& nodes,
                                    const Vectors& field) {
  return {gradient(shape, nodes, field[0]), gradient(shape, nodes, field[1]), gradient(shape, nodes, field[2])};
}
/// sqrt(2 eps:eps) of a velocity gradient [1/ms].
double shear_rate(const std::array<Vec3, 3>& velocity_gradient);

inline Vec3 at(const Vectors& field, std::size_t n) { return {field[0][n], field[1][n], field[2][n]}; }
inline void add_to(Vectors& field, std::int32_t n, const Vec3& value) {
  for (int d = 0; d < 3; ++d) field[d][n] += value[d];
}
inline void set_zero(Vectors& field) {
  for (Scalars& component : field) std::fill(component.begin(), component.end(), 0.0);
}

}  // namespace cardiotwin::hemodynamics
