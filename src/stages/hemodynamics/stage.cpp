/// The hemodynamics stage: from heart_mesh and wall_motion to flow. Equations: navier_stokes.hpp; the beat:
/// ventricle.hpp.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "results.hpp"
#include "settings.hpp"
#include "ventricle.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using config::Type;

class HemodynamicsStage : public stage::Stage {
 public:
  stage::Contract contract() const override;
  config::Spec parameters() const override { return hemodynamics::parameters(); }
  stage::Outcome run(stage::Context& context) override;
};

stage::Contract HemodynamicsStage::contract() const {
  return {.name = "hemodynamics",
          .summary = "blood flow in the beating left ventricle or in a vessel: incompressible Navier-Stokes",
          .writes = {artifacts::Flow::id},
          .reads_if_present = {artifacts::HeartMesh::id, artifacts::WallMotion::id, artifacts::VesselMesh::id}};
}

struct Blood {
  mesh::NestedMesh mesh;
  WallFrames wall;
};

/// The blood's own mesh, refined, and the frames of its wall. Local.
Blood blood_of(const artifacts::HeartMesh& heart, const artifacts::WallMotion& motion, int refinements) {
  const std::vector<std::int32_t> blood{artifacts::region_lv_blood};
  auto sub = mesh::extract({heart.points, heart.cells, heart.region, heart.triangles, heart.surface}, blood);
  if (sub.mesh.cells.empty())
    core::fail_input({.where = "heart_mesh",
                      .expected = "cells of region lv_blood",
                      .found = "none",
                      .remedy = "let the meshing stage mesh the blood, or stop the run before hemodynamics"});
  if (motion.frame_times_ms.size() < 3 || motion.displacement.size() != motion.frame_times_ms.size())
    core::fail_input({.where = "wall_motion",
                      .expected = "three frames or more",
                      .found = std::to_string(motion.displacement.size()),
                      .remedy = "let the mechanics stage keep more frames"});
  Blood result{mesh::refine(std::move(sub.mesh), refinements), {motion.frame_times_ms, {}}};
  for (const auto& frame : motion.displacement) {
    if (frame.size() != heart.points.size())
      core::fail_input({.where = "wall_motion",
                        .expected = std::to_string(heart.points.size()) + " points, as in heart_mesh",
                        .found = std::to_string(frame.size()),
                        .remedy = "run the mechanics stage again on this mesh"});
    auto& own = result.wall.displacement.emplace_back();
    for (std::int32_t p : sub.parent_point) own.push_back(frame[p]);
  }
  return result;
}

/// Collective. The time loop and all that is made of it.
stage::Outcome run_flow(stage::Context& context, FlowProblem& problem, const mesh::TetMesh& mesh) {
  const double begin = core::wall_seconds(), begin_ms = problem.time_ms();
  if (stage::run_time_loop(context, problem) == stage::Outcome::interrupted) return stage::Outcome::interrupted;
  if (problem.options().cycles > 1)
    context.log.info("  mean kinetic energy, cycle by cycle: {:.4g} mJ",
                     fmt::join(problem.record().cycle_energy, ", "));
  const double steps = (problem.time_ms() - begin_ms) / problem.options().time_step_ms;
  const double seconds = context.comm.max(core::wall_seconds() - begin) / std::max(1.0, steps);
  const artifacts::Flow flow = flow_of(problem, mesh);
  report_flow(context.findings, problem, risk_thresholds(context.config), mesh.cells.size(), seconds);
  write_curves(context, problem);
  core::on_root(context.comm, [&] {
    context.artifacts.write(flow);
    write_picture(context.artifacts.output(), flow);
  });
  return stage::Outcome::complete;
}

std::vector<mesh::Triangle> lid_of(const mesh::TetMesh& blood) {
  return tagged(blood, {artifacts::surface_mitral, artifacts::surface_aortic, artifacts::surface_lid});
}

stage::Outcome run_ventricle(stage::Context& context) {
  Blood blood;
  core::collectively(context.comm, [&] {
    blood = blood_of(context.artifacts.read<artifacts::HeartMesh>(), context.artifacts.read<artifacts::WallMotion>(),
                     static_cast<int>(context.config.integer("refine")));
  });
  context.log.info("  {} tetrahedra, {} points, cycle of {:.0f} ms", blood.mesh.fine.cells.size(),
                   blood.mesh.fine.points.size(), blood.wall.times_ms.back());
  const double begin = core::wall_seconds();
  const Ventricle ventricle =
      make_ventricle(context.comm, blood.mesh, blood.wall, ventricle_options(context.config), &context.timers);
  context.log.detail("  mesh motion lifted with stiffening {:g} in {:.1f} s", ventricle.motion->stiffening(),
                     core::wall_seconds() - begin);
  FlowProblem& problem = *ventricle.problem;
  const Thirds thirds = thirds_of(problem, blood.mesh.fine, lid_of(blood.mesh.fine));
  problem.measure({.differences = {{"base_to_apex_pressure", thirds.base, thirds.apex}}});
  const stage::Outcome outcome = run_flow(context, problem, blood.mesh.fine);
  if (outcome == stage::Outcome::interrupted) return outcome;
  report_beat(context.findings, problem, risk_thresholds(context.config), blood.mesh.fine, thirds);
  if (ventricle.motion->closing_gap() > 0.5)
    context.findings.warning(
        fmt::format("the wall ends the cycle up to {:.1f} mm from where it began; spread evenly over the cycle",
                    ventricle.motion->closing_gap()));
  return outcome;
}

NamedMesh lumen_of(const artifacts::VesselMesh& vessel, int refinements) {
  NamedMesh lumen{{vessel.points, vessel.cells, std::vector<std::int32_t>(vessel.cells.size(), 1), vessel.triangles,
                   vessel.surface},
                  vessel.surface_names};
  lumen.mesh = mesh::refine(std::move(lumen.mesh), refinements).fine;
  return lumen;
}

stage::Outcome run_vessel(stage::Context& context) {
  NamedMesh lumen;
  core::collectively(context.comm, [&] {
    lumen =
        lumen_of(context.artifacts.read<artifacts::VesselMesh>(), static_cast<int>(context.config.integer("refine")));
  });
  context.log.info("  {} tetrahedra, {} points, surfaces {}", lumen.mesh.cells.size(), lumen.mesh.points.size(),
                   fmt::join(lumen.names, ", "));
  const Vessel vessel = make_vessel(context.comm, lumen, vessel_options(context.config), &context.timers);
  FlowProblem& problem = *vessel.problem;
  problem.measure(instrument_plan(context.config, problem.space(), lumen));
  const stage::Outcome outcome = run_flow(context, problem, lumen.mesh);
  if (outcome == stage::Outcome::interrupted) return outcome;
  report_measurements(context, problem);
  if (vessel.exact)
    report_errors(context.findings,
                  errors_of(*vessel.exact, problem.scheme().mesh(), problem.fluid(), problem.time_ms()));
  return outcome;
}

stage::Outcome HemodynamicsStage::run(stage::Context& context) {
  return context.artifacts.has(artifacts::VesselMesh::id) ? run_vessel(context) : run_ventricle(context);
}

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<HemodynamicsStage>(); }

}  // namespace cardiotwin::hemodynamics
