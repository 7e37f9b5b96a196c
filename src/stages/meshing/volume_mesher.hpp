#pragma once
/// Delaunay refinement of a labelled domain: the one place where CGAL's solid meshes are used.

#include <functional>
#include <optional>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

/// What lies at a point of space. `wall` and `blood` are the region numbers of artifacts::HeartMesh; the others are
/// not meshed. Keeping them apart makes each of their borders with the wall a surface of its own.
enum Space : int { outside = 0, wall = 1, blood = 2, rv_cavity = 8, above_base = 9 };

/// A closed line that must appear as a ring of mesh edges, each no longer than `edge_mm`. The first point is not
/// repeated.
struct Ring {
  std::vector<Vec3> points;
  double edge_mm = 1;
};

struct Domain {
  std::function<int(const Vec3&)> space;  ///< a value of Space at every point
  Vec3 centre{};                          ///< a point inside the blood
  std::optional<Vec3> rv_centre;          ///< a point inside the right cavity, if there is one
  double radius_mm = 0;                   ///< a sphere about `centre` that holds wall and blood
  std::vector<Ring> rings;
};

struct Sizes {
  double wall_mm = 5, blood_mm = 5;  ///< bound on the circumscribed radius of cells and of surface facets
  double distance_mm = 0.5;          ///< bound on the distance between a facet and the surface
};

/// One conforming mesh of wall and blood, regions set, no triangles. Deterministic: the same input gives the same bits.
/// Serial; throws std::runtime_error with CGAL's words when the refinement breaks down.
mesh::TetMesh tetrahedralise(const Domain& domain, const Sizes& sizes);

}  // namespace cardiotwin::meshing
