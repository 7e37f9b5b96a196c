#pragma once
/// Where blood turns: vorticity, curl u [1/s], and Q = (|W|^2 - |S|^2) / 2 [1/s^2], with S and W the symmetric and the
/// antisymmetric part of grad u; Q > 0 marks a vortex.
/// Source: Hunt, Wray & Moin 1988, CTR-S88, p. 193.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::hemodynamics {

struct Vortices {
  std::vector<Vec3> vorticity;  ///< per point [1/s]
  std::vector<double> q;        ///< per point [1/s^2]
};

/// From gradients averaged over the cells of a point, by volume. `points` [mm] as they lie at that time, `velocity`
/// [m/s]. Local.
Vortices vortices(std::span<const Vec3> points, std::span<const std::array<std::int32_t, 4>> cells,
                  std::span<const Vec3> velocity);

}  // namespace cardiotwin::hemodynamics
