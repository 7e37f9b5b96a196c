#include "settings.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cardiotwin/stage/place.hpp"
#include "tissue_settings.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;
using config::Parameter;
using config::Type;

namespace {

/// A ventricle as stimuli see it: its endocardium, its own muscle, and where and when the Purkinje wave starts there
/// when it runs in both. Durrer et al. 1970 (doi 10.1161/01.CIR.41.6.899) found the earliest activity on the middle of
/// the septum's left side, and on the right 5 to 10 ms after the left near the insertion of the anterior papillary
/// muscle, where the moderator band brings the right bundle to the free wall: taken at half its height, in its middle.
struct Ventricle {
  std::string_view name;
  std::int32_t endocardium, wall;
  double earliest_height, earliest_rotational, delay_ms;  ///< height as a share of the cavity's length
};
constexpr Ventricle both_ventricles[] = {
    {"left", artifacts::surface_endocardium, artifacts::region_lv_wall, 0.4, 0, 0},
    {"right", artifacts::surface_rv_endocardium, artifacts::region_rv_wall, 0.5, 0, 5}};

/// The delineation of QRS wants to see that it is over.
constexpr double after_qrs_ms = 20;

config::Spec stimulus_spec() {
  return {
      {.key = "kind",
       .type = Type::text,
       .fallback = "endocardium",
       .choices = {"endocardium", "point", "segment", "apex", "box"},
       .meaning =
           "endocardium: sinus-like wave over the endocardium; point: sphere around position; segment: pacing lead "
           "in an AHA segment; apex: pacing lead at the tip of a cavity; box: axis-parallel box from position"},
      {.key = "ventricle",
       .type = Type::text,
       .fallback = "both",
       .choices = {"both", "left", "right"},
       .meaning =
           "endocardium and apex: which one; both: those that the mesh has, the wave on the right endocardium 5 ms "
           "later"},
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
       .meaning = "point, segment and apex: stimulated sphere; endocardium: site where the wave starts"},
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

/// The ventricles that a stimulus is meant for and the mesh has.
std::vector<Ventricle> ventricles_of(const config::Section& item, const Wall& wall, const std::string& where) {
  const std::string asked = item.text("ventricle");
  std::vector<Ventricle> found;
  for (const Ventricle& v : both_ventricles)
    if ((asked == "both" || asked == v.name) && std::ranges::count(wall.mesh.surface, v.endocardium) > 0)
      found.push_back(v);
  if (found.empty())
    no_tissue(where, asked == "right" ? "a mesh without a right endocardium" : "a mesh without endocardial triangles",
              asked == "right" ? "give the mesh a right ventricle (meshing.rv_wall_mm, or source = biventricle)"
                               : "choose another kind of stimulus, or tag the endocardium (1)");
  return found;
}

/// The ventricle's endocardium on its own wall, without the septum's right side; all of it where that is nothing.
std::vector<std::int32_t> own_endocardium(const Wall& wall, const Ventricle& ventricle) {
  std::vector<bool> own(wall.mesh.points.size(), false);
  for (std::size_t c = 0; c < wall.mesh.cells.size(); ++c)
    if (wall.mesh.region[c] == ventricle.wall)
      for (const std::int32_t p : wall.mesh.cells[c]) own[p] = true;
  const std::vector<std::int32_t> all = surface_points(wall.mesh, ventricle.endocardium);
  std::vector<std::int32_t> points;
  std::ranges::copy_if(all, std::back_inserter(points), [&](std::int32_t p) { return own[p]; });
  return points.empty() ? all : points;
}

void place_endocardium(const config::Section& item, const Wall& wall, const Ventricle& ventricle, Stimulus& stimulus) {
  const auto candidates = own_endocardium(wall, ventricle);
  // By length: the apicobasal coordinate, a potential, has spent half of its rise next to the apex.
  const auto height = [&](std::int32_t p) { return dot(wall.mesh.points[p], wall.long_axis); };
  const auto [lowest, highest] = std::ranges::minmax_element(candidates, {}, height);
  const double apex = height(*lowest), length = height(*highest) - apex;
  const auto away = [&](std::int32_t p) {  // half a turn weighs as much as the cavity's length
    const double turn =
        std::remainder(wall.rotational[p] - ventricle.earliest_rotational, 2 * std::numbers::pi) / std::numbers::pi;
    return std::hypot((height(p) - apex) / length - ventricle.earliest_height, turn);
  };
  const auto site = *std::min_element(candidates.begin(), candidates.end(),
                                      [&](std::int32_t a, std::int32_t b) { return away(a) < away(b); });
  const double speed = item.number("spread_speed_m_per_s"), radius = item.number("radius_mm");
  std::vector<std::int32_t> seeds = surface_points(wall.mesh, ventricle.endocardium);
  if (speed > 0)
    std::erase_if(seeds, [&](std::int32_t p) { return norm(wall.mesh.points[p] - wall.mesh.points[site]) > radius; });
  spread_over_surface(wall.mesh, ventricle.endocardium, seeds, speed > 0 ? speed : 1, stimulus);
}

/// The tip of a cavity: its endocardium's point nearest to the heart's apex.
Vec3 apex_position(const Wall& wall, const Ventricle& ventricle) {
  const auto points = surface_points(wall.mesh, ventricle.endocardium);
  return wall.mesh.points[*std::ranges::min_element(points, {}, [&](std::int32_t p) { return wall.apicobasal[p]; })];
}

/// A lead in the middle of the segment's endocardium.
Vec3 lead_position(const Wall& wall, std::int32_t segment, const std::string& where) {
  Vec3 sum{0, 0, 0};
  double count = 0;
  std::vector<std::int32_t> candidates;
  const auto endocardium = surface_points(wall.mesh, artifacts::surface_endocardium);
  for (std::size_t c = 0; c < wall.mesh.cells.size(); ++c) {
    if (wall.aha_segment[c] != segment) continue;
    for (std::int32_t p : wall.mesh.cells[c])
      if (std::ranges::binary_search(endocardium, p))
        sum = sum + wall.mesh.points[p], count += 1, candidates.push_back(p);
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
      {.key = "interpolation_threshold_mV",
       .fallback = 20.0,
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
      stage::probe_list("points whose activation time is reported by name"),
      {.key = "ecg",
       .type = Type::boolean,
       .fallback = true,
       .meaning = "compute a 12-lead electrocardiogram; the run goes on for 20 ms after the last activation"},
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
  options.interpolation_threshold_mV = config.number("interpolation_threshold_mV");
  options.solver_tolerance_mV = config.number("solver_tolerance_mV");
  options.stop_when_activated = config.boolean("stop_when_activated");
  options.run_on_ms = config.boolean("ecg") ? after_qrs_ms : 0;
  return options;
}

std::vector<Stimulus> stimuli_of(const config::Section& config, const Wall& wall) {
  std::vector<Stimulus> stimuli;
  int number = 0;
  for (const config::Section& item : config.list("stimuli")) {
    const std::string where = fmt::format("electrophysiology.stimuli[{}]", number++);
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
    if (s.name == "endocardium" || s.name == "apex") {
      const auto ventricles = ventricles_of(item, wall, where);
      for (const Ventricle& ventricle : ventricles) {
        Stimulus& one = stimuli.emplace_back(s);
        if (one.name == "apex") {
          place_sphere(wall, apex_position(wall, ventricle), item.number("radius_mm"), where, one);
        } else {
          if (ventricles.size() > 1) one.start_ms += ventricle.delay_ms;
          place_endocardium(item, wall, ventricle, one);
        }
        one.delay_ms.resize(one.points.size(), 0.0);
      }
      continue;
    }
    if (s.name == "box") {
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
