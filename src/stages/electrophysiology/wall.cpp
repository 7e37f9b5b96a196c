#include "wall.hpp"

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

/// Fibres are directions without a sign: the second parent's is turned towards the first's before they are averaged.
std::vector<Vec3> prolong_fibres(const std::vector<Vec3>& coarse, const std::vector<mesh::Edge>& parents) {
  std::vector<Vec3> fine = coarse;
  for (auto [a, b] : parents)
    fine.push_back(normalised(coarse[a] + (dot(coarse[a], coarse[b]) < 0 ? -1.0 : 1.0) * coarse[b]));
  return fine;
}

/// Angles are averaged on the circle.
std::vector<double> prolong_angles(const std::vector<double>& coarse, const std::vector<mesh::Edge>& parents) {
  std::vector<double> fine = coarse;
  for (auto [a, b] : parents)
    fine.push_back(std::atan2(std::sin(coarse[a]) + std::sin(coarse[b]), std::cos(coarse[a]) + std::cos(coarse[b])));
  return fine;
}

void refine_once(Wall& wall) {
  mesh::Refinement fine = mesh::refine(wall.mesh);
  wall.fibre = prolong_fibres(wall.fibre, fine.parents);
  wall.transmural = mesh::prolong(wall.transmural, fine.parents);
  wall.apicobasal = mesh::prolong(wall.apicobasal, fine.parents);
  wall.rotational = prolong_angles(wall.rotational, fine.parents);
  std::vector<std::int32_t> segment;
  for (std::int32_t parent : fine.parent_cell) segment.push_back(wall.aha_segment[parent]);
  wall.aha_segment = std::move(segment);
  wall.mesh = std::move(fine.mesh);
}

}  // namespace

Wall prepare_wall(const artifacts::HeartMesh& heart, int refine) {
  const mesh::TetMesh whole{heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
  mesh::SubMesh part = mesh::extract(whole, std::vector<std::int32_t>{artifacts::region_lv_wall});
  if (part.mesh.cells.empty())
    fail_input({.where = "artifact heart_mesh",
                .expected = "cells of region 1, the wall of the left ventricle",
                .found = "none",
                .remedy = "check the region tags of the mesh that meshing made or imported"});
  Wall wall;
  wall.mesh = std::move(part.mesh);
  wall.heart_point = std::move(part.parent_point);
  for (std::int32_t p : wall.heart_point) {
    wall.fibre.push_back(normalised(heart.fibre[p]));
    wall.transmural.push_back(heart.transmural[p]);
    wall.apicobasal.push_back(heart.apicobasal[p]);
    wall.rotational.push_back(heart.rotational[p]);
  }
  for (std::int32_t c : part.parent_cell) wall.aha_segment.push_back(heart.aha_segment[c]);
  for (int i = 0; i < refine; ++i) refine_once(wall);
  return wall;
}

void keep_cells(Wall& wall, const std::vector<bool>& keep) {
  for (std::size_t c = 0; c < keep.size(); ++c) wall.mesh.region[c] = keep[c] ? 1 : 0;
  const std::int32_t kept = 1;
  mesh::SubMesh part = mesh::extract(wall.mesh, std::span(&kept, 1));
  if (part.mesh.cells.empty())
    fail_input({.where = "electrophysiology.regions",
                .expected = "some wall that conducts",
                .found = "scar everywhere",
                .remedy = "make the scar smaller"});
  Wall rest;
  rest.mesh = std::move(part.mesh);
  for (const std::int32_t p : part.parent_point) {
    if (p < static_cast<std::int32_t>(wall.heart_point.size())) rest.heart_point.push_back(wall.heart_point[p]);
    rest.fibre.push_back(wall.fibre[p]);
    rest.transmural.push_back(wall.transmural[p]);
    rest.apicobasal.push_back(wall.apicobasal[p]);
    rest.rotational.push_back(wall.rotational[p]);
  }
  for (const std::int32_t c : part.parent_cell) rest.aha_segment.push_back(wall.aha_segment[c]);
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
