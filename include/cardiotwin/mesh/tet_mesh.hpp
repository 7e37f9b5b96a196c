#pragma once
/// A tetrahedral mesh as plain arrays, whole on every rank (docs/decisions.md, "Replicated meshes").

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::mesh {

using Cell = std::array<std::int32_t, 4>;
using Triangle = std::array<std::int32_t, 3>;
using Edge = std::array<std::int32_t, 2>;

/// Lengths in mm. Cells are positively oriented. Triangles are the tagged surfaces.
struct TetMesh {
  std::vector<Vec3> points;
  std::vector<Cell> cells;
  std::vector<std::int32_t> region;  ///< per cell
  std::vector<Triangle> triangles;
  std::vector<std::int32_t> surface;  ///< per triangle
};

/// The cells of some regions as a mesh of their own, with the way back. Triangles are kept where they are faces of kept
/// cells; their normals are turned to point out of the kept cells.
struct SubMesh {
  TetMesh mesh;
  std::vector<std::int32_t> parent_point, parent_cell;
};
SubMesh extract(const TetMesh& mesh, std::span<const std::int32_t> regions);

/// Every tetrahedron split into eight, every triangle into four. Old points keep their numbers; the midpoint of
/// parents[n] = (a, b), a < b, in ascending order, is point old_points + n.
struct Refinement {
  TetMesh mesh;
  std::vector<Edge> parents;
  std::vector<std::int32_t> parent_cell;
};
Refinement refine(const TetMesh& mesh);

/// A mesh refined a number of times, and where its points come from: within a cell of the coarse mesh, as the mean of
/// four of its corners with `weight` (unused ones 0).
struct NestedMesh {
  struct Origin {
    std::array<std::int32_t, 4> point{};
    std::array<double, 4> weight{};
  };
  TetMesh coarse, fine;
  std::vector<Origin> origin;  ///< of each point of `fine`
};
NestedMesh refine(TetMesh mesh, int times);

/// The edges of a mesh, (a, b) with a < b, ascending. Node points.size() + e of a quadratic mesh is the middle of edge
/// e.
std::vector<Edge> edges(const TetMesh& mesh);

/// Values at the points of the coarse mesh, extended to the refined one by averaging over `parents`.
std::vector<double> prolong(std::span<const double> coarse, std::span<const Edge> parents);

double signed_volume(const TetMesh& mesh, const Cell& cell);  ///< [mm^3]
double volume(const TetMesh& mesh, std::int32_t region);      ///< [mm^3]
/// Vector area of a triangle: half the cross product, along its normal [mm^2].
Vec3 vector_area(std::span<const Vec3> points, const Triangle& triangle);

/// What the gate looks at.
struct Quality {
  double smallest_dihedral_deg = 180, largest_dihedral_deg = 0;
  double largest_aspect_ratio = 0;  ///< longest edge over smallest altitude, 1.22 for a regular tetrahedron
  std::int64_t inverted = 0;        ///< cells with volume <= 0
};
Quality quality(const TetMesh& mesh);
/// The six dihedral angles of one tetrahedron [deg].
std::array<double, 6> dihedral_angles(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);

/// Owner rank of each cell: recursive coordinate bisection of cell centres, the same on every rank. Parts differ by at
/// most a few cells.
std::vector<std::int32_t> partition(const TetMesh& mesh, int parts);

/// A structured box of tetrahedra (six a cube), for tests and benchmarks. Surface tags 1..6 are -x +x -y +y -z +z.
TetMesh box(const Vec3& low, const Vec3& high, std::array<std::int32_t, 3> cubes, std::int32_t region = 1);

}  // namespace cardiotwin::mesh
