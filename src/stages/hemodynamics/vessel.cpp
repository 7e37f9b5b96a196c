#include "vessel.hpp"

#include <cmath>

namespace cardiotwin::hemodynamics {

namespace {

void with_exact_flow(Vessel& vessel, FlowParts parts, const NamedMesh& mesh, const VesselOptions& options,
                     const FlowOptions& flow) {
  vessel.exact = exact_flow(options.exact_solution, options.fluid);
  if (options.wobble) parts.motion = std::make_unique<Wobble>(*parts.space);
  parts.conditions = std::make_unique<ExactConditions>(parts.scheme->halo(), mesh.mesh, *vessel.exact);
  parts.wall.nodes.assign(static_cast<std::size_t>(parts.space->locals()), 0);
  vessel.problem = std::make_unique<FlowProblem>(std::move(parts), flow);
  FlowProblem& problem = *vessel.problem;
  problem.start_from(exact_state(*vessel.exact, problem.motion(), problem.fluid(), flow.time_step_ms));
}

}  // namespace

Vessel make_vessel(core::Comm comm, const NamedMesh& mesh, const VesselOptions& options, core::Timers* timers) {
  Vessel vessel;
  FlowParts parts;
  parts.space = std::make_unique<fem::Space>(comm, mesh.mesh, 1);
  parts.scheme = make_scheme(options.scheme, *parts.space, options.fluid, timers);
  parts.motion = std::make_unique<AtRest>(*parts.space);
  const FlowOptions flow = with_whole_steps(options.flow, options.flow.cycle_ms);
  if (!options.exact_solution.empty()) {
    with_exact_flow(vessel, std::move(parts), mesh, options, flow);
    return vessel;
  }
  auto conditions = std::make_unique<VesselConditions>(parts.scheme->halo(), mesh, options.boundaries, options.fluid,
                                                       options.ramp_ms, options.flow_scale);
  parts.wall = conditions->walls();
  parts.wall_triangles = tagged(mesh.mesh, conditions->wall_tags());
  parts.conditions = std::move(conditions);
  vessel.problem = std::make_unique<FlowProblem>(std::move(parts), flow);
  return vessel;
}

}  // namespace cardiotwin::hemodynamics
