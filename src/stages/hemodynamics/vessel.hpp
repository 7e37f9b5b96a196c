#pragma once
/// The blood in a vessel, or in a benchmark's domain, put together: named surfaces with their conditions, walls at
/// rest. A flow known in closed form takes the place of the conditions where one is asked for.

#include <memory>
#include <optional>

#include "exact_flow.hpp"
#include "flow_problem.hpp"
#include "make_scheme.hpp"
#include "vessel_conditions.hpp"

namespace cardiotwin::hemodynamics {

struct VesselOptions {
  SchemeKind scheme = SchemeKind::fractional_step;
  FluidOptions fluid;
  FlowOptions flow;
  std::vector<SurfaceCondition> boundaries = {};
  double ramp_ms = 0;
  double flow_scale = 1;       ///< of all given velocities
  std::string exact_solution;  ///< of exact_flow(); empty: the boundaries hold
  bool wobble = false;         ///< the mesh moves; with an exact solution only
};

struct Vessel {
  std::unique_ptr<ExactFlow> exact;  ///< null where there is none
  std::unique_ptr<FlowProblem> problem;
};

/// Collective. The mesh is the same on every rank, its triangles closed. `timers` may be null.
Vessel make_vessel(core::Comm comm, const NamedMesh& mesh, const VesselOptions& options,
                   core::Timers* timers = nullptr);

}  // namespace cardiotwin::hemodynamics
