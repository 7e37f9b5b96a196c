#pragma once
/// How long the blood has been there, and how much of what was there at first still is:
///   dT/dt|_X + c.grad T - div(D grad T) = 1,   dW/dt|_X + c.grad W - div(D grad W) = 0,   c = u - w
/// T residence time [ms], W share of the first blood [1]; T = W = 0 where blood enters, no flux through walls. Both
/// have one matrix, that of the momentum equation with the diffusivity D in place of the viscosity: momentum_cell.hpp.
/// Source: Esmaily-Moghadam, Hsia, Marsden, Phys. Fluids 25 (2013) 110802.

#include "component_solver.hpp"
#include "flow_mesh.hpp"
#include "fluid.hpp"
#include "node_matrix.hpp"
#include "state_fields.hpp"

namespace cardiotwin::hemodynamics {

struct TracerState {
  double elapsed = 0;  ///< since the start [ms]
  Vectors now, old;    ///< T [ms], W [1], and nothing; all local nodes
};

class Tracer {
 public:
  /// Collective. `passages`: local triangles through which blood may enter; `diffusivity` [mm^2/ms].
  Tracer(FlowMesh& mesh, std::vector<std::int32_t> passages, double diffusivity);

  TracerState state;

  /// Collective. One step of `step` ms to the flow's new velocity `u`, on its new mesh; `previous` is the step before,
  /// 0 before the first. Throws core::Error (numerical) where the solver fails.
  void step(double step, double previous, const Vectors& u, const Vectors& mesh_velocity);

  void save(stage::State& to);
  void load(const stage::State& from);

 private:
  Scalars inflow(const Vectors& through) const;
  FlowMesh& mesh_;
  std::vector<std::int32_t> passages_;
  double diffusivity_;
  NodeMatrix<1> matrix_;
  ComponentSolver solver_;
};

}  // namespace cardiotwin::hemodynamics
