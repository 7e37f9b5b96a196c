/// Stage `mechanics`: from mesh and activation to the motion of the wall over one beat.

#include <algorithm>
#include <cmath>
#include <optional>

#include "anatomy.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "settings.hpp"

namespace cardiotwin::mechanics {
namespace {

using artifacts::HeartMesh;
using artifacts::WallMotion;

/// The wall alone, with the fields of its points.
struct WallMesh {
  mesh::SubMesh sub;
  WallSetup setup;
  std::vector<Vec3> longitudinal;  ///< per cell: towards the base, tangential to the wall
};

WallMesh wall_mesh(const HeartMesh& heart, const artifacts::Activation& activation, const config::Section& config,
                   double cycle_ms) {
  WallMesh wall;
  const std::int32_t regions[] = {artifacts::region_lv_wall};
  wall.sub = mesh::extract({heart.points, heart.cells, heart.region, heart.triangles, heart.surface}, regions);
  if (wall.sub.mesh.cells.empty())
    core::fail_input({.where = "mechanics: heart_mesh",
                      .expected = "tetrahedra of the LV wall (region 1)",
                      .found = "none",
                      .remedy = "check the segmentation and the mesh"});
  if (activation.activation_time_ms.size() != heart.points.size())
    core::fail_input({.where = "mechanics: activation",
                      .expected = fmt::format("one time for each of the {} points of heart_mesh", heart.points.size()),
                      .found = std::to_string(activation.activation_time_ms.size()),
                      .remedy = "rerun electrophysiology on this mesh"});
  wall.setup.tissue = tissue(config, cycle_ms);
  wall.setup.supports = supports(config);
  if (config.text("base_support") == "clamped") wall.setup.clamped = {artifacts::surface_base};
  wall.setup.cavity_surface = artifacts::surface_endocardium;
  for (std::int32_t p : wall.sub.parent_point) {
    wall.setup.fibre.push_back(heart.fibre[p]);
    wall.setup.sheet.push_back(heart.sheet[p]);
    wall.setup.activation.push_back(activation.activation_time_ms[p]);
  }
  WallDirections directions = wall_directions(heart, wall.sub);
  wall.longitudinal = std::move(directions.longitudinal);
  wall.setup.circumferential = std::move(directions.circumferential);
  return wall;
}

/// On rank 0: frames and traces as the artifact has them. Strain is turned from the stress-free to the end-diastolic
/// reference: 1 + 2 E = lambda^2, and stretches along one fibre divide.
WallMotion wall_motion(const Beat& beat, const WallMesh& wall, std::size_t heart_points) {
  WallMotion motion;
  const auto& first = beat.frames().front();
  for (const Frame& frame : beat.frames()) {
    std::vector<Vec3> displacement(heart_points, {0, 0, 0});
    std::vector<double> strain(heart_points, 0.0);
    for (std::size_t p = 0; p < frame.displacement.size(); ++p) {
      displacement[wall.sub.parent_point[p]] = frame.displacement[p];
      strain[wall.sub.parent_point[p]] = ((1 + 2 * frame.fibre_strain[p]) / (1 + 2 * first.fibre_strain[p]) - 1) / 2;
    }
    motion.frame_times_ms.push_back(frame.time);
    motion.displacement.push_back(std::move(displacement));
    motion.fibre_strain.push_back(std::move(strain));
  }
  const Trace& t = beat.trace();
  motion.times_ms = t.time;
  motion.lv_pressure_kPa = t.pressure;
  motion.aortic_pressure_kPa = t.aortic_pressure;
  motion.mitral_flow_ml_per_s = t.mitral_flow;  // mm^3/ms is ml/s
  motion.aortic_flow_ml_per_s = t.aortic_flow;
  for (double v : t.volume) motion.lv_volume_ml.push_back(v / core::mm3_per_ml);
  return motion;
}

/// Frame with the smallest cavity: its time is nearest to that of the smallest volume of the trace.
std::size_t end_systole(const Beat& beat) {
  const Trace& t = beat.trace();
  const double time = t.time[std::min_element(t.volume.begin(), t.volume.end()) - t.volume.begin()];
  std::size_t best = 0;
  for (std::size_t k = 0; k < beat.frames().size(); ++k)
    if (std::abs(beat.frames()[k].time - time) < std::abs(beat.frames()[best].time - time)) best = k;
  return best;
}

void report(stage::Context& context, const Beat& beat, const Newton& newton, const WallMotion& motion) {
  const Trace& t = beat.trace();
  const auto& put = [&](const char* name, double value, const char* unit) {
    context.findings.quantity(name, value, unit);
  };
  const double ml = core::mm3_per_ml, mmHg = core::kPa_per_mmHg;
  const double largest = t.volume.front() / ml, smallest = *std::min_element(t.volume.begin(), t.volume.end()) / ml;
  double rise = 0, fall = 0, inflow = 0;
  for (std::size_t k = 1; k < t.time.size(); ++k) {
    const double slope = (t.pressure[k] - t.pressure[k - 1]) / (t.time[k] - t.time[k - 1]);
    rise = std::max(rise, slope), fall = std::min(fall, slope);
    inflow = std::max(inflow, t.mitral_flow[k]);
  }
  put("end_diastolic_volume", largest, "ml");
  put("end_systolic_volume", smallest, "ml");
  put("stroke_volume", largest - smallest, "ml");
  put("ejection_fraction", 100 * (largest - smallest) / largest, "%");
  put("end_diastolic_pressure", t.pressure.front() / mmHg, "mmHg");
  put("peak_pressure", *std::max_element(t.pressure.begin(), t.pressure.end()) / mmHg, "mmHg");
  put("peak_aortic_pressure", *std::max_element(t.aortic_pressure.begin(), t.aortic_pressure.end()) / mmHg, "mmHg");
  put("dp_dt_max", rise / mmHg * core::ms_per_s, "mmHg/s");
  put("dp_dt_min", fall / mmHg * core::ms_per_s, "mmHg/s");
  put("peak_aortic_flow", *std::max_element(t.aortic_flow.begin(), t.aortic_flow.end()), "ml/s");
  put("peak_mitral_flow", inflow, "ml/s");
  put("cycle_length", t.time.back(), "ms");

  const std::size_t systole = end_systole(beat);
  const auto& frames = beat.frames();
  put("end_systolic_time", frames[systole].time, "ms");
  put("global_longitudinal_strain", 100 * (frames[systole].long_stretch / frames.front().long_stretch - 1), "%");
  double change = 0, gap = 0, mean = 0, counted = 0;
  for (const Frame& frame : frames) change = std::max(change, 100 * std::abs(frame.volume_ratio - 1));
  for (std::size_t p = 0; p < motion.displacement.front().size(); ++p)
    gap = std::max(gap, core::norm(motion.displacement.back()[p] - motion.displacement.front()[p]));
  for (std::size_t p = 0; p < frames[systole].fibre_strain.size(); ++p) {
    mean += ((1 + 2 * frames[systole].fibre_strain[p]) / (1 + 2 * frames.front().fibre_strain[p]) - 1) / 2;
    ++counted;
  }
  put("fibre_strain_end_systole", 100 * mean / std::max(counted, 1.0), "%");
  put("wall_volume_change", change, "%");
  put("cycle_closure_error", std::abs(t.volume.back() - t.volume.front()) / ml, "ml");
  put("cycle_closure_displacement", gap, "mm");
  put("unloading_error", beat.unloading_error(), "mm");
  put("steps", beat.steps(), "1");
  put("cut_steps", beat.cut_steps(), "1");
  put("newton_iterations_mean", double(beat.newton_iterations()) / std::max(beat.steps(), 1), "1");
  put("factorisations", newton.factorisations(), "1");
  put("linear_iterations", newton.linear_iterations(), "1");
  const auto& arteries = beat.heart().arteries;
  put("arterial_resistance", arteries.peripheral / mmHg, "mmHg s/ml");
  put("arterial_compliance", arteries.compliance * mmHg / ml, "ml/mmHg");
}

void write_picture(stage::Context& context, const WallMesh& wall, const artifacts::Activation& activation,
                   const Beat& beat, const WallMotion& motion) {
  const std::size_t k = end_systole(beat);
  std::vector<Vec3> displacement;
  std::vector<double> strain, time;
  for (std::int32_t p : wall.sub.parent_point) {
    displacement.push_back(motion.displacement[k][p]);
    strain.push_back(motion.fibre_strain[k][p]);
    time.push_back(activation.activation_time_ms[p]);
  }
  io::write_unstructured_grid(context.artifacts.output(), wall.sub.mesh.points, wall.sub.mesh.cells,
                              {io::field("displacement", displacement), io::field("fibre_strain", strain),
                               io::field("activation_time_ms", time)},
                              {});
}

class Mechanics : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "mechanics",
            .summary = "finite-strain wall over one beat: active tension, cavity pressure, circulation",
            .reads = {HeartMesh::id, artifacts::Activation::id},
            .writes = {WallMotion::id},
            .reads_if_present = {artifacts::ClinicalValues::id}};
  }

  config::Spec parameters() const override { return mechanics::parameters(); }

  stage::Outcome run(stage::Context& context) override {
    HeartMesh heart;
    artifacts::Activation activation;
    std::optional<artifacts::ClinicalValues> clinical;
    core::collectively(context.comm, [&] {
      heart = context.artifacts.read<HeartMesh>();
      activation = context.artifacts.read<artifacts::Activation>();
      if (context.artifacts.has(artifacts::ClinicalValues::id))
        clinical = context.artifacts.read<artifacts::ClinicalValues>();
    });
    const Physiology body = physiology(context.config, clinical ? &*clinical : nullptr);
    const BeatOptions options = beat_options(context.config, body);
    WallMesh mesh;
    core::collectively(context.comm, [&] { mesh = wall_mesh(heart, activation, context.config, options.cycle); });
    state_assumptions(context, body, options);
    if (std::ranges::count(heart.region, artifacts::region_rv_wall) > 0)
      context.findings.assumption(
          "the right ventricle's wall is left out and stays at rest: nothing pulls or presses on the left wall where "
          "it "
          "is attached, nor on the right side of the septum");

    Wall wall(context.comm, mesh.sub.mesh, mesh.setup);
    context.log.info("mechanics: {} tetrahedra, {} displacement and {} pressure nodes", mesh.sub.mesh.cells.size(),
                     wall.displacement_space().nodes(), wall.pressure_space().nodes());
    Newton newton(wall, newton_options(context.config));
    Beat beat(wall, newton, options, mesh.longitudinal);
    {
      const auto timer = context.timers.scope("beat");
      if (stage::run_time_loop(context, beat) == stage::Outcome::interrupted) return stage::Outcome::interrupted;
    }
    core::on_root(context.comm, [&] {
      if (beat.unloading_stopped())
        context.findings.warning(
            fmt::format("the search for the stress-free reference stopped early; at end diastole the "
                        "wall misses the image by up to {:.2f} mm",
                        beat.unloading_error()));
      const WallMotion motion = wall_motion(beat, mesh, heart.points.size());
      report(context, beat, newton, motion);
      context.artifacts.write(motion);
      write_picture(context, mesh, activation, beat, motion);
    });
    return stage::Outcome::complete;
  }

 private:
  static void state_assumptions(stage::Context& context, const Physiology& body, const BeatOptions& options) {
    for (const std::string& text : body.assumptions) context.findings.assumption(text);
    if (options.unloading_iterations == 0)
      context.findings.assumption("the end-diastolic image is taken as the stress-free reference of the wall");
    context.findings.assumption(fmt::format("ventricular end-diastolic pressure is {:.1f} mmHg",
                                            options.end_diastolic_pressure / core::kPa_per_mmHg));
    context.findings.assumption(
        "stiffness and active tension of the wall are population values: the beat is not fitted to the volumes in the "
        "images");
    context.findings.assumption(fmt::format("arteries are calibrated for an ejection fraction of {:.0f} %",
                                            100 * options.expected_ejection_fraction));
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Mechanics>(); }

}  // namespace cardiotwin::mechanics
