#pragma once
/// Shape functions of P1 and P2 tetrahedra and triangles, and quadrature on them.

#include <array>
#include <span>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::fem {

/// Points in the reference simplex and weights that sum to its measure (1/6 or 1/2).
struct Quadrature {
  std::vector<Vec3> points;
  std::vector<double> weights;
};
/// Exact for polynomials up to `degree` (1 to 5 for tetrahedra, 1 to 5 for triangles; std::logic_error beyond).
Quadrature tetrahedron_quadrature(int degree);
Quadrature triangle_quadrature(int degree);

/// Values (nodes) and reference gradients (nodes x 3) at a reference point, in the node order of fem::Space.
void tetrahedron_shape(int order, const Vec3& xi, std::span<double> values, std::span<Vec3> gradients);
/// Values and reference gradients (nodes x 2, third component 0) on the triangle.
void triangle_shape(int order, const Vec3& xi, std::span<double> values, std::span<Vec3> gradients);

/// An affine tetrahedron: constant gradients of the barycentric coordinates [1/mm] and its volume [mm^3].
struct AffineCell {
  std::array<Vec3, 4> gradients;
  double volume;
};
AffineCell affine_cell(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);

}  // namespace cardiotwin::fem
