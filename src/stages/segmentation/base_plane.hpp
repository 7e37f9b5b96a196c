#pragma once
/// The basal plane from places where the wall was seen to end.

#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::segmentation {

struct BasalPlane {
  Vec3 point{}, normal{};  ///< normal: unit, from the apex to the base [mm]
};

/// Where the plane lies before anything was seen: height above `middle` along `axis`, and how sure that is.
struct BaseGuess {
  Vec3 middle{}, axis{};  ///< middle of the most basal slice used; unit vector from the apex to the base
  double height_mm = 0, deviation_mm = 0;
};

/// The most probable plane: marks miss it by about 4 mm, some by far more (Cauchy), it is tilted against the slices by
/// about 10 degrees, and its height is known as the guess has it. Without marks the guess comes back; the more marks,
/// the less it counts.
BasalPlane fit_basal_plane(const BaseGuess& guess, const std::vector<Vec3>& marks);

}  // namespace cardiotwin::segmentation
