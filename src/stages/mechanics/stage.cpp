/// Stage `mechanics`: from mesh and activation to the motion of the wall over one beat, or under given loads.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

#include "cardiotwin/core/units.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "results.hpp"
#include "settings.hpp"

namespace cardiotwin::mechanics {
namespace {

using artifacts::HeartMesh;
using artifacts::WallMotion;

class Mechanics : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {
        .name = "mechanics",
        .summary = "finite-strain wall over one beat: active tension, cavity pressure, circulation",
        .reads = {HeartMesh::id},
        .writes = {WallMotion::id},
        .reads_if_present = {artifacts::Activation::id, artifacts::ClinicalValues::id, artifacts::MeasuredVolumes::id}};
  }

  config::Spec parameters() const override { return mechanics::parameters(); }

  stage::Outcome run(stage::Context& context) override {
    HeartMesh heart;
    std::optional<artifacts::Activation> activation;
    std::optional<artifacts::ClinicalValues> clinical;
    std::optional<artifacts::MeasuredVolumes> volumes;
    core::collectively(context.comm, [&] {
      heart = context.artifacts.read<HeartMesh>();
      if (context.artifacts.has(artifacts::Activation::id))
        activation = context.artifacts.read<artifacts::Activation>();
      if (context.artifacts.has(artifacts::ClinicalValues::id))
        clinical = context.artifacts.read<artifacts::ClinicalValues>();
      if (context.artifacts.has(artifacts::MeasuredVolumes::id))
        volumes = context.artifacts.read<artifacts::MeasuredVolumes>();
    });
    const auto start = std::clock();
    const Physiology body = physiology(context.config, clinical ? &*clinical : nullptr, volumes ? &*volumes : nullptr);
    BeatOptions options = beat_options(context.config, body);
    WallMesh mesh;
    core::collectively(context.comm,
                       [&] { mesh = wall_mesh(heart, activation ? &*activation : nullptr, context.config); });
    if (is_heart_beat(context.config)) state_assumptions(context, heart, body, options);

    Wall wall(context.comm, mesh.sub.mesh, mesh.setup);
    context.log.info("mechanics: {} tetrahedra, {} displacement and {} pressure nodes", mesh.sub.mesh.cells.size(),
                     wall.displacement_space().nodes(), wall.pressure_space().nodes());
    options.probes = probe_points(context.config, wall);
    Newton newton(wall, newton_options(context.config), &context.timers);
    const auto tension = tension_model(context.config, options.cycle, wall.sites());
    Beat beat(wall, newton, *tension, circulation_maker(context.config, body), options);
    const auto loop_start = std::chrono::steady_clock::now();
    {
      const auto timer = context.timers.scope("beat");
      if (stage::run_time_loop(context, beat) == stage::Outcome::interrupted) return stage::Outcome::interrupted;
    }
    const std::chrono::duration<double> loop = std::chrono::steady_clock::now() - loop_start;
    const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    context.findings.quantity("cpu_seconds", context.comm.sum(cpu_s), "s");  // of all ranks, since the last resume
    context.findings.quantity("seconds_per_step", loop.count() / std::max(beat.steps(), 1), "s");
    core::on_root(context.comm, [&] {
      if (beat.unloading_stopped())
        context.findings.warning(
            fmt::format("the search for the stress-free reference stopped early; at end diastole the "
                        "wall misses the image by up to {:.2f} mm",
                        beat.unloading_error()));
      WallMotion motion = wall_motion(beat, mesh, heart.points.size());
      report_run(context, beat, newton);
      if (is_heart_beat(context.config)) {
        report_fit(context, beat);
        report_beat(context, beat, motion);
        motion.strain = report_strain(context, beat, heart, mesh, motion);
      }
      context.artifacts.write(motion);
      write_curves(context, motion);
      write_picture(context, mesh, activation ? &*activation : nullptr, motion);
    });
    return stage::Outcome::complete;
  }

 private:
  static void state_assumptions(stage::Context& context, const HeartMesh& heart, const Physiology& body,
                                const BeatOptions& options) {
    for (const std::string& text : body.assumptions) context.findings.assumption(text);
    if (options.unloading_iterations == 0)
      context.findings.assumption("the end-diastolic image is taken as the stress-free reference of the wall");
    context.findings.assumption(fmt::format("ventricular end-diastolic pressure is {:.1f} mmHg",
                                            options.end_diastolic_pressure / core::kPa_per_mmHg));
    context.findings.assumption(
        options.ejection_fraction > 0
            ? fmt::format(
                  "the stiffness of the wall is a population value; its active tension is scaled to eject {:.1f} %",
                  100 * options.ejection_fraction)
            : "stiffness and active tension of the wall are population values: the beat is not fitted to the images");
    context.findings.assumption(fmt::format("the circulation is calibrated for an ejection fraction of {:.1f} %",
                                            100 * body.ejection_fraction));
    if (std::ranges::count(heart.region, artifacts::region_rv_wall) > 0)
      context.findings.assumption(
          "the right ventricle's wall is left out and stays at rest: nothing pulls or presses on the left wall where "
          "it is attached, nor on the right side of the septum");
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Mechanics>(); }

}  // namespace cardiotwin::mechanics
