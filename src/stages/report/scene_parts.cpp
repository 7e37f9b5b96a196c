#include "scene_parts.hpp"

#include <algorithm>

#include "plots.hpp"

namespace cardiotwin::report {

Surface coloured(const Patch& patch, const std::function<Rgb(double)>& colour) {
  Surface surface{patch.points, patch.triangles, {}, 1, false};
  surface.colours.reserve(patch.values.size());
  for (const double v : patch.values) surface.colours.push_back(colour(v));
  return surface;
}

Surface plain(const Patch& patch, const Rgb& colour) {
  return coloured(patch, [&](double) { return colour; });
}

std::vector<Vec3> moved(const std::vector<Vec3>& points, const std::vector<Vec3>& displacement) {
  if (displacement.empty()) return points;
  std::vector<Vec3> now(points.size());
  for (std::size_t p = 0; p < now.size(); ++p) now[p] = points[p] + displacement[p];
  return now;
}

double extent(std::span<const Vec3> points) {
  Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  for (const auto& p : points) {
    for (std::size_t c = 0; c < 3; ++c) {
      low[c] = std::min(low[c], p[c]);
      high[c] = std::max(high[c], p[c]);
    }
  }
  return points.empty() ? 1 : std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2], 1e-3});
}

Scale round_scale(std::string label, std::string unit, double low, double high, ColourMap map) {
  const auto t = ticks(low, std::max(high, low + 1e-9), 5);
  return {std::move(label), std::move(unit), t.front(), t.back(), map};
}

}  // namespace cardiotwin::report
