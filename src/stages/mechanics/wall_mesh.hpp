#pragma once
/// The wall alone, cut out of the heart's mesh, with everything that the solver wants to know of it.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/config/config.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {

struct WallMesh {
  mesh::SubMesh sub;
  WallSetup setup;
};

/// Local. Throws core::Error (input) where the mesh has no wall, inverted cells or no endocardium, or the activation is
/// of another mesh. `activation` null: the tension does not ask for it.
WallMesh wall_mesh(const artifacts::HeartMesh& heart, const artifacts::Activation* activation,
                   const config::Section& config);

/// The points of mechanics.probes; throws core::Error (configuration) where a position is not in the wall. Local.
std::vector<MaterialPoint> probe_points(const config::Section& config, const Wall& wall);

}  // namespace cardiotwin::mechanics
