#include <algorithm>
#include <limits>
#include <numbers>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mesh {

using namespace core;

double signed_volume(const TetMesh& mesh, const Cell& cell) {
  const Vec3& a = mesh.points[cell[0]];
  return dot(cross(mesh.points[cell[1]] - a, mesh.points[cell[2]] - a), mesh.points[cell[3]] - a) / 6;
}

double volume(const TetMesh& mesh, std::int32_t region) {
  double sum = 0;
  for (std::size_t c = 0; c < mesh.cells.size(); ++c)
    if (mesh.region[c] == region) sum += signed_volume(mesh, mesh.cells[c]);
  return sum;
}

Vec3 vector_area(std::span<const Vec3> points, const Triangle& triangle) {
  const Vec3& a = points[triangle[0]];
  return 0.5 * cross(points[triangle[1]] - a, points[triangle[2]] - a);
}

std::array<double, 6> dihedral_angles(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  // Outward normals of the faces opposite to a, b, c, d; two faces meet at pi minus the angle of their normals.
  const std::array<Vec3, 4> normal{normalised(cross(c - b, d - b)), normalised(cross(d - a, c - a)),
                                   normalised(cross(b - a, d - a)), normalised(cross(c - a, b - a))};
  std::array<double, 6> angles;
  int n = 0;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j)
      angles[n++] = std::acos(std::clamp(-dot(normal[i], normal[j]), -1.0, 1.0)) * 180 / std::numbers::pi;
  return angles;
}

Quality quality(const TetMesh& mesh) {
  Quality q;
  for (const Cell& cell : mesh.cells) {
    const std::array<Vec3, 4> p{mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]};
    const double six_volumes = 6 * signed_volume(mesh, cell);
    if (!(six_volumes > 0)) ++q.inverted;
    for (double angle : dihedral_angles(p[0], p[1], p[2], p[3])) {
      q.smallest_dihedral_deg = std::min(q.smallest_dihedral_deg, angle);
      q.largest_dihedral_deg = std::max(q.largest_dihedral_deg, angle);
    }
    double longest = 0, largest_twice_area = 0;
    for (int i = 0; i < 4; ++i) {
      for (int j = i + 1; j < 4; ++j) longest = std::max(longest, norm(p[i] - p[j]));
      const Vec3 &r = p[(i + 1) % 4], &s = p[(i + 2) % 4], &t = p[(i + 3) % 4];
      largest_twice_area = std::max(largest_twice_area, norm(cross(s - r, t - r)));
    }
    const double aspect =
        six_volumes > 0 ? longest * largest_twice_area / six_volumes : std::numeric_limits<double>::infinity();
    q.largest_aspect_ratio = std::max(q.largest_aspect_ratio, aspect);
  }
  return q;
}

}  // namespace cardiotwin::mesh
