#include "cardiotwin/artifacts/untrusted.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::artifacts {

bool is_filled(const Geometry& geometry, std::int64_t volumes, std::size_t values) {
  const auto finite = [](const Vec3& v) { return std::ranges::all_of(v, [](double x) { return std::isfinite(x); }); };
  const auto& g = geometry;
  if (!std::ranges::all_of(g.spacing, [](double x) { return x > 0; }) || !finite(g.spacing) || !finite(g.origin) ||
      !std::ranges::all_of(g.axes, finite))
    return false;
  std::size_t left = values;  // what a product of sizes would overflow, division does not
  for (const std::int64_t size : {g.size[0], g.size[1], g.size[2], volumes}) {
    if (size < 1 || left == 0 || left % static_cast<std::size_t>(size) != 0) return false;
    left /= static_cast<std::size_t>(size);
  }
  return left == 1;
}

}  // namespace cardiotwin::artifacts
