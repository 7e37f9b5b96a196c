#pragma once
/// A slab of tissue as a heart mesh: the geometry of electrophysiology's benchmarks and, longer and thinner, the beam
/// of cardiac mechanics' (Land et al. 2015, doi 10.1098/rspa.2015.0641).

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

struct Slab {
  Vec3 size_mm{20, 7, 3};
  std::array<std::int32_t, 3> elements{40, 14, 6};  ///< along each edge; each is cut into six tetrahedra
  double grading = 1;                               ///< x = length (i / n)^grading: above 1 finer towards x = 0
};

/// One corner lies in the origin. Fibres along x, sheets along y; the endocardium is z = 0, the base x = 0, the
/// epicardium the rest; transmural and apicobasal run linearly from 0 to 1 between them; one AHA segment, 1.
/// Throws core::Error (configuration) when a size is not positive or there are no elements.
artifacts::HeartMesh make_slab(const Slab& slab);

}  // namespace cardiotwin::meshing
