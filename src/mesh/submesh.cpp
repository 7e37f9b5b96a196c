#include <algorithm>

#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mesh {

namespace {

using namespace core;

/// Does the triangle's normal point away from the cell?
bool points_out(const TetMesh& mesh, const Triangle& triangle, const Cell& cell) {
  const Vec3 centre =
      0.25 * (mesh.points[cell[0]] + mesh.points[cell[1]] + mesh.points[cell[2]] + mesh.points[cell[3]]);
  return dot(vector_area(mesh.points, triangle), mesh.points[triangle[0]] - centre) > 0;
}

}  // namespace

SubMesh extract(const TetMesh& mesh, std::span<const std::int32_t> regions) {
  SubMesh part;
  std::vector<std::int32_t> local(mesh.points.size(), -1);
  std::vector<bool> kept(mesh.cells.size(), false);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    kept[c] = std::find(regions.begin(), regions.end(), mesh.region[c]) != regions.end();
    if (!kept[c]) continue;
    part.parent_cell.push_back(static_cast<std::int32_t>(c));
    for (std::int32_t p : mesh.cells[c]) local[p] = 0;
  }
  // Points keep their relative order.
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    if (local[p] < 0) continue;
    local[p] = static_cast<std::int32_t>(part.parent_point.size());
    part.parent_point.push_back(static_cast<std::int32_t>(p));
    part.mesh.points.push_back(mesh.points[p]);
  }
  for (std::int32_t c : part.parent_cell) {
    const Cell& cell = mesh.cells[c];
    part.mesh.cells.push_back({local[cell[0]], local[cell[1]], local[cell[2]], local[cell[3]]});
    part.mesh.region.push_back(mesh.region[c]);
  }
  const auto sides = triangle_cells(mesh);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    std::int32_t inside = -1;
    int kept_sides = 0;
    for (std::int32_t c : sides[t])
      if (c >= 0 && kept[c]) inside = c, ++kept_sides;
    if (kept_sides == 0) continue;
    Triangle triangle = mesh.triangles[t];
    // Between two kept cells neither side is outside: the triangle stays as it is.
    if (kept_sides == 1 && !points_out(mesh, triangle, mesh.cells[inside])) std::swap(triangle[1], triangle[2]);
    part.mesh.triangles.push_back({local[triangle[0]], local[triangle[1]], local[triangle[2]]});
    part.mesh.surface.push_back(mesh.surface[t]);
  }
  return part;
}

}  // namespace cardiotwin::mesh
