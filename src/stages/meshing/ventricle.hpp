#pragma once
/// From smooth level sets to a tagged mesh of walls and blood: rings, refinement, volumes, improvement.

#include <string>
#include <vector>

#include "attempt.hpp"
#include "basal_plane.hpp"
#include "boundary.hpp"
#include "label_field.hpp"
#include "volume_mesher.hpp"

namespace cardiotwin::meshing {

/// What stays the same in every attempt.
struct Ventricle {
  const LabelField& field;
  Plane base;                           ///< origin at the lid's centroid, u towards the right ventricle
  std::vector<std::vector<Vec3>> rims;  ///< where the base meets lid, epicardium and right cavity
  Orifices orifices;
};

/// Throws core::Error (input) when the basal plane does not cut through wall and cavity.
Ventricle make_ventricle(const LabelField& field, const Vec3& rv_direction, const OrificeShape& shape,
                         std::vector<std::string>& warnings);

Attempt mesh_ventricle(const Ventricle& ventricle, const Sizes& sizes, const Effort& effort);

}  // namespace cardiotwin::meshing
