#pragma once
/// The edges of a mesh with a quick way from two points to the number of the edge between them.

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mesh {

class EdgeIndex {
 public:
  explicit EdgeIndex(const TetMesh& mesh);
  /// (a, b) with a < b, ascending.
  const std::vector<Edge>& edges() const { return edges_; }
  /// Number of the edge between two points of one cell, in either order.
  std::int32_t find(std::int32_t a, std::int32_t b) const;

 private:
  std::vector<Edge> edges_;
  std::vector<std::int32_t> first_;  ///< edges whose lower end is point p are first_[p] .. first_[p + 1] - 1
};

/// The local edges of a tetrahedron in the order of the quadratic nodes 4..9 (as VTK has it).
inline constexpr std::array<std::array<int, 2>, 6> cell_edges{{{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}}};
inline constexpr std::array<std::array<int, 2>, 3> triangle_edges{{{0, 1}, {1, 2}, {2, 0}}};
/// The local faces of a tetrahedron; with positive orientation their normals point outwards.
inline constexpr std::array<std::array<int, 3>, 4> cell_faces{{{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}};

/// The one or two cells that have each tagged triangle as a face; -1 where there is none.
std::vector<std::array<std::int32_t, 2>> triangle_cells(const TetMesh& mesh);

}  // namespace cardiotwin::mesh
