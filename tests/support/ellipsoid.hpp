#pragma once
/// The idealised left ventricle of meshing, as tests of other stages want it.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "stages/meshing/ellipsoid.hpp"

namespace cardiotwin::test {

using meshing::Ellipsoid;
inline artifacts::HeartMesh ellipsoid(const Ellipsoid& shape) { return meshing::make_ellipsoid(shape); }

/// Activation that starts at the endocardial apex and spreads at `speed` [m/s] through the straight distance; the
/// wall repolarises 280 ms later. -1 outside the wall.
artifacts::Activation ellipsoid_activation(const artifacts::HeartMesh& mesh, double speed = 0.8);

/// The same mesh as a mesh::TetMesh.
mesh::TetMesh tet_mesh(const artifacts::HeartMesh& mesh);

}  // namespace cardiotwin::test
