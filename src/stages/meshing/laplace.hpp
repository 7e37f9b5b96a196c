#pragma once
/// Harmonic functions on a wall: -div grad f = 0 with f given on some points, no flux elsewhere. Linear elements.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

struct Given {
  std::int32_t point;
  double value;
};

/// Values at the points of the mesh, every one of which must belong to a cell. Serial: runs on the calling process
/// alone.
std::vector<double> harmonic(const mesh::TetMesh& mesh, std::span<const Given> given);

/// Gradient at the points: mean of the cells around, weighted with their volume.
std::vector<Vec3> point_gradient(const mesh::TetMesh& mesh, std::span<const double> values);

}  // namespace cardiotwin::meshing
