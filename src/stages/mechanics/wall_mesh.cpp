#include "wall_mesh.hpp"

#include <algorithm>

#include "anatomy.hpp"
#include "cardiotwin/core/log.hpp"
#include "cardiotwin/mesh/edge_index.hpp"
#include "settings.hpp"

namespace cardiotwin::mechanics {
namespace {

using artifacts::HeartMesh;

/// Values at the edges of the wall out of those of the whole mesh.
std::vector<Vec3> at_edges(const std::vector<Vec3>& values, const mesh::EdgeIndex& whole, const mesh::SubMesh& sub) {
  std::vector<Vec3> result;
  if (values.empty()) return result;
  for (const auto& [a, b] : mesh::edges(sub.mesh))
    result.push_back(values[whole.find(sub.parent_point[a], sub.parent_point[b])]);
  return result;
}

/// Values within the cells of the wall out of those of the whole mesh.
std::vector<Vec3> within_cells(const std::vector<Vec3>& values, const mesh::SubMesh& sub) {
  std::vector<Vec3> result;
  if (values.empty()) return result;
  for (const std::int32_t c : sub.parent_cell)
    for (std::size_t k = 0; k < artifacts::cell_points; ++k) result.push_back(values[artifacts::cell_points * c + k]);
  return result;
}

void check(const HeartMesh& heart, const mesh::SubMesh& sub) {
  if (sub.mesh.cells.empty())
    core::fail_input({.where = "mechanics: heart_mesh",
                      .expected = "tetrahedra of the LV wall (region 1)",
                      .found = "none",
                      .remedy = "check the segmentation and the mesh"});
  const auto inverted = mesh::quality(sub.mesh).inverted;
  if (inverted > 0)
    core::fail_input({.where = "mechanics: heart_mesh",
                      .expected = "tetrahedra of positive volume",
                      .found = fmt::format("{} of {} inverted or flat", inverted, sub.mesh.cells.size()),
                      .remedy = "mesh again; an imported mesh needs its vertices in positive order"});
  if (std::ranges::count(heart.surface, artifacts::surface_endocardium) == 0)
    core::fail_input({.where = "mechanics: heart_mesh",
                      .expected = "triangles of the endocardium (surface 1)",
                      .found = "none",
                      .remedy = "tag the surface that the cavity's pressure loads"});
  if (const auto borders = rims(sub.mesh, artifacts::surface_endocardium); borders > 1)
    core::fail_input({.where = "mechanics: heart_mesh",
                      .expected = "an endocardium (surface 1) with one border, at its base",
                      .found = fmt::format("{} borders: the cavity is not closed", borders),
                      .remedy = "tag every triangle between wall and cavity"});
}

std::vector<stage::Place> places(const HeartMesh& heart, const mesh::SubMesh& sub) {
  std::vector<stage::Place> result;
  for (std::int32_t c : sub.parent_cell) {
    stage::Place place{.aha_segment = heart.aha_segment.empty() ? 0 : heart.aha_segment[c],
                       .tissue = heart.tissue.empty() ? 0 : heart.tissue[c]};
    for (std::int32_t p : heart.cells[c]) {
      place.middle = place.middle + 0.25 * heart.points[p];
      place.depth += 0.25 * heart.transmural[p];
    }
    result.push_back(place);
  }
  return result;
}

}  // namespace

WallMesh wall_mesh(const HeartMesh& heart, const artifacts::Activation* activation, const config::Section& config) {
  WallMesh wall;
  const std::int32_t regions[] = {artifacts::region_lv_wall};
  const mesh::TetMesh whole{heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
  wall.sub = mesh::extract(whole, regions);
  check(heart, wall.sub);
  WallSetup& setup = wall.setup;
  const std::string tension = config.text("tension");
  if (!activation && (tension == "twitch" || tension == "land_2017"))
    core::fail_input({.where = "mechanics: activation",
                      .expected = "activation times, which start the tension",
                      .found = "none",
                      .remedy = "run electrophysiology before, or set mechanics.tension to \"given\" or \"none\""});
  if (activation && activation->activation_time_ms.size() != heart.points.size())
    core::fail_input({.where = "mechanics: activation",
                      .expected = fmt::format("one time for each of the {} points of heart_mesh", heart.points.size()),
                      .found = std::to_string(activation->activation_time_ms.size()),
                      .remedy = "rerun electrophysiology on this mesh"});
  setup.tissue = tissue(config);
  setup.order = config.text("element") == "p2_p1" ? 2 : 1;
  setup.density = config.number("density_kg_per_m3") / 1000;
  setup.alpha.radius = config.number("spectral_radius");
  setup.supports = supports(config);
  if (config.text("base_support") == "clamped") setup.clamped = {artifacts::surface_base};
  setup.cavity_surface = artifacts::surface_endocardium;
  for (std::int32_t p : wall.sub.parent_point) {
    setup.fibre.push_back(heart.fibre[p]);
    setup.sheet.push_back(heart.sheet[p]);
    if (activation) setup.activation.push_back(activation->activation_time_ms[p]);
  }
  const mesh::EdgeIndex edges(whole);
  setup.edge_points = at_edges(heart.edge_points, edges, wall.sub);
  setup.cell_fibre = within_cells(heart.cell_fibre, wall.sub);
  setup.cell_sheet = within_cells(heart.cell_sheet, wall.sub);
  const std::vector<stage::Place> cells = places(heart, wall.sub);
  for (Support& support : further_supports(config, wall.sub.mesh, cells)) setup.supports.push_back(std::move(support));
  RegionFactors factors = region_factors(config, cells);
  setup.cell_stiffness = std::move(factors.stiffness);
  setup.cell_tension = std::move(factors.tension);
  setup.circumferential = wall_directions(heart, wall.sub).circumferential;
  return wall;
}

std::vector<MaterialPoint> probe_points(const config::Section& config, const Wall& wall) {
  constexpr double farthest_mm = 1;  // from the surface of a straight-sided mesh
  std::vector<MaterialPoint> result;
  for (const config::Section& probe : config.list("probes")) {
    const Vec3 x = probe.vec3("position_mm");
    auto [point, away] = wall.find(x);
    if (away > farthest_mm)
      core::fail_configuration({.where = "mechanics.probes: " + probe.text("name"),
                                .expected = fmt::format("a position within {} mm of the wall", farthest_mm),
                                .found = fmt::format("({}, {}, {}), {:.1f} mm away", x[0], x[1], x[2], away),
                                .remedy = "give the position in patient coordinates [mm]"});
    result.push_back(std::move(point));
  }
  return result;
}

}  // namespace cardiotwin::mechanics
