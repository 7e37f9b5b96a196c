#pragma once
/// Classes of tissue (scar, border zone) from a label volume.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::meshing {

/// Every wall cell takes the label of the voxel that its middle lies in, and 0 outside the volume. Returns the number
/// of wall cells with another label than 0.
std::size_t assign_tissue(const artifacts::Labels& labels, artifacts::HeartMesh& heart);

}  // namespace cardiotwin::meshing
