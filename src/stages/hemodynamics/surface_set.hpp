#pragma once
/// Tagged triangles and their nodes, as a rank sees them.

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::hemodynamics {

struct SurfaceSet {
  std::vector<std::uint8_t> nodes;      ///< per local node, ghosts included: on the surface?
  std::vector<std::int32_t> triangles;  ///< local triangles of this rank
};
/// Local, from the replicated mesh.
SurfaceSet surface_set(const fem::Space& space, const mesh::TetMesh& mesh, std::initializer_list<std::int32_t> tags);

}  // namespace cardiotwin::hemodynamics
