#pragma once
/// A slab of tissue as a heart mesh: the geometry of electrophysiology's benchmarks.

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

struct Slab {
  Vec3 size_mm{20, 7, 3};
  double edge_mm = 0.5;  ///< of the cubes, each cut into six tetrahedra; size_mm are multiples of it
};

/// One corner lies in the origin. Fibres along x, sheets along y; the endocardium is z = 0, the epicardium the face
/// opposite, the base x = 0; transmural and apicobasal run linearly from 0 to 1 between them; one AHA segment, 1.
/// Throws core::Error (configuration) when the cubes do not fill the slab.
artifacts::HeartMesh make_slab(const Slab& slab);

}  // namespace cardiotwin::meshing
