#pragma once
/// The walls of the heart mesh, uniformly refined, with the fields that electrophysiology needs on them.

#include <cstdint>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::electrophysiology {

struct Wall {
  mesh::TetMesh mesh;                     ///< regions as in artifacts::HeartMesh: left wall, and right wall if meshed
  std::vector<std::int32_t> heart_point;  ///< point of the heart mesh for each point of the unrefined wall (first)
  std::vector<Vec3> fibre;                ///< per point, unit vectors
  std::vector<double> transmural, apicobasal, rotational;  ///< per point, as artifacts::HeartMesh has them
  std::vector<std::int32_t> aha_segment, tissue;           ///< per cell, likewise
  Vec3 long_axis{0, 0, 1};                                 ///< unit vector from apex to base
};

/// Cells of both walls refined `refine` times; throws core::Error (input) when there are none.
Wall prepare_wall(const artifacts::HeartMesh& heart, int refine);

/// Leaves only the cells whose flag is set, and the points and triangles they have; the order is kept.
void keep_cells(Wall& wall, const std::vector<bool>& keep);

/// Mean length of the edges [mm].
double mean_edge(const mesh::TetMesh& mesh);

}  // namespace cardiotwin::electrophysiology
