#pragma once
/// An idealised left ventricle: a truncated ellipsoid of wall and blood, structured and conforming, for tests.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::test {

/// Semi-axes and the height of the basal plane in a frame with its origin at the centre and z towards the base [mm].
/// The default is a human left ventricle of about 95 ml.
struct Ellipsoid {
  double inner_short = 24, inner_long = 54;  ///< of the endocardium
  double outer_short = 34, outer_long = 62;  ///< of the epicardium
  double base_z = 18;
  double fibre_endo_deg = 60, fibre_epi_deg = -60;  ///< helix angle, linear in the wall
  int around = 4;                                   ///< elements along an eighth of the circumference
  int along = 3;                                    ///< elements from the base halfway down to the apex
  int across = 2;                                   ///< layers of the wall
  int core_layers = 2;                              ///< layers of blood between the core block and the wall
  bool with_blood = true;
};

/// Six tetrahedra a hexahedron of a half cube that is rounded onto the ellipsoids: no degenerate apex. All the
/// surface tags of the artifact; without blood only endocardium, epicardium and base.
artifacts::HeartMesh ellipsoid(const Ellipsoid& shape);

/// Activation that starts at the endocardial apex and spreads at `speed` [m/s] through the straight distance; the
/// wall repolarises 280 ms later. -1 outside the wall.
artifacts::Activation ellipsoid_activation(const artifacts::HeartMesh& mesh, double speed = 0.8);

/// The same mesh as a mesh::TetMesh.
mesh::TetMesh tet_mesh(const artifacts::HeartMesh& mesh);

}  // namespace cardiotwin::test
