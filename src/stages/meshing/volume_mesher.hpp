#pragma once
/// Delaunay refinement of a labelled domain: the one place where CGAL's solid meshes are used.

#include <functional>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

/// What lies at a point of space: 0 for the outside, a region of artifacts::HeartMesh, or one of these, which are not
/// meshed either. Keeping them apart makes each of their borders with the wall a surface of its own.
enum Space : int { outside = 0, wall = 1, blood = 2, rv_cavity = 20, above_base = 21 };
inline bool is_meshed(int space) { return space > outside && space < rv_cavity; }

/// A line that must appear as a chain of mesh edges, each no longer than `edge_mm`. The first point of a closed one is
/// not repeated; the ends of an open one may be shared with others, exactly.
struct Ring {
  std::vector<Vec3> points;
  double edge_mm = 1;
  bool closed = true;
};

struct Cavity {
  int space = blood;
  Vec3 centre{};  ///< a point inside
};

struct Domain {
  std::function<int(const Vec3&)> space;  ///< at every point
  Vec3 centre{};                          ///< a point that is meshed
  std::vector<Cavity> cavities;           ///< to be found by the refinement, however coarse
  double radius_mm = 0;                   ///< a sphere about `centre` that holds all that is meshed
  std::vector<Ring> rings;
};

struct Sizes {
  double wall_mm = 5,
         blood_mm = 5;  ///< of walls, of all else: bound on the circumscribed radius of cells and of surface facets
  double distance_mm = 0.5;  ///< bound on the distance between a facet and the surface
};

/// One conforming mesh of all that is meshed, regions set, no triangles. Deterministic: the same input gives the same
/// bits. Serial; throws std::runtime_error with CGAL's words when the refinement breaks down.
mesh::TetMesh tetrahedralise(const Domain& domain, const Sizes& sizes);

}  // namespace cardiotwin::meshing
