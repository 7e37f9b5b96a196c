#pragma once
/// Directions of the wall that follow from its coordinates.

#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mechanics {

/// Per cell of the wall, unit vectors in the wall; zero at the apex, where the wall is across the axis.
struct WallDirections {
  std::vector<Vec3> longitudinal;     ///< towards the base
  std::vector<Vec3> circumferential;  ///< around the long axis
};
WallDirections wall_directions(const artifacts::HeartMesh& heart, const mesh::SubMesh& wall);

}  // namespace cardiotwin::mechanics
