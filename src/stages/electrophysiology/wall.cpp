#include "wall.hpp"

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

/// Unit vectors around the long axis through the middle of the walls, one a point.
std::vector<Vec3> around_axis(const std::vector<Vec3>& points, const Vec3& axis) {
  Vec3 middle{0, 0, 0};
  for (const Vec3& x : points) middle = middle + (1.0 / static_cast<double>(points.size())) * x;
  std::vector<Vec3> around;
  for (const Vec3& x : points) around.push_back(normalised(cross(axis, x - middle)));
  return around;
}

/// Fibres are directions without a sign: is the second one's opposite meant in a mean of both? Across a wall one
/// element thick the helix turns by more than 90 degrees, and only the sense around the axis leads through the
/// circumferential direction. Where that sense is not clear (apex, slab), the smaller turn is taken.
bool opposed(const Vec3& a, const Vec3& b, const Vec3& around_a, const Vec3& around_b) {
  constexpr double clear = 0.2, same_place = 0.7;
  const Vec3 sense = normalised(around_a + around_b);
  const double along_a = dot(a, sense), along_b = dot(b, sense);
  const bool is_clear = dot(around_a, around_b) > same_place && std::abs(along_a) > clear && std::abs(along_b) > clear;
  return is_clear ? along_a * along_b < 0 : dot(a, b) < 0;
}

std::vector<Vec3> prolong_fibres(const std::vector<Vec3>& coarse, const std::vector<mesh::Edge>& parents,
                                 const std::vector<Vec3>& around) {
  std::vector<Vec3> fine = coarse;
  for (auto [a, b] : parents)
    fine.push_back(
        normalised(coarse[a] + (opposed(coarse[a], coarse[b], around[a], around[b]) ? -1.0 : 1.0) * coarse[b]));
  return fine;
}

/// Angles are averaged on the circle.
std::vector<double> prolong_angles(const std::vector<double>& coarse, const std::vector<mesh::Edge>& parents) {
  std::vector<double> fine = coarse;
  for (auto [a, b] : parents)
    fine.push_back(std::atan2(std::sin(coarse[a]) + std::sin(coarse[b]), std::cos(coarse[a]) + std::cos(coarse[b])));
  return fine;
}

template <class T>
std::vector<T> selected(const std::vector<T>& values, const std::vector<std::int32_t>& which) {
  std::vector<T> result;
  for (const std::int32_t i : which) result.push_back(values[i]);
  return result;
}

void refine_once(Wall& wall) {
  mesh::Refinement fine = mesh::refine(wall.mesh);
  wall.fibre = prolong_fibres(wall.fibre, fine.parents, around_axis(wall.mesh.points, wall.long_axis));
  wall.transmural = mesh::prolong(wall.transmural, fine.parents);
  wall.apicobasal = mesh::prolong(wall.apicobasal, fine.parents);
  wall.rotational = prolong_angles(wall.rotational, fine.parents);
  wall.aha_segment = selected(wall.aha_segment, fine.parent_cell);
  wall.tissue = selected(wall.tissue, fine.parent_cell);
  wall.mesh = std::move(fine.mesh);
}

}  // namespace

Wall prepare_wall(const artifacts::HeartMesh& heart, int refine) {
  const mesh::TetMesh whole{heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
  mesh::SubMesh part =
      mesh::extract(whole, std::vector<std::int32_t>{artifacts::region_lv_wall, artifacts::region_rv_wall});
  if (part.mesh.cells.empty())
    fail_input({.where = "artifact heart_mesh",
                .expected = "cells of region 1 or 3, the walls of the ventricles",
                .found = "none",
                .remedy = "check the region tags of the mesh that meshing made or imported"});
  Wall wall;
  wall.long_axis = heart.long_axis;
  wall.mesh = std::move(part.mesh);
  wall.heart_point = std::move(part.parent_point);
  for (const std::int32_t p : wall.heart_point) wall.fibre.push_back(normalised(heart.fibre[p]));
  wall.transmural = selected(heart.transmural, wall.heart_point);
  wall.apicobasal = selected(heart.apicobasal, wall.heart_point);
  wall.rotational = selected(heart.rotational, wall.heart_point);
  wall.aha_segment = selected(heart.aha_segment, part.parent_cell);
  wall.tissue = heart.tissue.empty() ? std::vector<std::int32_t>(part.parent_cell.size(), 0)
                                     : selected(heart.tissue, part.parent_cell);
  for (int i = 0; i < refine; ++i) refine_once(wall);
  return wall;
}

void keep_cells(Wall& wall, const std::vector<bool>& keep) {
  for (std::size_t c = 0; c < keep.size(); ++c)
    if (!keep[c]) wall.mesh.region[c] = 0;
  const std::int32_t walls[] = {artifacts::region_lv_wall, artifacts::region_rv_wall};
  mesh::SubMesh part = mesh::extract(wall.mesh, walls);
  if (part.mesh.cells.empty())
    fail_input({.where = "electrophysiology.regions",
                .expected = "some wall that conducts",
                .found = "scar everywhere",
                .remedy = "make the scar smaller"});
  Wall rest;
  rest.long_axis = wall.long_axis;
  rest.mesh = std::move(part.mesh);
  for (const std::int32_t p : part.parent_point)
    if (p < static_cast<std::int32_t>(wall.heart_point.size())) rest.heart_point.push_back(wall.heart_point[p]);
  rest.fibre = selected(wall.fibre, part.parent_point);
  rest.transmural = selected(wall.transmural, part.parent_point);
  rest.apicobasal = selected(wall.apicobasal, part.parent_point);
  rest.rotational = selected(wall.rotational, part.parent_point);
  rest.aha_segment = selected(wall.aha_segment, part.parent_cell);
  rest.tissue = selected(wall.tissue, part.parent_cell);
  wall = std::move(rest);
}

double mean_edge(const mesh::TetMesh& mesh) {
  // Over cells, so that an edge counts once for each cell around it: close enough, and no edge list is needed.
  double sum = 0;
  for (const mesh::Cell& cell : mesh.cells)
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j) sum += norm(mesh.points[cell[i]] - mesh.points[cell[j]]);
  return sum / (6 * static_cast<double>(mesh.cells.size()));
}

}  // namespace cardiotwin::electrophysiology
