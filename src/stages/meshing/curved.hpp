#pragma once
/// A heart mesh as quadratic elements have it: tetrahedra of ten nodes and triangles of six, with
/// HeartMesh::edge_points (or the straight middles, where there are none) in the middle of the edges.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::meshing {

class CurvedMesh {
 public:
  /// Keeps a reference to `heart`.
  explicit CurvedMesh(const artifacts::HeartMesh& heart);

  double volume(std::int32_t region) const;  ///< [mm^3]
  /// Between the endocardium and the flat lid through the middle of its rim [mm^3].
  double cavity_volume() const;
  /// Smallest over largest determinant of the Jacobian in an element, at its corners and the points of a quadrature of
  /// degree 5; the smallest of all elements. 1 in a straight mesh; at most 0 where one is folded.
  double smallest_jacobian_ratio() const;

 private:
  Vec3 middle(std::int32_t a, std::int32_t b) const;
  std::array<Vec3, 10> nodes(const mesh::Cell& cell) const;

  const artifacts::HeartMesh& heart_;
  mesh::EdgeIndex edges_;
};

}  // namespace cardiotwin::meshing
