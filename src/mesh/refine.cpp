// Regular ("red") refinement: a tetrahedron into four corner tetrahedra and an inner octahedron, which its shortest
// diagonal splits into four more (Bey 1995, doi 10.1007/BF02238487, takes a fixed diagonal; the shortest keeps angles
// better).

#include <algorithm>

#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mesh {

namespace {

using namespace core;

/// A diagonal of the inner octahedron (its ends) and the ring of the other four corners around it, as numbers of
/// cell_edges.
struct Diagonal {
  int from, to;
  std::array<int, 4> ring;
};
constexpr std::array<Diagonal, 3> diagonals{{
    {0, 5, {1, 2, 3, 4}},  // middles of 01 and 23
    {1, 3, {0, 2, 5, 4}},  // middles of 12 and 03
    {2, 4, {0, 1, 5, 3}},  // middles of 02 and 13
}};

double smallest_angle(const std::vector<Vec3>& points, const std::array<std::int32_t, 6>& middle, const Diagonal& d) {
  double smallest = 180;
  for (int i = 0; i < 4; ++i)
    for (double angle : dihedral_angles(points[middle[d.from]], points[middle[d.to]], points[middle[d.ring[i]]],
                                        points[middle[d.ring[(i + 1) % 4]]]))
      smallest = std::min(smallest, std::min(angle, 180 - angle));
  return smallest;
}

/// The shortest diagonal. Structured meshes have two of equal length, of which one gives flat cells: there the angles
/// decide. The margins keep rounding from deciding anything.
const Diagonal& best_diagonal(const std::vector<Vec3>& points, const std::array<std::int32_t, 6>& middle) {
  const auto length = [&](const Diagonal& d) { return norm(points[middle[d.from]] - points[middle[d.to]]); };
  const Diagonal* best = diagonals.data();
  for (const Diagonal& d : std::span(diagonals).subspan(1)) {
    const bool tie = std::abs(length(d) - length(*best)) < 1e-6 * length(*best);
    if (tie ? smallest_angle(points, middle, d) > smallest_angle(points, middle, *best) + 1e-3
            : length(d) < length(*best))
      best = &d;
  }
  return *best;
}

void add_positive(TetMesh& mesh, Cell cell, std::int32_t region) {
  if (signed_volume(mesh, cell) < 0) std::swap(cell[2], cell[3]);
  mesh.cells.push_back(cell);
  mesh.region.push_back(region);
}

}  // namespace

Refinement refine(const TetMesh& mesh) {
  const EdgeIndex index(mesh);
  const auto n_points = static_cast<std::int32_t>(mesh.points.size());
  Refinement fine;
  fine.parents = index.edges();
  fine.mesh.points = mesh.points;
  fine.mesh.points.reserve(mesh.points.size() + fine.parents.size());
  for (auto [a, b] : fine.parents) fine.mesh.points.push_back(0.5 * (mesh.points[a] + mesh.points[b]));
  fine.mesh.cells.reserve(8 * mesh.cells.size());
  fine.mesh.region.reserve(8 * mesh.cells.size());
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const Cell& v = mesh.cells[c];
    std::array<std::int32_t, 6> m;
    for (int e = 0; e < 6; ++e) m[e] = n_points + index.find(v[cell_edges[e][0]], v[cell_edges[e][1]]);
    const std::array<Cell, 4> corners{
        {{v[0], m[0], m[2], m[3]}, {v[1], m[1], m[0], m[4]}, {v[2], m[2], m[1], m[5]}, {v[3], m[3], m[5], m[4]}}};
    for (const Cell& corner : corners) add_positive(fine.mesh, corner, mesh.region[c]);
    const Diagonal& d = best_diagonal(fine.mesh.points, m);
    for (int i = 0; i < 4; ++i)
      add_positive(fine.mesh, {m[d.from], m[d.to], m[d.ring[i]], m[d.ring[(i + 1) % 4]]}, mesh.region[c]);
    for (int i = 0; i < 8; ++i) fine.parent_cell.push_back(static_cast<std::int32_t>(c));
  }
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    const Triangle& v = mesh.triangles[t];
    std::array<std::int32_t, 3> m;
    for (int e = 0; e < 3; ++e) m[e] = n_points + index.find(v[triangle_edges[e][0]], v[triangle_edges[e][1]]);
    for (const Triangle& child :
         {Triangle{v[0], m[0], m[2]}, {v[1], m[1], m[0]}, {v[2], m[2], m[1]}, {m[0], m[1], m[2]}}) {
      fine.mesh.triangles.push_back(child);
      fine.mesh.surface.push_back(mesh.surface[t]);
    }
  }
  return fine;
}

namespace {

/// Half of `a` and half of `b`, which lie in one coarse cell: together they have four points at most.
NestedMesh::Origin middle(const NestedMesh::Origin& a, const NestedMesh::Origin& b) {
  NestedMesh::Origin sum = a;
  for (double& w : sum.weight) w *= 0.5;
  for (int i = 0; i < 4; ++i) {
    if (b.weight[i] == 0) continue;
    int slot = 0;
    while (sum.weight[slot] != 0 && sum.point[slot] != b.point[i]) ++slot;
    sum.point[slot] = b.point[i];
    sum.weight[slot] += 0.5 * b.weight[i];
  }
  return sum;
}

}  // namespace

NestedMesh refine(TetMesh mesh, int times) {
  NestedMesh nested{mesh, std::move(mesh), {}};
  for (std::size_t p = 0; p < nested.coarse.points.size(); ++p)
    nested.origin.push_back({{static_cast<std::int32_t>(p)}, {1}});
  for (int i = 0; i < times; ++i) {
    Refinement finer = refine(nested.fine);
    for (auto [a, b] : finer.parents) nested.origin.push_back(middle(nested.origin[a], nested.origin[b]));
    nested.fine = std::move(finer.mesh);
  }
  return nested;
}

std::vector<double> prolong(std::span<const double> coarse, std::span<const Edge> parents) {
  std::vector<double> fine(coarse.begin(), coarse.end());
  fine.reserve(coarse.size() + parents.size());
  for (auto [a, b] : parents) fine.push_back(0.5 * (coarse[a] + coarse[b]));
  return fine;
}

}  // namespace cardiotwin::mesh
