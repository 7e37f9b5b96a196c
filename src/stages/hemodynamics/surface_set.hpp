#pragma once
/// Tagged triangles and their nodes, as a rank sees them.

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "halo.hpp"

namespace cardiotwin::hemodynamics {

struct SurfaceSet {
  std::vector<std::uint8_t> nodes;      ///< per local node, ghosts included: on the surface?
  std::vector<std::int32_t> triangles;  ///< local triangles of this rank
};
/// Local, from the replicated mesh.
SurfaceSet surface_set(const fem::Space& space, const mesh::TetMesh& mesh, const std::vector<std::int32_t>& tags);

/// Triangles of the whole mesh with one of the tags. Local.
std::vector<mesh::Triangle> tagged(const mesh::TetMesh& mesh, const std::vector<std::int32_t>& tags);

/// Half the cross product of two edges, along the normal of local triangle `t` whose nodes are at `x` [mm^2].
Vec3 vector_area(const fem::Space& space, std::span<const Vec3> x, std::int32_t t);

/// Of a nodal field through local triangles, exactly: this rank's part [mm^3/ms].
double flux(const fem::Space& space, std::span<const Vec3> x, std::span<const std::int32_t> triangles,
            const Vectors& field);

}  // namespace cardiotwin::hemodynamics
