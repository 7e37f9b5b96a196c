#include <algorithm>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mesh {

TetMesh box(const Vec3& low, const Vec3& high, std::array<std::int32_t, 3> cubes, std::int32_t region) {
  const auto [nx, ny, nz] = cubes;
  TetMesh mesh;
  for (int k = 0; k <= nz; ++k)
    for (int j = 0; j <= ny; ++j)
      for (int i = 0; i <= nx; ++i)
        mesh.points.push_back({low[0] + (high[0] - low[0]) * i / nx, low[1] + (high[1] - low[1]) * j / ny,
                               low[2] + (high[2] - low[2]) * k / nz});
  const std::array<std::int32_t, 3> stride{1, nx + 1, (nx + 1) * (ny + 1)};
  // Kuhn's split: one tetrahedron for each order in which the axes are walked from the low corner to the high one.
  constexpr std::array<std::array<int, 3>, 6> walks{{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}}};
  for (int k = 0; k < nz; ++k)
    for (int j = 0; j < ny; ++j)
      for (int i = 0; i < nx; ++i) {
        const std::int32_t corner = i + stride[1] * j + stride[2] * k;
        for (std::size_t w = 0; w < walks.size(); ++w) {
          const std::int32_t a = corner + stride[walks[w][0]], b = a + stride[walks[w][1]], c = b + stride[walks[w][2]];
          mesh.cells.push_back(w < 3 ? Cell{corner, a, b, c} : Cell{corner, b, a, c});
          mesh.region.push_back(region);
        }
      }
  // Faces: the square's diagonal runs from its low to its high corner, as Kuhn's split has it.
  for (int axis = 0; axis < 3; ++axis) {
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (int side = 0; side < 2; ++side)
      for (int q = 0; q < cubes[v]; ++q)
        for (int p = 0; p < cubes[u]; ++p) {
          const std::int32_t corner = stride[u] * p + stride[v] * q + side * cubes[axis] * stride[axis];
          const std::int32_t along_u = corner + stride[u], along_v = corner + stride[v], far = along_u + stride[v];
          Triangle one{corner, along_u, far}, two{corner, far, along_v};  // normals along +axis
          if (side == 0) std::swap(one[1], one[2]), std::swap(two[1], two[2]);
          mesh.triangles.insert(mesh.triangles.end(), {one, two});
          mesh.surface.insert(mesh.surface.end(), 2, 2 * axis + side + 1);
        }
  }
  return mesh;
}

}  // namespace cardiotwin::mesh
