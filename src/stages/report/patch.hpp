#pragma once
/// Pieces of surface with one value a point: what pictures are cut from. Lengths in mm.

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::report {

using Triangle = std::array<std::int32_t, 3>;
using Cell = std::array<std::int32_t, 4>;

struct Patch {
  std::vector<Vec3> points;
  std::vector<double> values;
  std::vector<Triangle> triangles;
};

/// Points x with (x - origin) . normal > 0 are on the side that is cut away.
struct Plane {
  Vec3 origin{}, normal{0, 0, 1};
  double distance(const Vec3& x) const { return core::dot(x - origin, normal); }
};

/// The triangles for which `keep` holds, with points renumbered. `values` may be empty (then all zero).
Patch gather(std::span<const Vec3> points, std::span<const Triangle> triangles, std::span<const double> values,
             const std::function<bool(std::size_t)>& keep);

/// What is left of a patch after cutting it.
Patch clip(const Patch& patch, const Plane& plane);

/// What lies below a value, and the rest, parted along the isoline.
std::pair<Patch, Patch> parted(const Patch& patch, double level);

/// Where the plane goes through the cells for which `keep` holds; values are interpolated linearly.
Patch slice(std::span<const Vec3> points, std::span<const Cell> cells, std::span<const double> values,
            const std::function<bool(std::size_t)>& keep, const Plane& plane);

/// Line pieces on which the value is `level`.
std::vector<std::pair<Vec3, Vec3>> isoline(const Patch& patch, double level);

}  // namespace cardiotwin::report
