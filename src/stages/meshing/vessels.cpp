#include "vessels.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bifurcation.hpp"
#include "boundary.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/timer.hpp"
#include "lumen.hpp"
#include "mesh_import.hpp"
#include "sweep.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::VesselMesh;
using config::Section;
using config::Type;

constexpr const char* length = "(0, inf)";

int count(const Section& c, const char* key) { return static_cast<int>(c.integer(key)); }

[[noreturn]] void refuse(const std::string& key, std::string expected, std::string found, std::string remedy) {
  core::fail_configuration({"meshing." + key, std::move(expected), std::move(found), std::move(remedy)});
}

VesselMesh box(stage::Context& context) {
  const Section& c = context.config;
  const Vec3 low = c.vec3("box_low_mm"), high = c.vec3("box_high_mm"), given = c.vec3("box_elements");
  std::array<std::int32_t, 3> elements{};
  for (int d = 0; d < 3; ++d) {
    elements[d] = static_cast<std::int32_t>(std::lround(std::clamp(given[d], -1.0, 1e4)));
    if (elements[d] != given[d] || elements[d] < 1 || elements[d] > 1000)
      refuse("box_elements", "three whole numbers from 1 to 1000",
             fmt::format("{:g}, {:g}, {:g}", given[0], given[1], given[2]),
             "give the numbers of elements along x, y, z");
    if (!(high[d] > low[d]))
      refuse("box_high_mm", fmt::format("above box_low_mm, {:g} mm, along {}", low[d], "xyz"[d]),
             fmt::format("{:g} mm", high[d]), "give the box's largest coordinates");
  }
  mesh::TetMesh made = mesh::box(low, high, elements);
  for (std::int32_t& side : made.surface) --side;
  return {std::move(made.points),
          std::move(made.cells),
          std::move(made.triangles),
          std::move(made.surface),
          {"x_low", "x_high", "y_low", "y_high", "z_low", "z_high"}};
}

VesselMesh channel(stage::Context& context) {
  const Section& c = context.config;
  const Channel shape{.length = c.number("channel_length_mm"),
                      .height = c.number("channel_height_mm"),
                      .depth = c.number("channel_depth_mm"),
                      .cylinder_x = c.number("cylinder_x_mm"),
                      .cylinder_y = c.number("cylinder_y_mm"),
                      .cylinder_diameter = c.number("cylinder_diameter_mm"),
                      .edge = c.number("channel_edge_mm"),
                      .growth = c.number("channel_growth"),
                      .cap = c.number("channel_cap_mm"),
                      .wall_edge = c.number("channel_wall_edge_mm"),
                      .layers = count(c, "channel_layers"),
                      .layer_grading = c.number("channel_layer_grading")};
  const double radius = 0.5 * shape.cylinder_diameter;
  const double gap =
      std::min({shape.cylinder_x, shape.length - shape.cylinder_x, shape.cylinder_y, shape.height - shape.cylinder_y}) -
      radius;
  if (!(gap > shape.edge))
    refuse("cylinder_diameter_mm", "a cylinder within the channel, more than channel_edge_mm from its walls",
           fmt::format("{:g} mm between them", gap), "move the cylinder, or make it thinner");
  return make_channel(shape);
}

VesselMesh pipe(stage::Context& context) {
  const Section& c = context.config;
  const Pipe shape{.radius = c.number("pipe_radius_mm"),
                   .length = c.number("pipe_length_mm"),
                   .edge = c.number("pipe_edge_mm"),
                   .wall_edge = c.number("pipe_wall_edge_mm"),
                   .layers = count(c, "pipe_layers")};
  for (const auto& [key, edge] : {std::pair{"pipe_edge_mm", shape.edge}, {"pipe_wall_edge_mm", shape.wall_edge}})
    if (edge > shape.radius)
      refuse(key, fmt::format("at most the radius, {:g} mm", shape.radius), fmt::format("{:g} mm", edge),
             "give the length of an edge");
  return make_pipe(shape);
}

VesselMesh nozzle(stage::Context& context) {
  const Section& c = context.config;
  Nozzle shape;
  shape.inlet = c.number("nozzle_inlet_mm");
  shape.outlet = c.number("nozzle_outlet_mm");
  shape.edge = c.number("nozzle_edge_mm");
  shape.wall_fraction = c.number("nozzle_wall_fraction");
  shape.stretch = c.number("nozzle_stretch");
  if (const double cone = -shape.throat_length - shape.cone_length; !(shape.inlet < cone))
    refuse("nozzle_inlet_mm", fmt::format("below {:g} mm, where the cone begins", cone),
           fmt::format("{:g} mm", shape.inlet), "leave some pipe before the cone");
  return make_nozzle(shape);
}

Tube tube(const Section& c, const std::string& key) {
  const Vec3 given = c.vec3(key);
  for (const double size : given)
    if (!(size > 0))
      refuse(key, "two radii and a length above 0 mm", fmt::format("{:g}, {:g}, {:g}", given[0], given[1], given[2]),
             "give the radii at the junction and at the opening, and the length between them");
  return {given[0], given[1], given[2]};
}

VesselMesh bifurcation(stage::Context& context) {
  const Section& c = context.config;
  const Bifurcation shape{.parent = tube(c, "bifurcation_parent_mm"),
                          .left = tube(c, "bifurcation_left_mm"),
                          .right = tube(c, "bifurcation_right_mm"),
                          .left_angle_deg = c.number("bifurcation_left_deg"),
                          .right_angle_deg = c.number("bifurcation_right_deg"),
                          .blend = c.number("bifurcation_blend_mm"),
                          .edge = c.number("bifurcation_edge_mm")};
  for (const Tube& t : {shape.parent, shape.left, shape.right})
    if (const double radius = std::min(t.radius_at_junction, t.radius_at_opening); shape.edge > 0.7 * radius)
      refuse("bifurcation_edge_mm", fmt::format("at most 0.7 of the smallest radius, {:g} mm", radius),
             fmt::format("{:g} mm", shape.edge), "give shorter edges");
  const auto timing = context.timers.scope("tetrahedra");
  Improvement improvement;
  try {
    VesselMesh vessel =
        make_bifurcation(shape, c.number("improvement_goal_deg"), count(c, "improvement_passes"), improvement);
    context.log.info("{} tetrahedra under the goal of {:g} deg before improvement, {} after", improvement.bad_before,
                     c.number("improvement_goal_deg"), improvement.bad_after);
    return vessel;
  } catch (const core::Error&) {
    throw;
  } catch (const std::exception& error) {
    core::fail_numerical({.where = "meshing.source = bifurcation",
                          .expected = "tetrahedra",
                          .found = fmt::format("the mesher broke down: {}", error.what()),
                          .remedy = "change bifurcation_edge_mm"});
  }
}

VesselMesh from_file(stage::Context& context) {
  const Section& c = context.config;
  const std::filesystem::path file = c.path("mesh_file");
  const std::vector<std::string> names = c.texts("vessel_surface_names");
  if (file.empty())
    refuse("mesh_file", "the path of a .vtu mesh, as meshing.source is \"vessel_file\"", "none", "name the file");
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size() || names.empty())
    refuse("vessel_surface_names", "the names of the file's surfaces 1, 2, ..., no two alike",
           fmt::format("[{}]", fmt::join(names, ", ")), "name them: [\"wall\", \"inlet\", \"outlet\"], say");
  std::vector<std::string> warnings;
  VesselMesh vessel = import_vessel(file, c.number("mesh_scale"), names, warnings);
  for (const auto& warning : warnings) context.findings.warning(warning);
  return vessel;
}

struct Source {
  const char* name;
  VesselMesh (*make)(stage::Context&);
};
constexpr Source sources[]{{"box", box},       {"channel", channel},         {"pipe", pipe},
                           {"nozzle", nozzle}, {"bifurcation", bifurcation}, {"vessel_file", from_file}};

/// Nothing here is remeshed: what is wrong must change in the parameters or in the file.
mesh::Quality judge(const VesselMesh& vessel, const mesh::TetMesh& mesh, double largest_aspect_ratio,
                    const std::string& source) {
  const mesh::Quality quality = mesh::quality(mesh);
  std::vector<std::string> faults = surface_defects(mesh);
  if (quality.inverted > 0) faults.push_back(fmt::format("{} inverted cells", quality.inverted));
  if (!(quality.largest_aspect_ratio < largest_aspect_ratio))
    faults.push_back(
        fmt::format("largest aspect ratio {:.1f}, limit {:g}", quality.largest_aspect_ratio, largest_aspect_ratio));
  for (std::size_t s = 0; s < vessel.surface_names.size(); ++s)
    if (std::ranges::find(vessel.surface, static_cast<std::int32_t>(s)) == vessel.surface.end())
      faults.push_back(fmt::format("no triangle on surface {}", vessel.surface_names[s]));
  if (!faults.empty())
    core::fail_numerical({.where = "meshing.source = " + source,
                          .expected = "positive cells within a closed surface",
                          .found = fmt::format("{}", fmt::join(faults, "; ")),
                          .remedy = "choose sizes that make cells about as long as wide, or repair the mesh"});
  return quality;
}

void report(stage::Context& context, const VesselMesh& vessel, const mesh::TetMesh& mesh,
            const mesh::Quality& quality) {
  auto& f = context.findings;
  const double volume_ml = mesh::volume(mesh, 1) / 1000;
  f.quantity("points", static_cast<double>(vessel.points.size()), "1");
  f.quantity("tetrahedra", static_cast<double>(vessel.cells.size()), "1");
  f.quantity("volume", volume_ml, "ml");
  f.quantity("min_dihedral_angle", quality.smallest_dihedral_deg, "deg");
  f.quantity("max_aspect_ratio", quality.largest_aspect_ratio, "1");
  std::vector<double> area(vessel.surface_names.size(), 0.0);
  for (std::size_t t = 0; t < vessel.triangles.size(); ++t)
    area[vessel.surface[t]] += core::norm(mesh::vector_area(vessel.points, vessel.triangles[t]));
  for (std::size_t s = 0; s < area.size(); ++s)
    f.quantity(fmt::format("area.{}", vessel.surface_names[s]), area[s], "mm^2");
  context.log.info("{} points, {} tetrahedra, {:.4g} ml; smallest dihedral angle {:.1f} deg", vessel.points.size(),
                   vessel.cells.size(), volume_ml, quality.smallest_dihedral_deg);
}

}  // namespace

const std::vector<std::string>& vessel_sources() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const Source& source : sources) result.emplace_back(source.name);
    return result;
  }();
  return names;
}

bool is_vessel(const std::string& source) { return std::ranges::count(vessel_sources(), source) > 0; }

config::Spec vessel_parameters() {
  using config::integer, config::number;
  return {
      {.key = "box_low_mm",
       .type = Type::vec3,
       .fallback = {0, 0, 0},
       .unit = "mm",
       .meaning = "box: smallest x, y, z"},
      {.key = "box_high_mm",
       .type = Type::vec3,
       .fallback = {1, 1, 1},
       .unit = "mm",
       .meaning = "box: largest x, y, z"},
      {.key = "box_elements",
       .type = Type::vec3,
       .fallback = {10, 10, 10},
       .meaning = "box: elements along each edge, six tetrahedra each"},
      number("channel_length_mm", 2.5, "mm", length, "channel: length along x, from the inlet at 0"),
      number("channel_height_mm", 0.41, "mm", length, "channel: height along y, from 0"),
      number("channel_depth_mm", 0.41, "mm", length, "channel: depth along z, from 0"),
      number("cylinder_x_mm", 0.5, "mm", length, "channel: x of the cylinder's axis"),
      number("cylinder_y_mm", 0.2, "mm", length, "channel: y of the cylinder's axis"),
      number("cylinder_diameter_mm", 0.1, "mm", length, "channel: diameter of the cylinder"),
      number("channel_edge_mm", 0.007, "mm", length, "channel: edge length at the cylinder, in the plane across it"),
      number("channel_wall_edge_mm", 0.007, "mm", length, "channel: the same across the cylinder's surface"),
      number("channel_growth", 0.1, "", "[0, 0.5]", "channel: growth of the edge length with the distance to it"),
      number("channel_cap_mm", 0.032, "mm", length, "channel: largest edge length in that plane"),
      integer("channel_layers", 17, "[1, 1000]", "channel: layers of elements along the cylinder"),
      number("channel_layer_grading", 0.5, "", "[0, 1]",
             "channel: 0 makes all layers as deep, 1 thin at both walls as the cosine has it"),
      number("pipe_radius_mm", 5, "mm", length, "pipe: radius"),
      number("pipe_length_mm", 20, "mm", length, "pipe: length along z, from the inlet at 0"),
      number("pipe_edge_mm", 1, "mm", length, "pipe: edge length about the axis"),
      number("pipe_wall_edge_mm", 0.5, "mm", length, "pipe: radial edge length at the wall"),
      integer("pipe_layers", 20, "[1, 10000]", "pipe: layers of elements along it"),
      number("nozzle_inlet_mm", -120, "mm", "(-inf, 0)", "nozzle: z of the inlet; the sudden expansion is at 0"),
      number("nozzle_outlet_mm", 120, "mm", length, "nozzle: z of the outlet"),
      number("nozzle_edge_mm", 0.34, "mm", "(0, 2]", "nozzle: edge length in the throat; all others scale with it"),
      number("nozzle_wall_fraction", 0.5, "", "(0, 1]",
             "nozzle: radial edge at the throat's wall and in the jet's shear layer, over nozzle_edge_mm"),
      number("nozzle_stretch", 1, "", "[0.2, 10]", "nozzle: makes layers in throat and jet this much deeper"),
      {.key = "bifurcation_parent_mm",
       .type = Type::vec3,
       .fallback = {3.2, 3.2, 20},
       .unit = "mm",
       .meaning = "bifurcation: of the parent, radius at the junction and at the inlet, and length"},
      {.key = "bifurcation_left_mm",
       .type = Type::vec3,
       .fallback = {3.2, 2.5, 25},
       .unit = "mm",
       .meaning = "bifurcation: of the left daughter, radius at the junction and at the outlet, and length"},
      {.key = "bifurcation_right_mm",
       .type = Type::vec3,
       .fallback = {2.4, 2, 25},
       .unit = "mm",
       .meaning = "bifurcation: of the right daughter, likewise"},
      number("bifurcation_left_deg", 25, "deg", "[0, 120]", "bifurcation: how far the left daughter turns off"),
      number("bifurcation_right_deg", 30, "deg", "[0, 120]", "bifurcation: how far the right daughter turns off"),
      number("bifurcation_blend_mm", 1.5, "mm", length,
             "bifurcation: surfaces of the tubes nearer to each other than this are rounded into one"),
      number("bifurcation_edge_mm", 0.6, "mm", length, "bifurcation: mean edge length"),
      {.key = "vessel_surface_names",
       .type = Type::texts,
       .fallback = config::Json::array(),
       .meaning = "vessel_file: what the surfaces 1, 2, ... of mesh_file are called"},
  };
}

VesselMesh make_vessel(stage::Context& context) {
  const std::string name = context.config.text("source");
  const auto* source = std::ranges::find_if(sources, [&](const Source& s) { return s.name == name; });
  VesselMesh vessel = source->make(context);
  const mesh::TetMesh mesh{vessel.points, vessel.cells, std::vector<std::int32_t>(vessel.cells.size(), 1),
                           vessel.triangles, vessel.surface};
  report(context, vessel, mesh, judge(vessel, mesh, context.config.number("largest_aspect_ratio"), name));
  return vessel;
}

}  // namespace cardiotwin::meshing
