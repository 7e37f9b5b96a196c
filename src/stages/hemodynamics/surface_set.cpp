#include "surface_set.hpp"

#include <algorithm>

namespace cardiotwin::hemodynamics {

SurfaceSet surface_set(const fem::Space& space, const mesh::TetMesh& mesh, std::initializer_list<std::int32_t> tags) {
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

}  // namespace cardiotwin::hemodynamics
