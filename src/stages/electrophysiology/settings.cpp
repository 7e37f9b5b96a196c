#include "settings.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tissue_settings.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;
using config::Parameter;
using config::Type;

namespace {

/// Where the Purkinje wave starts: the middle of the septum, a little below half height (Durrer et al. 1970, doi
/// 10.1161/01.CIR.41.6.899, found the earliest activity on the septal endocardium).
constexpr double earliest_apicobasal = 0.4, earliest_rotational = 0.0;

/// The delineation of QRS wants to see that it is over.
constexpr double after_qrs_ms = 12;

config::Spec stimulus_spec() {
  return {
      {.key = "kind",
       .type = Type::text,
       .fallback = "endocardium",
       .choices = {"endocardium", "point", "segment", "box"},
       .meaning =
           "endocardium: sinus-like wave over the endocardium; point: sphere around position; segment: pacing lead "
           "in an AHA segment; box: axis-parallel box from position"},
      {.key = "start_ms", .fallback = 0.0, .unit = "ms", .range = "[0, inf)", .meaning = "begin of the first pulse"},
      {.key = "duration_ms", .fallback = 2.0, .unit = "ms", .range = "(0, 1000]", .meaning = "length of a pulse"},
      {.key = "strength_uA_per_mm3",
       .fallback = 50.0,
       .unit = "uA/mm^3",
       .range = "(0, inf)",
       .meaning = "current per volume of tissue"},
      {.key = "period_ms",
       .fallback = 1000.0,
       .unit = "ms",
       .range = "(0, inf)",
       .meaning = "time from pulse to pulse"},
      {.key = "count", .type = Type::integer, .fallback = 1, .range = "[1, 100000]", .meaning = "number of pulses"},
      {.key = "position_mm",
       .type = Type::vec3,
       .fallback = {0.0, 0.0, 0.0},
       .unit = "mm",
       .meaning = "point: centre; box: lowest corner (patient coordinates)"},
      {.key = "radius_mm",
       .fallback = 3.0,
       .unit = "mm",
       .range = "(0, 1000]",
       .meaning = "point and segment: stimulated sphere; endocardium: site where the wave starts"},
      {.key = "size_mm",
       .type = Type::vec3,
       .fallback = {1.5, 1.5, 1.5},
       .unit = "mm",
       .meaning = "box: lengths of its edges"},
      {.key = "segment",
       .type = Type::integer,
       .fallback = 8,
       .range = "[1, 17]",
       .meaning = "segment: AHA segment paced"},
      {.key = "spread_speed_m_per_s",
       .fallback = 2.0,
       .unit = "m/s",
       .range = "[0, inf)",
       .meaning = "endocardium: speed of the Purkinje wave; 0 stimulates all of it at once"},
  };
}

std::vector<std::int32_t> surface_points(const mesh::TetMesh& mesh, std::int32_t tag) {
  std::vector<std::int32_t> points;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag) points.insert(points.end(), mesh.triangles[t].begin(), mesh.triangles[t].end());
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

[[noreturn]] void no_tissue(const std::string& where, const std::string& found, const std::string& remedy) {
  fail_configuration({.where = where, .expected = "a site in the wall", .found = found, .remedy = remedy});
}

void place_endocardium(const config::Section& item, const Wall& wall, const std::string& where, Stimulus& stimulus) {
  const auto points = surface_points(wall.mesh, artifacts::surface_endocardium);
  if (points.empty())
    no_tissue(where, "a mesh without endocardial triangles",
              "choose another kind of stimulus, or tag the endocardium (1)");
  const auto away =
      [&](std::int32_t p) {  // in the coordinates of the ventricle; half a turn weighs as much as its height
        const double turn =
            std::remainder(wall.rotational[p] - earliest_rotational, 2 * std::numbers::pi) / std::numbers::pi;
        return std::hypot(wall.apicobasal[p] - earliest_apicobasal, turn);
      };
  const auto site = *std::min_element(points.begin(), points.end(),
                                      [&](std::int32_t a, std::int32_t b) { return away(a) < away(b); });
  const double speed = item.number("spread_speed_m_per_s"), radius = item.number("radius_mm");
  std::vector<std::int32_t> seeds = points;
  if (speed > 0)
    std::erase_if(seeds, [&](std::int32_t p) { return norm(wall.mesh.points[p] - wall.mesh.points[site]) > radius; });
  spread_over_surface(wall.mesh, artifacts::surface_endocardium, seeds, speed > 0 ? speed : 1, stimulus);
}

/// A lead in the middle of the segment's endocardium.
Vec3 lead_position(const Wall& wall, std::int32_t segment, const std::string& where) {
  Vec3 sum{0, 0, 0};
  double count = 0;
  std::vector<std::int32_t> candidates;
  for (std::size_t c = 0; c < wall.mesh.cells.size(); ++c) {
    if (wall.aha_segment[c] != segment) continue;
    for (std::int32_t p : wall.mesh.cells[c])
      if (wall.transmural[p] < 1e-6) sum = sum + wall.mesh.points[p], count += 1, candidates.push_back(p);
  }
  if (candidates.empty())
    no_tissue(where, "no endocardial point of AHA segment " + std::to_string(segment), "choose a segment the mesh has");
  const Vec3 middle = (1 / count) * sum;
  return wall.mesh.points[*std::min_element(candidates.begin(), candidates.end(), [&](std::int32_t a, std::int32_t b) {
    return norm(wall.mesh.points[a] - middle) < norm(wall.mesh.points[b] - middle);
  })];
}

void place_sphere(const Wall& wall, const Vec3& centre, double radius, const std::string& where, Stimulus& stimulus) {
  stimulus.points = points_within(wall.mesh, centre, radius);
  if (!stimulus.points.empty()) return;
  const Vec3 nearest = wall.mesh.points[nearest_point(wall.mesh, centre)];
  no_tissue(where,
            fmt::format("no node within {} mm of ({:.2f}, {:.2f}, {:.2f})", radius, centre[0], centre[1], centre[2]),
            fmt::format("the nearest node is ({:.2f}, {:.2f}, {:.2f}), {:.2f} mm away", nearest[0], nearest[1],
                        nearest[2], norm(nearest - centre)));
}

}  // namespace

config::Spec parameter_spec() {
  config::Spec spec{
      {.key = "model",
       .type = Type::text,
       .fallback = "monodomain",
       .choices = {"monodomain", "eikonal"},
       .meaning = "monodomain: the wave from the ionic currents; eikonal: its arrival alone, from the speeds below, in "
                  "seconds"},
      {.key = "speed_along_m_per_s",
       .fallback = 0.6,
       .unit = "m/s",
       .range = "(0, 10]",
       .meaning = "eikonal and calibrate: speed of the wave along the fibre"},
      {.key = "speed_across_m_per_s",
       .fallback = 0.25,
       .unit = "m/s",
       .range = "(0, 10]",
       .meaning = "eikonal and calibrate: speed of the wave across the fibre"},
      {.key = "time_step_ms", .fallback = 0.05, .unit = "ms", .range = "(0, 1]", .meaning = "time step"},
      {.key = "end_time_ms", .fallback = 600.0, .unit = "ms", .range = "(0, 1e6]", .meaning = "longest simulated time"},
      {.key = "stop_when_activated",
       .type = Type::boolean,
       .fallback = true,
       .meaning = "end as soon as every node is activated; repolarisation then stays unknown"},
      {.key = "refine",
       .type = Type::integer,
       .fallback = 2,
       .range = "[0, 4]",
       .meaning = "uniform refinements of the wall; each divides edges by 2 and makes 8 cells of one"},
      {.key = "surface_to_volume_per_mm",
       .fallback = 140.0,
       .unit = "1/mm",
       .range = "(0, 10000]",
       .meaning = "surface of membrane per volume of tissue"},
      {.key = "capacitance_uF_per_mm2",
       .fallback = 0.01,
       .unit = "uF/mm^2",
       .range = "(0, 1]",
       .meaning = "capacitance per surface of membrane"},
      {.key = "activation_threshold_mV",
       .fallback = 0.0,
       .unit = "mV",
       .range = "[-80, 30]",
       .meaning = "activation: first upward crossing of this potential"},
      {.key = "repolarisation_threshold_mV",
       .fallback = -70.0,
       .unit = "mV",
       .range = "[-85, 0]",
       .meaning = "repolarisation: first return below this potential"},
      {.key = "interpolation_threshold_mV",
       .fallback = 10.0,
       .unit = "mV",
       .range = "[0, 1000]",
       .meaning = "spread of potential in a cell above which the ionic current is interpolated by state"},
      {.key = "solver_tolerance_mV",
       .fallback = 1e-2,
       .unit = "mV",
       .range = "(0, 1]",
       .meaning = "root mean square error left by the diffusion solve of a step"},
      {.key = "stimuli",
       .type = Type::list,
       .fallback = config::Json::array({config::Json::object()}),
       .meaning = "where and when the wall is stimulated",
       .items = stimulus_spec()},
      {.key = "probes",
       .type = Type::list,
       .fallback = config::Json::array(),
       .meaning = "points whose activation time is reported by name",
       .items = {{.key = "name", .type = Type::text, .meaning = "name in the summary"},
                 {.key = "position_mm", .type = Type::vec3, .unit = "mm", .meaning = "patient coordinates"}}},
      {.key = "ecg",
       .type = Type::boolean,
       .fallback = true,
       .meaning = "compute a 12-lead electrocardiogram; the run goes on for 12 ms after the last activation"},
      {.key = "ecg_interval_ms", .fallback = 1.0, .unit = "ms", .range = "(0, 100]", .meaning = "time between samples"},
      {.key = "snapshot_times_ms",
       .type = Type::numbers,
       .fallback = config::Json::array(),
       .unit = "ms",
       .range = "[0, inf)",
       .meaning = "times at which V is kept as a field, ascending"},
  };
  for (auto& parameter : tissue_spec()) spec.push_back(std::move(parameter));
  return spec;
}

Options options_of(const config::Section& config) {
  Options options;
  options.time_step_ms = config.number("time_step_ms");
  options.end_time_ms = config.number("end_time_ms");
  options.surface_to_volume = config.number("surface_to_volume_per_mm");
  options.capacitance = config.number("capacitance_uF_per_mm2");
  options.activation_threshold_mV = config.number("activation_threshold_mV");
  options.repolarisation_threshold_mV = config.number("repolarisation_threshold_mV");
  options.interpolation_threshold_mV = config.number("interpolation_threshold_mV");
  options.solver_tolerance_mV = config.number("solver_tolerance_mV");
  options.stop_when_activated = config.boolean("stop_when_activated");
  options.run_on_ms = config.boolean("ecg") ? after_qrs_ms : 0;
  return options;
}

std::vector<Stimulus> stimuli_of(const config::Section& config, const Wall& wall) {
  std::vector<Stimulus> stimuli;
  for (const config::Section& item : config.list("stimuli")) {
    const std::string where = fmt::format("electrophysiology.stimuli[{}]", stimuli.size());
    Stimulus s;
    s.name = item.text("kind");
    s.start_ms = item.number("start_ms");
    s.duration_ms = item.number("duration_ms");
    s.strength_uA_per_mm3 = item.number("strength_uA_per_mm3");
    s.period_ms = item.number("period_ms");
    s.count = static_cast<int>(item.integer("count"));
    if (s.count > 1 && s.period_ms < s.duration_ms)
      fail_configuration({.where = where + ".period_ms",
                          .expected = fmt::format("at least the duration of a pulse, {} ms", s.duration_ms),
                          .found = fmt::format("{} ms", s.period_ms),
                          .remedy = "make the period longer or the pulses shorter"});
    if (s.name == "endocardium") {
      place_endocardium(item, wall, where, s);
    } else if (s.name == "box") {
      s.points = points_in_box(wall.mesh, item.vec3("position_mm"), item.vec3("size_mm"));
      if (s.points.empty()) no_tissue(where, "a box without a node of the wall", "move or enlarge the box");
    } else {
      const Vec3 centre = s.name == "point"
                              ? item.vec3("position_mm")
                              : lead_position(wall, static_cast<std::int32_t>(item.integer("segment")), where);
      place_sphere(wall, centre, item.number("radius_mm"), where, s);
    }
    s.delay_ms.resize(s.points.size(), 0.0);
    stimuli.push_back(std::move(s));
  }
  if (stimuli.empty())
    fail_configuration({.where = "electrophysiology.stimuli",
                        .expected = "at least one stimulus",
                        .found = "none",
                        .remedy = "leave it out for a sinus-like beat"});
  return stimuli;
}

}  // namespace cardiotwin::electrophysiology
