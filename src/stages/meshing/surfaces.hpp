#pragma once
/// Triangle surfaces of labels by marching cubes, smoothed: for pictures, and as a check on volumes.

#include <cstdint>
#include <vector>

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

struct TriangleSurface {
  std::vector<Vec3> points;               ///< [mm]
  std::vector<mesh::Triangle> triangles;  ///< normals outwards
  double volume_mm3() const;
};

/// Surface of the voxels that are 1 in `mask`, none of which may touch the grid's border. Smoothed by a windowed sinc
/// filter, a low pass that keeps the volume (Taubin, Zhang, Golub 1996), with the given number of iterations.
TriangleSurface marching_cubes(const artifacts::Geometry& geometry, const std::vector<std::uint8_t>& mask,
                               int iterations);

}  // namespace cardiotwin::meshing
