/// The hemodynamics stage: from heart_mesh and wall_motion to flow. Equations: navier_stokes.hpp; the beat:
/// ventricle.hpp.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "metrics.hpp"
#include "ventricle.hpp"
#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using config::Type;

class HemodynamicsStage : public stage::Stage {
 public:
  stage::Contract contract() const override;
  config::Spec parameters() const override;
  stage::Outcome run(stage::Context& context) override;
};

stage::Contract HemodynamicsStage::contract() const {
  return {.name = "hemodynamics",
          .summary = "blood flow in the left ventricle: incompressible Navier-Stokes on the moving mesh",
          .reads = {artifacts::HeartMesh::id, artifacts::WallMotion::id},
          .writes = {artifacts::Flow::id}};
}

config::Spec HemodynamicsStage::parameters() const {
  using config::integer, config::number;
  return {
      integer("refine", 1, "[0, 3]", "uniform refinements of the blood mesh, eight cells for one each"),
      number("time_step_ms", 1, "ms", "(0, 10]", "time step; shortened to a whole fraction of the cycle"),
      integer("cycles", 1, "[1, 50]", "beats computed; the last is kept; 3 or more until the flow is periodic"),
      integer("frames", 24, "[2, 200]", "velocity and pressure fields kept of the last cycle, besides the first"),
      number("density_mg_per_mm3", 1.06, "mg/mm^3", "(0, inf)", "density of blood"),
      number("viscosity_kPa_ms", 3.5e-3, "kPa ms", "(0, inf)", "dynamic viscosity of blood, Newtonian"),
      number("backflow_coefficient", 0.5, "", "[0, 2]",
             "beta of the backflow stabilisation at the open aortic orifice"),
      number("courant_limit", 4, "", "(0, inf)", "Courant number above which a step is made of smaller ones"),
      number("mesh_stiffening", 1, "", "[0, 3]", "exponent with which small cells resist the motion of the mesh"),
      number("smallest_quality", 0.02, "", "(0, 1)", "mean-ratio quality that no moving cell may come below"),
      number("valve_hysteresis", 0.02, "", "[0, 0.5]", "part of the largest |dV/dt| that changes the open orifice"),
      number("closure_ms", 10, "ms", "[0.1, 100]", "time over which the flow left in a closing orifice fades"),
      number("stasis_speed_m_per_s", 0.05, "m/s", "(0, inf)", "mean speed below which blood counts as stagnant"),
      number("momentum_tolerance", 1e-6, "", "(0, 0.1]", "relative residual of the momentum equations"),
      number("pressure_tolerance", 1e-4, "", "(0, 0.1]", "relative residual of the pressure equation"),
      integer("preconditioner_interval", 20, "[1, 1000]", "time steps that share a multigrid hierarchy"),
  };
}

VentricleOptions options_of(const config::Section& c) {
  VentricleOptions o;
  o.fluid = {.density = c.number("density_mg_per_mm3"),
             .viscosity = c.number("viscosity_kPa_ms"),
             .backflow = c.number("backflow_coefficient"),
             .momentum_tolerance = c.number("momentum_tolerance"),
             .pressure_tolerance = c.number("pressure_tolerance")};
  o.time_step_ms = c.number("time_step_ms");
  o.cycles = static_cast<int>(c.integer("cycles"));
  o.frames = static_cast<int>(c.integer("frames"));
  o.courant_limit = c.number("courant_limit");
  o.mesh_stiffening = c.number("mesh_stiffening");
  o.smallest_quality = c.number("smallest_quality");
  o.valve_hysteresis = c.number("valve_hysteresis");
  o.closure_ms = c.number("closure_ms");
  o.preconditioner_interval = static_cast<int>(c.integer("preconditioner_interval"));
  return o;
}

struct Blood {
  mesh::TetMesh mesh;
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
  Blood result{std::move(sub.mesh), {motion.frame_times_ms, {}}};
  for (const auto& frame : motion.displacement) {
    if (frame.size() != heart.points.size())
      core::fail_input({.where = "wall_motion",
                        .expected = std::to_string(heart.points.size()) + " points, as in heart_mesh",
                        .found = std::to_string(frame.size()),
                        .remedy = "run the mechanics stage again on this mesh"});
    auto& own = result.wall.displacement.emplace_back();
    for (std::int32_t p : sub.parent_point) own.push_back(frame[p]);
  }
  for (int i = 0; i < refinements; ++i) {
    auto finer = mesh::refine(result.mesh);
    for (auto& frame : result.wall.displacement) frame = mesh::prolong(std::span<const Vec3>(frame), finer.parents);
    result.mesh = std::move(finer.mesh);
  }
  return result;
}

/// Collective; what it returns is whole on rank 0 only.
artifacts::Flow flow_of(Ventricle& ventricle, const mesh::TetMesh& mesh) {
  const BeatRecord& record = ventricle.record();
  artifacts::Flow flow;
  flow.points = mesh.points;
  flow.cells = mesh.cells;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == artifacts::surface_endocardium) flow.wall_triangles.push_back(mesh.triangles[t]);
  flow.frame_times_ms = record.frames.times_ms;
  flow.velocity = record.frames.velocity;
  flow.pressure_kPa = record.frames.pressure_kPa;

  Halo& halo = ventricle.halo();
  std::vector<Vec3> x(ventricle.space().locals());
  const auto reference = ventricle.space().coordinates();
  for (double time : flow.frame_times_ms) {
    ventricle.motion().positions(time, x);
    Vectors displacement = halo.vectors();
    for (int d = 0; d < 3; ++d)
      for (std::size_t n = 0; n < x.size(); ++n) displacement[d][n] = x[n][d] - reference[n][d];
    flow.displacement.push_back(halo.gather(displacement));
  }

  const TimeSums& sums = record.sums;
  Scalars tawss = halo.scalars(), osi = halo.scalars();
  for (std::int32_t n = 0; n < ventricle.space().owned(); ++n) {
    const double net = norm({sums.shear[0][n], sums.shear[1][n], sums.shear[2][n]});
    tawss[n] = core::Pa_per_kPa * sums.shear_magnitude[n] / sums.duration;
    osi[n] = sums.shear_magnitude[n] > 0 ? 0.5 * (1 - net / sums.shear_magnitude[n]) : 0.0;
  }
  flow.tawss_Pa = halo.gather(tawss);
  flow.osi = halo.gather(osi);
  flow.times_ms = record.traces.times_ms;
  flow.mitral_flow_ml_per_s = record.traces.mitral_flow;
  flow.aortic_flow_ml_per_s = record.traces.aortic_flow;
  flow.volume_ml = record.traces.volume_ml;
  flow.mass_error = record.traces.mass_error;
  return flow;
}

/// Means over the wall by area, and the volume of slow blood. Collective.
struct Means {
  double tawss = 0, osi = 0, stasis_ml = 0;
};
Means means_of(Ventricle& ventricle, double stasis_speed) {
  const TimeSums& sums = ventricle.record().sums;
  Halo& halo = ventricle.halo();
  const Scalars area = nodal_area(halo, ventricle.space().coordinates(), ventricle.wall().triangles);
  std::vector<double> total(4, 0.0);
  for (std::int32_t n = 0; n < ventricle.space().owned(); ++n) {
    const double magnitude = sums.shear_magnitude[n],
                 net = norm({sums.shear[0][n], sums.shear[1][n], sums.shear[2][n]});
    total[0] += area[n];
    total[1] += area[n] * magnitude / sums.duration;
    total[2] += magnitude > 0 ? area[n] * 0.5 * (1 - net / magnitude) : 0.0;
    if (sums.speed[n] < stasis_speed * sums.duration) total[3] += sums.volume[n] / sums.duration;
  }
  ventricle.space().comm().sum(total);
  return {core::Pa_per_kPa * total[1] / total[0], total[2] / total[0], total[3] / core::mm3_per_ml};
}

/// In the reference position [mm^2].
double area_of(const mesh::TetMesh& mesh, std::int32_t tag) {
  double area = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag) area += norm(mesh::vector_area(mesh.points, mesh.triangles[t]));
  return area;
}

/// The orifice's area, and a warning where the flow is faster through it than through any healthy valve.
void report_orifice(stage::Findings& findings, const mesh::TetMesh& mesh, std::int32_t tag, const std::string& name,
                    double peak_flow) {
  constexpr double fast = 2.5;  // [m/s], mean over the orifice
  const double area = area_of(mesh, tag);
  findings.quantity(name + "_orifice_area", area, "mm^2");
  if (peak_flow > fast * area)
    findings.warning(
        fmt::format("{:.0f} ml/s pass the {} orifice of {:.0f} mm^2, {:.1f} m/s in the mean: the orifice in "
                    "the mesh is too small for this beat, and velocity and wall shear are too high",
                    peak_flow, name, area, peak_flow / area));
}

void report(stage::Findings& findings, const Ventricle& ventricle, const Means& means, const mesh::TetMesh& mesh,
            double seconds_per_step) {
  const Traces& t = ventricle.record().traces;
  findings.quantity("tetrahedra", static_cast<double>(mesh.cells.size()), "1");
  findings.quantity("peak_velocity", largest(t.largest_speed), "m/s");
  findings.quantity("peak_aortic_flow", largest(t.aortic_flow), "ml/s");
  findings.quantity("peak_mitral_flow", largest(t.mitral_flow), "ml/s");
  findings.quantity("stroke_volume", positive_volume(t.times_ms, t.aortic_flow), "ml");
  findings.quantity("peak_kinetic_energy", largest(t.kinetic_energy), "mJ");
  findings.quantity("tawss_mean", means.tawss, "Pa");
  findings.quantity("osi_mean", means.osi, "1");
  findings.quantity("stasis_volume", means.stasis_ml, "ml");
  findings.quantity("mass_error_max", 100 * largest_magnitude(t.mass_error), "%");
  findings.quantity("smallest_quality", *std::min_element(t.smallest_quality.begin(), t.smallest_quality.end()), "1");
  findings.quantity("seconds_per_step", seconds_per_step, "s");
  if (const auto peaks = filling_peaks(t.times_ms, t.mitral_flow)) {
    findings.quantity("e_wave_flow", peaks->early_flow, "ml/s");
    findings.quantity("a_wave_flow", peaks->atrial_flow, "ml/s");
    findings.quantity("e_to_a_ratio", peaks->early_flow / peaks->atrial_flow, "1");
  }
  report_orifice(findings, mesh, artifacts::surface_mitral, "mitral", largest(t.mitral_flow));
  report_orifice(findings, mesh, artifacts::surface_aortic, "aortic", largest(t.aortic_flow));
  findings.assumption("blood is Newtonian; valve leaflets, papillary muscles and trabeculae are not modelled");
  findings.assumption(
      "orifices open and close with the sign of the cavity's volume change; mitral inflow has a flat profile along the "
      "orifice's normal, the open aortic orifice is free of traction; the pressure is counted from the open orifice");
  if (ventricle.motion().closing_gap() > 0.5)
    findings.warning(
        fmt::format("the wall ends the cycle up to {:.1f} mm from where it began; spread evenly over the cycle",
                    ventricle.motion().closing_gap()));
  if (ventricle.cuts() > 0)
    findings.warning(fmt::format("{} time steps diverged and were repeated in smaller ones", ventricle.cuts()));
  if (100 * largest_magnitude(t.mass_error) > 2)
    findings.warning(
        "the orifice flow misses the volume change by more than 2 % of its peak: refine the blood mesh or "
        "shorten the time step");
}

stage::Outcome HemodynamicsStage::run(stage::Context& context) {
  const VentricleOptions options = options_of(context.config);
  Blood blood;
  core::collectively(context.comm, [&] {
    blood = blood_of(context.artifacts.read<artifacts::HeartMesh>(), context.artifacts.read<artifacts::WallMotion>(),
                     static_cast<int>(context.config.integer("refine")));
  });
  context.log.info("  {} tetrahedra, {} points, cycle of {:.0f} ms", blood.mesh.cells.size(), blood.mesh.points.size(),
                   blood.wall.times_ms.back());
  const double begin = core::wall_seconds();
  Ventricle ventricle(context.comm, blood.mesh, blood.wall, options);
  context.log.detail("  mesh motion lifted with stiffening {:g} in {:.1f} s", ventricle.motion().stiffening(),
                     core::wall_seconds() - begin);
  const double loop_begin = core::wall_seconds(), loop_time = ventricle.time_ms();
  if (stage::run_time_loop(context, ventricle) == stage::Outcome::interrupted) return stage::Outcome::interrupted;
  const double steps = (ventricle.time_ms() - loop_time) / ventricle.time_step();
  const double seconds = context.comm.max(core::wall_seconds() - loop_begin) / std::max(1.0, steps);

  const artifacts::Flow flow = flow_of(ventricle, blood.mesh);
  const Means means = means_of(ventricle, context.config.number("stasis_speed_m_per_s"));
  report(context.findings, ventricle, means, blood.mesh, seconds);
  core::on_root(context.comm, [&] {
    context.artifacts.write(flow);
    // The picture: the frame nearest to peak ejection, on the mesh as it lies then.
    const auto& q = flow.aortic_flow_ml_per_s;
    const double peak = flow.times_ms[std::max_element(q.begin(), q.end()) - q.begin()];
    std::size_t frame = 0;
    for (std::size_t f = 0; f < flow.frame_times_ms.size(); ++f)
      if (std::abs(flow.frame_times_ms[f] - peak) < std::abs(flow.frame_times_ms[frame] - peak)) frame = f;
    std::vector<Vec3> points = flow.points;
    for (std::size_t n = 0; n < points.size(); ++n) points[n] = points[n] + flow.displacement[frame][n];
    io::write_unstructured_grid(
        context.artifacts.output(), points, flow.cells,
        {io::field("velocity", flow.velocity[frame]), io::field("pressure_kPa", flow.pressure_kPa[frame]),
         io::field("tawss_Pa", flow.tawss_Pa), io::field("osi", flow.osi)},
        {});
  });
  return stage::Outcome::complete;
}

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<HemodynamicsStage>(); }

}  // namespace cardiotwin::hemodynamics
