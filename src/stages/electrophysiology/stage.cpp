// Border of the electrophysiology stage: from the heart mesh and the case file to activation times.

#include <algorithm>
#include <cmath>
#include <optional>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "cell/single_cell.hpp"
#include "eikonal.hpp"
#include "recording.hpp"
#include "results.hpp"
#include "settings.hpp"
#include "tissue_settings.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

/// Mean edge above which the front's speed is off by more than about 15 % (the slab benchmark: cubes of 0.5 mm, whose
/// tetrahedra have edges of 0.64 mm on average, give -14 %).
constexpr double coarse_edge_mm = 0.65;
/// Above this the time step delays the wave (docs/verification.md).
constexpr double large_step_ms = 0.1;
/// A probe farther than this from the wall is taken for a mistake.
constexpr double probe_distance_mm = 5;

double first_stimulus_ms(const std::vector<Stimulus>& stimuli) {
  double first = stimuli.front().first_ms();
  for (const Stimulus& s : stimuli) first = std::min(first, s.first_ms());
  return first;
}

/// Times from the first stimulus; -1 stays -1.
void count_from(double first_ms, std::vector<double>& times) {
  for (double& t : times)
    if (t >= 0) t = std::max(0.0, t - first_ms);
}

void check_mesh(stage::Context& context, const Wall& wall, bool speed_depends_on_edges) {
  const double edge = mean_edge(wall.mesh);
  context.findings.quantity("nodes", static_cast<double>(wall.mesh.points.size()), "1");
  context.findings.quantity("cells", static_cast<double>(wall.mesh.cells.size()), "1");
  context.findings.quantity("edge_length.mean", edge, "mm");
  context.log.info("  wall: {} nodes, {} tetrahedra, mean edge {:.2f} mm", wall.mesh.points.size(),
                   wall.mesh.cells.size(), edge);
  if (speed_depends_on_edges && edge > coarse_edge_mm)
    context.findings.warning(fmt::format(
        "electrophysiology mesh is coarse: mean edge {:.2f} mm, the conduction speed is reliable to 15 % below "
        "{} mm; raise electrophysiology.refine",
        edge, coarse_edge_mm));
}

void check_time_step(stage::Context& context) {
  const double dt = context.config.number("time_step_ms");
  if (dt > large_step_ms)
    context.findings.warning(fmt::format(
        "electrophysiology.time_step_ms is large: {} ms; waves are 3 to 5 % late at 0.2 ms and 18 to 24 % at 0.5 ms "
        "(docs/verification.md), and on time up to {} ms",
        dt, large_step_ms));
}

void state_assumptions(stage::Context& context, const std::vector<Stimulus>& stimuli) {
  if (std::ranges::any_of(stimuli, [](const Stimulus& s) { return s.name == "endocardium"; }))
    context.findings.assumption(
        "sinus-like activation: a Purkinje wave runs over the endocardium, on the left from the middle of the septum "
        "and on the right, where there is one, from the middle of its free wall; no measured electrical data enters");
  context.findings.assumption("conductivities and cell model are population values, not the patient's");
}

/// Rank 0. Throws when most of the wall never became active.
void check_activated(stage::Context& context, const Wall& wall, const std::vector<double>& activation, double end_ms) {
  const auto missed = std::count(activation.begin(), activation.end(), -1.0);
  const double share = static_cast<double>(missed) / static_cast<double>(activation.size());
  context.findings.quantity("activated_fraction", 1 - share, "1");
  if (share > 0.5)
    fail_numerical(
        {.where = "electrophysiology",
         .expected = "the wave to reach the wall",
         .found = fmt::format("{:.1f} % of the nodes never activated in {:.1f} ms; the mean edge is {:.2f} mm",
                              100 * share, end_ms, mean_edge(wall.mesh)),
         .remedy = "raise the strength, duration or radius of the stimuli, or electrophysiology.end_time_ms; "
                   "where edges are too long for a wave, raise electrophysiology.refine, set "
                   "electrophysiology.calibrate for conductivities that carry one, or use the eikonal model"});
  if (missed > 0)
    context.findings.warning(fmt::format(
        "{} of {} electrophysiology nodes never activated; their activation time is -1", missed, activation.size()));
}

void check_probes(stage::Context& context, const Wall& wall) {
  for (const config::Section& probe : context.config.list("probes")) {
    const Vec3 x = probe.vec3("position_mm");
    const double away = norm(wall.mesh.points[nearest_point(wall.mesh, x)] - x);
    if (away > probe_distance_mm)
      fail_configuration({.where = "electrophysiology.probes: " + probe.text("name"),
                          .expected = fmt::format("a position within {} mm of the wall", probe_distance_mm),
                          .found = fmt::format("({}, {}, {}), {:.1f} mm away", x[0], x[1], x[2], away),
                          .remedy = "give the position in patient coordinates [mm]"});
  }
}

/// Collective. Nothing when it was interrupted.
std::optional<Wave> run_monodomain(stage::Context& context, const artifacts::HeartMesh& heart, const Wall& wall,
                                   const std::vector<Stimulus>& stimuli) {
  const config::Section& config = context.config;
  const Conductivity sigma = conductivity_of(context, wall);
  std::optional<Tissue> tissue;
  collectively(context.comm, [&] {
    const auto scope = context.timers.scope("electrophysiology.setup");
    tissue.emplace(tissue_of(context, wall, sigma));
  });
  pace_kinds(context, *tissue);
  Monodomain solver(context.comm, *tissue, stimuli, options_of(config), &context.timers);
  std::optional<Leads> leads;
  if (config.boolean("ecg")) {
    const Placement placement = place_electrodes(heart);
    leads.emplace(solver.space(), wall.mesh, wall.fibre, tissue->conductivity, placement.electrodes);
    context.findings.assumption(
        std::string(
            "electrodes stand where they do on an average adult, in an endless uniform body: the "
            "electrocardiogram's shapes and times mean something, its amplitudes only their order of magnitude") +
        (placement.in_patient_coordinates ? "" : "; the heart lies in its body as hearts usually do"));
  }
  Recording recording(context.comm, solver, leads ? &*leads : nullptr, config.number("ecg_interval_ms"),
                      config.numbers("snapshot_times_ms"));
  if (stage::run_time_loop(context, recording) == stage::Outcome::interrupted) return {};

  const double first_ms = first_stimulus_ms(stimuli);
  Wave wave;
  wave.activation = solver.activation_times();
  wave.repolarisation = solver.repolarisation_times();
  if (leads) {
    wave.ecg = twelve_leads(leads->potentials_mV());
    for (const double t : leads->times_ms()) wave.ecg_times.push_back(t - first_ms);
  }
  for (const double t : recording.snapshot_times_ms()) wave.snapshot_times.push_back(t - first_ms);
  wave.snapshots = recording.snapshots();
  const double slowest = context.comm.min(solver.node_steps_per_second());
  on_root(context.comm, [&] {
    check_activated(context, wall, wave.activation, solver.time_ms());
    count_from(first_ms, wave.activation);
    count_from(first_ms, wave.repolarisation);
    context.findings.quantity("node_steps_per_second_per_rank", slowest, "1/s");
    context.findings.quantity("cg_iterations.mean", solver.mean_iterations(), "1");
    context.findings.quantity("steps", static_cast<double>(solver.steps()), "1");
  });
  return wave;
}

/// Time from each stimulus to its upstroke: a single cell's, which the tissue's is close to (the slab benchmark's P1).
std::vector<double> latencies(stage::Context& context, const std::vector<Stimulus>& stimuli) {
  const IonicModel& model = ionic_model(context.config.text("ionic_model"));
  const Options options = options_of(context.config);
  std::vector<double> result;
  for (const Stimulus& s : stimuli) {
    const double pulse_mV_per_ms = s.strength_uA_per_mm3 / (options.surface_to_volume * options.capacitance);
    result.push_back(latency(model, cell_kind(model, model.variants.front().name), pulse_mV_per_ms, s.duration_ms,
                             options.activation_threshold_mV));
    if (result.back() < 0)
      fail_configuration({.where = "electrophysiology.stimuli: " + s.name,
                          .expected = "a stimulus that excites a cell",
                          .found = fmt::format("{} uA/mm^3 for {} ms, {:.3g} mV/ms", s.strength_uA_per_mm3,
                                               s.duration_ms, pulse_mV_per_ms),
                          .remedy = "raise strength_uA_per_mm3 or duration_ms"});
  }
  return result;
}

/// Collective; rank 0 works.
Wave run_eikonal(stage::Context& context, const Wall& wall, const std::vector<Stimulus>& stimuli) {
  Wave wave;
  on_root(context.comm, [&] {
    const auto scope = context.timers.scope("electrophysiology.eikonal");
    const Speed speed{context.config.number("speed_along_m_per_s"), context.config.number("speed_across_m_per_s")};
    std::vector<Speed> speeds;  // they go with the root of the conductivity
    for (const double factor : conductivity_factors(context.config, wall))
      speeds.push_back({std::sqrt(factor) * speed.along, std::sqrt(factor) * speed.across});
    wave.activation = first_arrival(wall.mesh, wall.fibre, speeds, sources_of(stimuli, latencies(context, stimuli)));
    wave.repolarisation.assign(wave.activation.size(), -1);
    check_activated(context, wall, wave.activation, *std::ranges::max_element(wave.activation));
    count_from(first_stimulus_ms(stimuli), wave.activation);
    context.findings.assumption(
        "activation by the eikonal equation: given speeds, no ionic currents; no repolarisation, no electrocardiogram");
  });
  return wave;
}

class Electrophysiology : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "electrophysiology",
            .summary = "activation of the wall: monodomain or eikonal equation on P1 tetrahedra",
            .reads = {artifacts::HeartMesh::id},
            .writes = {artifacts::Activation::id}};
  }

  config::Spec parameters() const override { return parameter_spec(); }

  stage::Outcome run(stage::Context& context) override {
    const config::Section& config = context.config;
    artifacts::HeartMesh heart;
    Wall wall;
    std::vector<Stimulus> stimuli;
    collectively(context.comm, [&] {
      const auto scope = context.timers.scope("electrophysiology.setup");
      heart = context.artifacts.read<artifacts::HeartMesh>();
      wall = prepare_wall(heart, static_cast<int>(config.integer("refine")));
      cut_scar(config, wall);
      stimuli = stimuli_of(config, wall);
      check_probes(context, wall);
    });
    const bool eikonal = config.text("model") == "eikonal";
    check_mesh(context, wall, !eikonal);
    if (!eikonal) check_time_step(context);
    state_assumptions(context, stimuli);
    std::optional<Wave> wave =
        eikonal ? run_eikonal(context, wall, stimuli) : run_monodomain(context, heart, wall, stimuli);
    if (!wave) return stage::Outcome::interrupted;
    on_root(context.comm, [&] { conclude(context, heart, wall, stimuli, *wave); });
    return stage::Outcome::complete;
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Electrophysiology>(); }

}  // namespace cardiotwin::electrophysiology
