#pragma once
/// The blood of one ventricle over its beats, put together: its wall lifted into a motion of the mesh, its valves, its
/// scheme.

#include <memory>

#include "flow_problem.hpp"
#include "make_scheme.hpp"
#include "mesh_motion.hpp"
#include "valve_conditions.hpp"

namespace cardiotwin::hemodynamics {

struct VentricleOptions {
  SchemeKind scheme = SchemeKind::fractional_step;
  FluidOptions fluid;
  FlowOptions flow;  ///< its cycle is the wall's
  ValveOptions valves;
  double mesh_stiffening = 1;
  double smallest_quality = 0.02;
};

struct Ventricle {
  std::unique_ptr<FlowProblem> problem;
  const MeshMotion* motion;  ///< the problem's
};

/// Collective. `blood`: blood only, with the surface tags of artifacts::Surface, normals outward; the same on every
/// rank. `wall`: the endocardium's beat on the points before refinement. `timers` may be null.
Ventricle make_ventricle(core::Comm comm, const mesh::NestedMesh& blood, const WallFrames& wall,
                         const VentricleOptions& options, core::Timers* timers = nullptr);

}  // namespace cardiotwin::hemodynamics
