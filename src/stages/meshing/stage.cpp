#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "biventricle.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/imaging/label_file.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "chambers.hpp"
#include "coordinates.hpp"
#include "curved.hpp"
#include "ellipsoid.hpp"
#include "gate.hpp"
#include "mesh_import.hpp"
#include "slab.hpp"
#include "surfaces.hpp"
#include "tissue.hpp"
#include "ventricle.hpp"
#include "vessels.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::Anatomy;
using artifacts::HeartMesh;
using config::Exists;
using config::Type;

config::Parameter source_parameter() {
  config::Parameter source =
      config::choice("source", "labels", {"labels", "file", "biventricle", "ellipsoid", "slab"},
                     "mesh the segmented labels, import mesh_file, mesh two ventricles by formula, or make a "
                     "benchmark's geometry: a truncated ellipsoid or a slab (beam) of tissue; the others make domains "
                     "of flow, no hearts");
  source.choices.insert(source.choices.end(), vessel_sources().begin(), vessel_sources().end());
  return source;
}

config::Spec heart_parameters() {
  return {
      source_parameter(),
      {.key = "biventricle_lv_mm",
       .type = Type::vec3,
       .fallback = {27, 82, 7},
       .unit = "mm",
       .meaning = "biventricle: left cavity's radius and length from apex to base, thickness of the left wall"},
      {.key = "biventricle_rv_mm",
       .type = Type::vec3,
       .fallback = {40, 72, 4},
       .unit = "mm",
       .meaning = "biventricle: right cavity's width from septum to free wall and length, thickness of the right wall"},
      {.key = "rv_wall_mm",
       .fallback = 0.0,
       .unit = "mm",
       .range = "[0, 15]",
       .meaning = "labels: thickness of a wall made around the right ventricle's label; 0: left ventricle alone"},
      {.key = "slab_size_mm",
       .type = Type::vec3,
       .fallback = {20, 7, 3},
       .unit = "mm",
       .meaning = "slab: lengths of its edges, from the origin; fibres along x, base at x = 0, endocardium at z = 0"},
      {.key = "slab_elements",
       .type = Type::vec3,
       .fallback = {40, 14, 6},
       .meaning = "slab: elements along each edge, six tetrahedra each"},
      {.key = "slab_grading",
       .fallback = 1.0,
       .range = "[0.2, 5]",
       .meaning = "slab: element i of n begins at x = length (i / n)^grading; above 1 finer towards x = 0, the base"},
      {.key = "ellipsoid_inner_mm",
       .type = Type::vec3,
       .fallback = {7, 17, 5},
       .unit = "mm",
       .meaning = "ellipsoid: of the endocardium, short and long semi-axis and the base's height above the centre"},
      {.key = "ellipsoid_outer_mm",
       .type = Type::vec3,
       .fallback = {10, 20, 5},
       .unit = "mm",
       .meaning = "ellipsoid: of the epicardium, likewise; in between all three are linear in the depth"},
      {.key = "ellipsoid_elements",
       .type = Type::vec3,
       .fallback = {3, 4, 2},
       .meaning =
           "ellipsoid: elements along an eighth of the circumference, from the base halfway to the apex (the first "
           "number of them make the rest), and across the wall; six tetrahedra each"},
      {.key = "ellipsoid_apex_grading",
       .fallback = 1.0,
       .range = "[1, 3]",
       .meaning = "ellipsoid: above 1, elements become smaller towards the apex: ring k of n ends at (k/n)^this"},
      {.key = "ellipsoid_blood",
       .type = Type::boolean,
       .fallback = false,
       .meaning = "ellipsoid: mesh the cavity too, with a mitral and an aortic orifice on its lid"},
      {.key = "ellipsoid_sheet",
       .type = Type::text,
       .fallback = "transmural",
       .choices = {"transmural", "tangential"},
       .meaning = "ellipsoid: sheets along the wall's normal, or in its tangent plane across the fibres"},
      {.key = "mesh_file",
       .type = Type::path,
       .fallback = "",
       .meaning = "a .vtu mesh with region and surface tags (docs/theory/meshing.md); for source = file or vessel_file",
       .exists = Exists::file},
      {.key = "mesh_scale", .fallback = 1.0, .range = "(0, inf)", .meaning = "mm per unit of length of mesh_file"},
      {.key = "wall_edge_mm",
       .fallback = 5.0,
       .unit = "mm",
       .range = "[0.3, 20]",
       .meaning = "mean edge length in the wall"},
      {.key = "blood_edge_mm",
       .fallback = 5.0,
       .unit = "mm",
       .range = "[0.3, 20]",
       .meaning = "mean edge length in the blood"},
      {.key = "target_elements",
       .type = Type::integer,
       .fallback = 0,
       .range = "[0, 100000000]",
       .meaning = "labels: tetrahedra wanted, within a tenth; both edge lengths are scaled to it. 0: as they stand"},
      {.key = "surface_distance_mm",
       .fallback = 0.5,
       .unit = "mm",
       .range = "(0, 5]",
       .meaning = "largest distance between a surface facet and the smooth surface"},
      {.key = "smoothing_voxels",
       .fallback = 1.5,
       .unit = "voxels",
       .range = "[0.5, 6]",
       .meaning = "scale s of the label filter 2 G(s) - G(2s)"},
      {.key = "minimal_wall_voxels",
       .type = Type::integer,
       .fallback = 3,
       .unit = "voxels",
       .range = "[1, 10]",
       .meaning = "the wall is thickened outwards to at least this, so that blood never touches the outside"},
      {.key = "surface_smoothing_iterations",
       .type = Type::integer,
       .fallback = 20,
       .range = "[1, 200]",
       .meaning = "windowed sinc iterations on the marching-cubes surfaces made for pictures"},
      {.key = "tissue_labels_file",
       .type = Type::path,
       .fallback = "",
       .meaning =
           "label volume of scar and border zone (NRRD, NIfTI, MetaImage; patient coordinates, any grid); a wall "
           "cell takes the label at its middle, for electrophysiology.regions",
       .exists = Exists::file},
      {.key = "mitral_area_fraction",
       .fallback = 0.2,
       .range = "[0.02, 0.5]",
       .meaning = "area of the mitral orifice over that of the basal lid"},
      {.key = "aortic_area_fraction",
       .fallback = 0.12,
       .range = "[0.02, 0.4]",
       .meaning = "area of the aortic orifice over that of the basal lid"},
      {.key = "aortic_angle_deg",
       .fallback = 30.0,
       .unit = "deg",
       .range = "[-180, 180]",
       .meaning = "direction of the aortic orifice on the lid, from the right ventricle towards the anterior wall"},
      {.key = "rv_direction",
       .type = Type::vec3,
       .fallback = {0, 0, 0},
       .meaning = "from the left to the right ventricle, LPS; zero: taken from the RV label"},
      {.key = "fibre_endo_deg",
       .fallback = 60.0,
       .unit = "deg",
       .range = "[-90, 90]",
       .meaning = "helix angle at the endocardium"},
      {.key = "fibre_epi_deg",
       .fallback = -60.0,
       .unit = "deg",
       .range = "[-90, 90]",
       .meaning = "helix angle at the epicardium"},
      {.key = "smoothing_sweeps",
       .type = Type::integer,
       .fallback = 6,
       .range = "[0, 100]",
       .meaning = "sweeps of optimal-Delaunay smoothing over all points after refinement"},
      {.key = "improvement_goal_deg",
       .fallback = 18.0,
       .unit = "deg",
       .range = "[0, 30]",
       .meaning = "dihedral angle that the pass over bad tetrahedra works towards"},
      {.key = "improvement_passes",
       .type = Type::integer,
       .fallback = 12,
       .range = "[0, 100]",
       .meaning = "most passes over bad tetrahedra"},
      {.key = "smallest_dihedral_deg",
       .fallback = 15.0,
       .unit = "deg",
       .range = "[0, 60]",
       .meaning = "gate: every dihedral angle is larger"},
      {.key = "largest_aspect_ratio",
       .fallback = 1000.0,
       .range = "[2, inf)",
       .meaning = "gate: longest edge over smallest altitude of every tetrahedron is smaller"},
      {.key = "volume_error_percent",
       .fallback = 1.0,
       .unit = "%",
       .range = "(0, 50]",
       .meaning = "gate: volume of each region against the labels"},
      {.key = "orifice_triangles",
       .type = Type::integer,
       .fallback = 12,
       .range = "[1, 1000]",
       .meaning = "gate: least number of triangles on each orifice"},
      {.key = "max_attempts",
       .type = Type::integer,
       .fallback = 3,
       .range = "[1, 10]",
       .meaning = "remeshings with refined parameters before giving up"},
      {.key = "refinement_factor",
       .fallback = 0.8,
       .range = "[0.3, 0.95]",
       .meaning = "edge lengths are multiplied with this from attempt to attempt"},
  };
}

config::Spec all_parameters() {
  config::Spec spec = heart_parameters();
  for (config::Parameter& parameter : vessel_parameters()) spec.push_back(std::move(parameter));
  return spec;
}

Limits limits_of(const config::Section& c) {
  return {c.number("smallest_dihedral_deg"), c.number("largest_aspect_ratio"), c.number("volume_error_percent"),
          static_cast<int>(c.integer("orifice_triangles"))};
}

/// CGAL bounds circumscribed radii; a mean edge of h comes out with a bound of 0.8 h (tests: mesh size).
/// `scale`: of both edges, to reach a wanted number of elements.
Sizes sizes_of(const config::Section& c, int attempt, double scale) {
  const double factor = scale * std::pow(c.number("refinement_factor"), attempt - 1);
  return {0.8 * factor * c.number("wall_edge_mm"), 0.8 * factor * c.number("blood_edge_mm"),
          factor * c.number("surface_distance_mm")};
}

Effort effort_of(const config::Section& c, int attempt) {
  return {static_cast<int>(c.integer("smoothing_sweeps")) + 2 * (attempt - 1), c.number("improvement_goal_deg"),
          static_cast<int>(c.integer("improvement_passes"))};
}

/// From the left ventricle's axis to the middle of the right one's wall, if the mesh has one.
std::optional<Vec3> towards_rv_wall(const HeartMesh& heart) {
  Vec3 sum{};
  double count = 0;
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (heart.region[c] != artifacts::region_rv_wall) continue;
    for (const auto p : heart.cells[c]) sum = sum + heart.points[p], ++count;
  }
  if (count == 0) return {};
  return (1 / count) * sum - find_long_axis(heart).base_centre;
}

/// Where the right ventricle lies, from the parameter, from what is seen of it, or by assumption.
Vec3 rv_direction(stage::Context& context, const std::optional<Vec3>& seen) {
  const Vec3 given = context.config.vec3("rv_direction");
  if (core::norm(given) > 0) return given;
  if (seen) return *seen;
  context.findings.assumption(
      "no right ventricle in labels or mesh and no rv_direction: it is taken to lie to the patient's "
      "right and front, which places orifices and AHA segments");
  return {-1, -1, 0};
}

void note_attempt(stage::Context& context, int attempt, const Sizes& sizes, const Attempt& made,
                  const Verdict& verdict) {
  nlohmann::json errors;
  std::string volumes;
  for (const auto& [region, percent] : verdict.error_percent) {
    const auto name = artifacts::region_name(region);
    errors[std::string(name)] = percent;
    volumes += fmt::format(", {} {:+.2f} %", name, percent);
  }
  context.log.info(
      "attempt {}: {} tetrahedra, smallest dihedral angle {:.1f} deg ({} under the goal before improvement, {} "
      "after){}: {}",
      attempt, made.mesh.cells.size(), verdict.quality.smallest_dihedral_deg, made.improvement.bad_before,
      made.improvement.bad_after, volumes, verdict.passed() ? "passed" : verdict.text());
  context.audit("meshing.attempt", {{"attempt", attempt},
                                    {"wall_size_mm", sizes.wall_mm},
                                    {"blood_size_mm", sizes.blood_mm},
                                    {"tetrahedra", made.mesh.cells.size()},
                                    {"smallest_dihedral_deg", verdict.quality.smallest_dihedral_deg},
                                    {"volume_error_percent", errors},
                                    {"passed", verdict.passed()},
                                    {"faults", verdict.faults}});
}

[[noreturn]] void give_up(int attempts, const Verdict& last) {
  core::fail_numerical({.where = "meshing: quality gate",
                        .expected = "a mesh within all limits",
                        .found = fmt::format("after {} attempt{}: {}", attempts, attempts == 1 ? "" : "s", last.text()),
                        .remedy =
                            "look at the labels for thin or ragged places; lower wall_edge_mm and blood_edge_mm, raise "
                            "smoothing_voxels or max_attempts"});
}

using Mesher = std::function<Attempt(const Sizes&, const Effort&)>;

/// By how much edges must be scaled to come from so many elements to those wanted; 1 where they are near enough.
double rescaling(std::int64_t wanted, std::size_t found) {
  constexpr double near_enough = 0.1;
  const double ratio = static_cast<double>(found) / static_cast<double>(std::max<std::int64_t>(wanted, 1));
  return wanted == 0 || found == 0 || std::abs(ratio - 1) < near_enough ? 1 : std::cbrt(ratio);
}

/// The gate's loop: refine until a mesh passes.
mesh::TetMesh mesh_labels(stage::Context& context, const Mesher& mesher, const Target& target, Verdict& verdict) {
  const config::Section& c = context.config;
  const int attempts = static_cast<int>(c.integer("max_attempts"));
  const std::int64_t wanted = c.integer("target_elements");
  double scale = 1;
  constexpr int most_rescalings = 3;
  for (int attempt = 1, rescalings = 0; attempt <= attempts; ++attempt) {
    const Sizes sizes = sizes_of(c, attempt, scale);
    Attempt made;
    verdict = {};
    try {
      made = mesher(sizes, effort_of(c, attempt));
      verdict = judge(made.mesh, limits_of(c), target);
      if (made.leaks > 0) verdict.faults.push_back(fmt::format("blood leaks at {} faces", made.leaks));
    } catch (const std::exception& error) {
      verdict.faults.push_back(fmt::format("the mesher broke down: {}", error.what()));
    }
    note_attempt(context, attempt, sizes, made, verdict);
    if (const double factor = rescaling(wanted, made.mesh.cells.size());
        factor != 1 && rescalings < most_rescalings) {  // no failure: this attempt does not count
      scale *= factor;
      ++rescalings, --attempt;
      continue;
    }
    if (verdict.passed()) {
      context.findings.quantity("attempts", attempt, "1");
      return std::move(made.mesh);
    }
  }
  give_up(attempts, verdict);
}

void write_surfaces(stage::Context& context, const HeartMask& mask, const LabelField& field) {
  const int iterations = static_cast<int>(context.config.integer("surface_smoothing_iterations"));
  std::vector<std::uint8_t> wall_mask(mask.heart.size()), cavity_mask(mask.heart.size());
  const artifacts::Geometry& g = mask.geometry;
  std::int64_t n = 0;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++n) {
        const Vec3 x = g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const bool below = field.height(x) <= 0;
        wall_mask[n] = below && mask.heart[n] && !mask.blood[n] && !(field.has_rv() && mask.rv[n]);
        cavity_mask[n] = below && mask.blood[n];
      }
  for (const auto& [name, voxels, expected] : {std::tuple{"wall", &wall_mask, field.wall_volume_mm3()},
                                               std::tuple{"cavity", &cavity_mask, field.blood_volume_mm3()}}) {
    const TriangleSurface surface = marching_cubes(g, *voxels, iterations);
    const std::string group = std::string("/state/surfaces/") + name;
    context.artifacts.output().write(group + "/points", surface.points);
    context.artifacts.output().write(group + "/triangles", surface.triangles);
    const double error = 100 * (surface.volume_mm3() - expected) / expected;
    context.findings.quantity(std::string("surface.") + name + "_volume_error", error, "%");
    if (std::abs(error) > 5)
      context.findings.warning(
          fmt::format("the smoothed {} surface's volume is {:+.1f} % off the labels", name, error));
  }
}

HeartMesh to_heart(mesh::TetMesh mesh) {
  HeartMesh heart;
  heart.points = std::move(mesh.points);
  heart.cells = std::move(mesh.cells);
  heart.region = std::move(mesh.region);
  heart.triangles = std::move(mesh.triangles);
  heart.surface = std::move(mesh.surface);
  return heart;
}

Anatomy segmented(stage::Context& context) {
  if (!context.artifacts.has(Anatomy::id))
    core::fail_input({.where = "meshing.source = labels",
                      .expected = "the artifact `anatomy` of an earlier segmentation",
                      .found = "none",
                      .remedy = "run segmentation first, or set meshing.source to \"file\" with a mesh_file"});
  return context.artifacts.read<Anatomy>();
}

Anatomy by_formula(stage::Context& context) {
  const Vec3 lv = context.config.vec3("biventricle_lv_mm"), rv = context.config.vec3("biventricle_rv_mm");
  for (const auto& [key, size] : {std::pair{"biventricle_lv_mm", lv}, {"biventricle_rv_mm", rv}})
    for (const double length : size)
      if (!(length >= 2 && length <= 200))
        core::fail_configuration({.where = std::string("meshing.") + key,
                                  .expected = "three lengths between 2 and 200 mm",
                                  .found = fmt::format("{:g}, {:g}, {:g}", size[0], size[1], size[2]),
                                  .remedy = "leave it out for a healthy adult's"});
  if (rv[1] <= 0.3 * lv[1])
    core::fail_configuration({.where = "meshing.biventricle_rv_mm",
                              .expected = fmt::format("a length of more than {:g} mm", 0.3 * lv[1]),
                              .found = fmt::format("{:g} mm", rv[1]),
                              .remedy = "lengthen it: the left ventricle is widest at a quarter of its length"});
  context.findings.assumption(
      "both ventricles are made by formula, with the sizes of a healthy adult unless they were given; no patient "
      "enters");
  return make_biventricle({lv[0], lv[1], lv[2], rv[0], rv[1]});
}

/// Four chambers, walls around the ventricles, great vessels; no basal plane.
HeartMesh from_chambers(stage::Context& context, const Anatomy& anatomy, Verdict& verdict, Vec3& towards_rv) {
  const config::Section& c = context.config;
  const double smoothing = c.number("smoothing_voxels"), voxel = anatomy.geometry.spacing[0];
  constexpr double usual_right_wall_mm = 3;
  double right_mm = c.number("rv_wall_mm");
  if (right_mm == 0) {
    right_mm = usual_right_wall_mm;
    context.findings.assumption("the right ventricle's wall is 3 mm thick (meshing.rv_wall_mm)");
  }
  const ChamberMask mask =
      chamber_mask(anatomy, {static_cast<int>(c.integer("minimal_wall_voxels")), right_mm}, 5 * smoothing * voxel);
  for (const auto& warning : mask.warnings) context.findings.warning(warning);
  const Chambers chambers = make_chambers(mask, smoothing);
  const auto timing = context.timers.scope("tetrahedra");
  const Mesher mesher = [&](const Sizes& sizes, const Effort& effort) {
    return mesh_chambers(chambers, sizes, effort);
  };
  HeartMesh heart = to_heart(mesh_labels(context, mesher, target_of(chambers), verdict));
  towards_rv = rv_direction(context, towards_rv_wall(heart));
  return heart;
}

/// `rv_wall_mm`: 0 leaves the right ventricle out.
HeartMesh from_labels(stage::Context& context, const Anatomy& anatomy, double rv_wall_mm, Verdict& verdict,
                      Vec3& towards_rv) {
  const config::Section& c = context.config;
  const double smoothing = c.number("smoothing_voxels"), voxel = anatomy.geometry.spacing[0];
  const HeartMask mask =
      heart_mask(anatomy, static_cast<int>(c.integer("minimal_wall_voxels")), 5 * smoothing * voxel, rv_wall_mm);
  const LabelField field(mask, smoothing);
  for (const auto& warning : mask.warnings) context.findings.warning(warning);
  {
    const auto timing = context.timers.scope("marching cubes");
    write_surfaces(context, mask, field);
  }
  towards_rv = rv_direction(context, mask.has_rv ? std::optional(mask.rv_centre - field.blood_centre()) : std::nullopt);
  std::vector<std::string> warnings;
  const OrificeShape shape{c.number("mitral_area_fraction"), c.number("aortic_area_fraction"),
                           c.number("aortic_angle_deg")};
  const Ventricle ventricle = make_ventricle(field, towards_rv, shape, warnings);
  for (const auto& warning : warnings) context.findings.warning(warning);
  context.findings.assumption(
      "the image stops at the basal plane: the cavity is closed there by a flat lid, on which two round "
      "orifices stand for mitral and aortic valve");
  const auto timing = context.timers.scope("tetrahedra");
  const Mesher mesher = [&](const Sizes& sizes, const Effort& effort) {
    return mesh_ventricle(ventricle, sizes, effort);
  };
  return to_heart(mesh_labels(
      context, mesher,
      {{artifacts::region_lv_wall, field.wall_volume_mm3()}, {artifacts::region_lv_blood, field.blood_volume_mm3()}},
      verdict));
}

HeartMesh from_segmentation(stage::Context& context, Verdict& verdict, Vec3& towards_rv) {
  const Anatomy anatomy = segmented(context);
  return anatomy.is_whole_heart()
             ? from_chambers(context, anatomy, verdict, towards_rv)
             : from_labels(context, anatomy, context.config.number("rv_wall_mm"), verdict, towards_rv);
}

HeartMesh from_file(stage::Context& context, Verdict& verdict, Vec3& towards_rv) {
  const config::Section& c = context.config;
  const std::filesystem::path file = c.path("mesh_file");
  if (file.empty())
    core::fail_configuration({.where = "meshing.mesh_file",
                              .expected = "the path of a .vtu mesh, as meshing.source is \"file\"",
                              .found = "none",
                              .remedy = "name the file, or set meshing.source to \"labels\""});
  std::vector<std::string> warnings;
  HeartMesh heart = import_vtu(file, c.number("mesh_scale"), warnings);
  for (const auto& warning : warnings) context.findings.warning(warning);
  verdict = judge({heart.points, heart.cells, heart.region, heart.triangles, heart.surface}, limits_of(c), {});
  context.audit("meshing.import", {{"file", file.filename().string()},
                                   {"tetrahedra", heart.cells.size()},
                                   {"smallest_dihedral_deg", verdict.quality.smallest_dihedral_deg},
                                   {"passed", verdict.passed()},
                                   {"faults", verdict.faults}});
  if (!verdict.passed())
    core::fail_numerical({.where = "meshing.mesh_file: " + file.string(),
                          .expected = "a mesh within all limits of the quality gate",
                          .found = verdict.text(),
                          .remedy = "repair the mesh, or relax the limit that it misses on purpose"});
  if (verdict.volume(artifacts::region_lv_blood) == 0)
    verdict.volume_mm3[artifacts::region_lv_blood] = CurvedMesh(heart).cavity_volume();
  context.findings.quantity("attempts", 1, "1");
  towards_rv = rv_direction(context, towards_rv_wall(heart));
  return heart;
}

/// Whole numbers from 1 to 1000.
std::array<std::int32_t, 3> elements(const config::Section& c, const std::string& key) {
  const Vec3 given = c.vec3(key);
  std::array<std::int32_t, 3> count{};
  for (int d = 0; d < 3; ++d) {
    count[d] = static_cast<std::int32_t>(std::lround(std::clamp(given[d], -1.0, 1e4)));
    if (count[d] != given[d] || count[d] < 1 || count[d] > 1000)
      core::fail_configuration({.where = "meshing." + key,
                                .expected = "three whole numbers from 1 to 1000",
                                .found = fmt::format("{:g}, {:g}, {:g}", given[0], given[1], given[2]),
                                .remedy = "give the numbers of elements in the three directions"});
  }
  return count;
}

/// The gate for what is made by formula: nothing can be remeshed, so it is the numbers of elements that must change.
/// Structured elements may be flat on purpose; what they must not be is folded.
Verdict judge_made(stage::Context& context, const HeartMesh& heart, const std::string& key) {
  Limits limits = limits_of(context.config);
  limits.smallest_dihedral_deg = 0;
  Verdict verdict = judge({heart.points, heart.cells, heart.region, heart.triangles, heart.surface}, limits, {});
  if (CurvedMesh(heart).smallest_jacobian_ratio() <= 0) verdict.faults.push_back("folded quadratic elements");
  if (!verdict.passed())
    core::fail_numerical({.where = "meshing." + key,
                          .expected = "a mesh within all limits of the quality gate",
                          .found = verdict.text(),
                          .remedy = "choose numbers that make elements about as long as wide, or relax the limit"});
  return verdict;
}

HeartMesh from_slab(stage::Context& context, Verdict& verdict) {
  const config::Section& c = context.config;
  HeartMesh heart = make_slab({c.vec3("slab_size_mm"), elements(c, "slab_elements"), c.number("slab_grading")});
  verdict = judge_made(context, heart, "slab_elements");
  return heart;
}

/// Its volumes are those of the curved mesh.
HeartMesh from_ellipsoid(stage::Context& context, Verdict& verdict) {
  const config::Section& c = context.config;
  const Vec3 inner = c.vec3("ellipsoid_inner_mm"), outer = c.vec3("ellipsoid_outer_mm");
  const auto [around, along, across] = elements(c, "ellipsoid_elements");
  const Ellipsoid shape{.inner_short = inner[0],
                        .inner_long = inner[1],
                        .inner_base = inner[2],
                        .outer_short = outer[0],
                        .outer_long = outer[1],
                        .outer_base = outer[2],
                        .fibre_endo_deg = c.number("fibre_endo_deg"),
                        .fibre_epi_deg = c.number("fibre_epi_deg"),
                        .sheet = c.text("ellipsoid_sheet") == "tangential" ? Sheet::tangential : Sheet::transmural,
                        .around = around,
                        .along = along,
                        .across = across,
                        .with_blood = c.boolean("ellipsoid_blood"),
                        .apex_grading = c.number("ellipsoid_apex_grading")};
  HeartMesh heart = make_ellipsoid(shape);
  verdict = judge_made(context, heart, "ellipsoid_elements");
  const CurvedMesh curved(heart);
  const EllipsoidVolumes exact = volumes(shape);
  for (const auto& [region, volume, wanted] :
       {std::tuple{artifacts::region_lv_wall, curved.volume(artifacts::region_lv_wall), exact.wall},
        {artifacts::region_lv_blood, curved.cavity_volume(), exact.cavity}}) {
    verdict.volume_mm3[region] = volume;
    verdict.error_percent[region] = 100 * (volume / wanted - 1);
  }
  context.findings.quantity("smallest_jacobian_ratio", curved.smallest_jacobian_ratio(), "1");
  context.findings.assumption(fmt::format(
      "a truncated ellipsoid by formula; helix angles from {:g} deg (endocardium) to {:g} deg (epicardium), "
      "linear in the depth; no patient enters",
      shape.fibre_endo_deg, shape.fibre_epi_deg));
  return heart;
}

void report(stage::Context& context, const HeartMesh& heart, const Verdict& verdict) {
  auto& f = context.findings;
  f.quantity("points", static_cast<double>(heart.points.size()), "1");
  f.quantity("tetrahedra", static_cast<double>(heart.cells.size()), "1");
  const auto volume_ml = [&](artifacts::Region region) { return verdict.volume(region) / 1000; };
  f.quantity("wall_volume", volume_ml(artifacts::region_lv_wall), "ml");
  f.quantity("cavity_volume", volume_ml(artifacts::region_lv_blood), "ml");
  for (const auto region :
       {artifacts::region_rv_wall, artifacts::region_rv_blood, artifacts::region_left_atrium,
        artifacts::region_right_atrium, artifacts::region_aorta, artifacts::region_pulmonary_artery})
    if (volume_ml(region) > 0)
      f.quantity(fmt::format("{}_volume", artifacts::region_name(region)), volume_ml(region), "ml");
  for (const auto& [region, percent] : verdict.error_percent) {
    const bool wall = region == artifacts::region_lv_wall, cavity = region == artifacts::region_lv_blood;
    f.quantity(fmt::format("{}_volume_error", wall     ? "wall"
                                              : cavity ? "cavity"
                                                       : artifacts::region_name(region)),
               percent, "%");
  }
  f.quantity("max_region_volume_error", verdict.largest_error_percent(), "%");
  f.quantity("min_dihedral_angle", verdict.quality.smallest_dihedral_deg, "deg");
  f.quantity("max_aspect_ratio", verdict.quality.largest_aspect_ratio, "1");
  f.quantity("interface_roughness", verdict.roughness_deg, "deg");
  double area[artifacts::last_surface + 1] = {};
  for (std::size_t t = 0; t < heart.triangles.size(); ++t)
    area[heart.surface[t]] += core::norm(mesh::vector_area(heart.points, heart.triangles[t]));
  for (int tag = artifacts::surface_endocardium; tag <= artifacts::last_surface; ++tag)
    if (area[tag] > 0) f.quantity(fmt::format("area.{}", artifacts::surface_name(tag)), area[tag], "mm^2");
}

HeartMesh ventricles(stage::Context& context, const std::string& source, Verdict& verdict) {
  const config::Section& c = context.config;
  Vec3 towards_rv{};
  HeartMesh heart = source == "file" ? from_file(context, verdict, towards_rv)
                    : source == "biventricle"
                        ? from_labels(context, by_formula(context), c.vec3("biventricle_rv_mm")[2], verdict, towards_rv)
                        : from_segmentation(context, verdict, towards_rv);
  const auto timing = context.timers.scope("coordinates and fibres");
  const double endo = c.number("fibre_endo_deg"), epi = c.number("fibre_epi_deg");
  assign_coordinates(heart, towards_rv, {endo, epi});
  context.findings.assumption(
      fmt::format("fibres follow the Laplace-Dirichlet rule with helix angles from {:g} deg (endocardium) to {:g} "
                  "deg (epicardium)",
                  endo, epi));
  return heart;
}

HeartMesh from_source(stage::Context& context, Verdict& verdict) {
  const std::string source = context.config.text("source");
  if (source == "slab") return from_slab(context, verdict);
  if (source == "ellipsoid") return from_ellipsoid(context, verdict);
  return ventricles(context, source, verdict);
}

void label_tissue(stage::Context& context, HeartMesh& heart) {
  const std::filesystem::path file = context.config.path("tissue_labels_file");
  if (file.empty()) return;
  const std::size_t labelled =
      assign_tissue(imaging::read_label_file(file, 255,
                                             "one volume of labels 0 to 255: 0 healthy, others as "
                                             "electrophysiology.regions name them"),
                    heart);
  if (labelled == 0)
    core::fail_input({.where = "meshing.tissue_labels_file: " + file.string(),
                      .expected = "labels other than 0 in the wall",
                      .found = "none at the middle of any wall cell",
                      .remedy = "check that the volume lies in the patient coordinates of the images"});
  context.findings.quantity("labelled_tissue_cells", static_cast<double>(labelled), "1");
}

class Meshing : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {
        .name = "meshing",
        .summary =
            "one conforming tetrahedral mesh: walls and blood with surfaces, fibres and segments, or a vessel's lumen",
        .writes = {HeartMesh::id, artifacts::VesselMesh::id},  // one of them, by the source
        .reads_if_present = {Anatomy::id},
        .serial = true};
  }
  config::Spec parameters() const override { return all_parameters(); }

  stage::Outcome run(stage::Context& context) override {
    core::on_root(context.comm, [&] {
      const double start = core::wall_seconds();
      if (is_vessel(context.config.text("source"))) {
        context.artifacts.write(make_vessel(context));
        context.findings.quantity("seconds", core::wall_seconds() - start, "s");
        return;
      }
      Verdict verdict;
      HeartMesh heart = from_source(context, verdict);
      label_tissue(context, heart);
      report(context, heart, verdict);
      context.artifacts.write(heart);
      context.findings.quantity("seconds", core::wall_seconds() - start, "s");
      context.log.info("{} points, {} tetrahedra; wall {:.1f} ml, cavity {:.1f} ml", heart.points.size(),
                       heart.cells.size(), verdict.volume(artifacts::region_lv_wall) / 1000,
                       verdict.volume(artifacts::region_lv_blood) / 1000);
    });
    return stage::Outcome::complete;
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Meshing>(); }

}  // namespace cardiotwin::meshing
