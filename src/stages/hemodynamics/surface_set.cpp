#include "surface_set.hpp"

#include <algorithm>

namespace cardiotwin::hemodynamics {

SurfaceSet surface_set(const fem::Space& space, const mesh::TetMesh& mesh, const std::vector<std::int32_t>& tags) {
  const auto tagged = [&](std::size_t t) { return std::find(tags.begin(), tags.end(), mesh.surface[t]) != tags.end(); };
  std::vector<std::uint8_t> on_surface(mesh.points.size(), 0);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (tagged(t))
      for (std::int32_t point : mesh.triangles[t]) on_surface[point] = 1;
  SurfaceSet set;
  for (std::int32_t node : space.node()) set.nodes.push_back(on_surface[node]);
  for (std::size_t t = 0; t < space.triangles().size(); ++t)
    if (tagged(space.triangles()[t])) set.triangles.push_back(static_cast<std::int32_t>(t));
  return set;
}

std::vector<mesh::Triangle> tagged(const mesh::TetMesh& mesh, const std::vector<std::int32_t>& tags) {
  std::vector<mesh::Triangle> found;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (std::find(tags.begin(), tags.end(), mesh.surface[t]) != tags.end()) found.push_back(mesh.triangles[t]);
  return found;
}

Vec3 vector_area(const fem::Space& space, std::span<const Vec3> x, std::int32_t t) {
  const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
  return 0.5 * cross(x[n[1]] - x[n[0]], x[n[2]] - x[n[0]]);
}

double flux(const fem::Space& space, std::span<const Vec3> x, std::span<const std::int32_t> triangles,
            const Vectors& field) {
  double sum = 0;
  for (std::int32_t t : triangles) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    const Vec3 area = vector_area(space, x, t);
    for (int d = 0; d < 3; ++d) sum += area[d] * (field[d][n[0]] + field[d][n[1]] + field[d][n[2]]) / 3;
  }
  return sum;
}

}  // namespace cardiotwin::hemodynamics
