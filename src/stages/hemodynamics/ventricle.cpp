#include "ventricle.hpp"

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::hemodynamics {

Ventricle make_ventricle(core::Comm comm, const mesh::NestedMesh& blood, const WallFrames& wall,
                         const VentricleOptions& options, core::Timers* timers) {
  const mesh::TetMesh& mesh = blood.fine;
  FlowParts parts;
  parts.space = std::make_unique<fem::Space>(comm, mesh, 1);
  VentricleSurfaces surfaces = ventricle_surfaces(*parts.space, mesh);
  parts.wall = surfaces.wall;
  parts.wall_triangles = tagged(mesh, {artifacts::surface_endocardium});
  parts.scheme = make_scheme(options.scheme, *parts.space, options.fluid, timers);
  Halo& halo = parts.scheme->halo();
  auto motion =
      std::make_unique<MeshMotion>(*parts.space, blood, wall, options.mesh_stiffening, options.smallest_quality);
  const MeshMotion* moving = motion.get();
  const FlowOptions flow = with_whole_steps(options.flow, motion->period());
  parts.conditions = std::make_unique<ValveConditions>(halo, mesh, std::move(surfaces), *moving, flow.cycle_ms,
                                                       flow.time_step_ms, options.valves);
  parts.motion = std::move(motion);
  return {std::make_unique<FlowProblem>(std::move(parts), flow), moving};
}

}  // namespace cardiotwin::hemodynamics
