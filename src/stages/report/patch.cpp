#include "patch.hpp"

#include <algorithm>
#include <map>

namespace cardiotwin::report {
namespace {

/// Points on edges, made once an edge.
class EdgePoints {
 public:
  EdgePoints(Patch& patch, std::span<const Vec3> points, std::span<const double> values)
      : patch_(patch), points_(points), values_(values) {}

  /// The point of edge (a, b) where a function that is `da` at a and `db` at b (of other sign) is zero.
  std::int32_t on(std::int32_t a, std::int32_t b, double da, double db) {
    if (a > b) {
      std::swap(a, b);
      std::swap(da, db);
    }
    const auto [entry, is_new] = made_.try_emplace({a, b}, static_cast<std::int32_t>(patch_.points.size()));
    if (is_new) {
      const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
      const double t = std::clamp(da / (da - db), 0.0, 1.0);
      patch_.points.push_back((1 - t) * points_[i] + t * points_[j]);
      patch_.values.push_back(values_.empty() ? 0 : (1 - t) * values_[i] + t * values_[j]);
    }
    return entry->second;
  }

 private:
  Patch& patch_;
  std::span<const Vec3> points_;
  std::span<const double> values_;
  std::map<std::array<std::int32_t, 2>, std::int32_t> made_;
};

}  // namespace

Patch gather(std::span<const Vec3> points, std::span<const Triangle> triangles, std::span<const double> values,
             const std::function<bool(std::size_t)>& keep) {
  Patch patch;
  std::vector<std::int32_t> renumbered(points.size(), -1);
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    if (!keep(t)) continue;
    Triangle triangle;
    for (std::size_t c = 0; c < 3; ++c) {
      const auto p = static_cast<std::size_t>(triangles[t][c]);
      if (renumbered[p] < 0) {
        renumbered[p] = static_cast<std::int32_t>(patch.points.size());
        patch.points.push_back(points[p]);
        patch.values.push_back(values.empty() ? 0 : values[p]);
      }
      triangle[c] = renumbered[p];
    }
    patch.triangles.push_back(triangle);
  }
  return patch;
}

namespace {

/// Where a function, given at the points, is not positive.
Patch clip(const Patch& patch, std::span<const double> function) {
  Patch kept{patch.points, patch.values, {}};
  EdgePoints cuts(kept, patch.points, patch.values);
  const auto at = [&](std::int32_t p) { return function[static_cast<std::size_t>(p)]; };

  for (const auto& triangle : patch.triangles) {
    std::array<std::int32_t, 4> polygon{};
    std::size_t corners = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const auto a = triangle[c], b = triangle[(c + 1) % 3];
      if (at(a) <= 0) polygon[corners++] = a;
      if ((at(a) <= 0) != (at(b) <= 0)) polygon[corners++] = cuts.on(a, b, at(a), at(b));
    }
    for (std::size_t c = 2; c < corners; ++c) kept.triangles.push_back({polygon[0], polygon[c - 1], polygon[c]});
  }
  return kept;
}

}  // namespace

Patch clip(const Patch& patch, const Plane& plane) {
  std::vector<double> distance(patch.points.size());
  for (std::size_t p = 0; p < distance.size(); ++p) distance[p] = plane.distance(patch.points[p]);
  return clip(patch, distance);
}

std::pair<Patch, Patch> parted(const Patch& patch, double level) {
  std::vector<double> above(patch.values), below(patch.values);
  for (double& v : above) v -= level;
  for (double& v : below) v = level - v;
  return {clip(patch, above), clip(patch, below)};
}

Patch slice(std::span<const Vec3> points, std::span<const Cell> cells, std::span<const double> values,
            const std::function<bool(std::size_t)>& keep, const Plane& plane) {
  Patch cut;
  EdgePoints cuts(cut, points, values);
  std::vector<double> distance(points.size());
  for (std::size_t p = 0; p < distance.size(); ++p) distance[p] = plane.distance(points[p]);
  const auto at = [&](std::int32_t p) { return distance[static_cast<std::size_t>(p)]; };

  for (std::size_t n = 0; n < cells.size(); ++n) {
    std::array<std::int32_t, 4> below{}, above{};
    std::size_t b = 0, a = 0;
    for (const auto p : cells[n]) (at(p) <= 0 ? below[b++] : above[a++]) = p;
    if (a == 0 || b == 0 || !keep(n)) continue;
    const auto on = [&](std::int32_t p, std::int32_t q) { return cuts.on(p, q, at(p), at(q)); };
    if (b == 2) {
      const auto p = on(below[0], above[0]), q = on(below[0], above[1]), r = on(below[1], above[1]),
                 s = on(below[1], above[0]);
      cut.triangles.push_back({p, q, r});
      cut.triangles.push_back({p, r, s});
    } else {
      const auto apex = b == 1 ? below[0] : above[0];
      const auto& base = b == 1 ? above : below;
      cut.triangles.push_back({on(apex, base[0]), on(apex, base[1]), on(apex, base[2])});
    }
  }
  return cut;
}

std::vector<std::pair<Vec3, Vec3>> isoline(const Patch& patch, double level) {
  std::vector<std::pair<Vec3, Vec3>> pieces;
  for (const auto& triangle : patch.triangles) {
    std::array<Vec3, 2> ends;
    std::size_t found = 0;
    for (std::size_t c = 0; c < 3 && found < 2; ++c) {
      const auto a = static_cast<std::size_t>(triangle[c]), b = static_cast<std::size_t>(triangle[(c + 1) % 3]);
      const double da = patch.values[a] - level, db = patch.values[b] - level;
      if ((da <= 0) == (db <= 0)) continue;
      const double t = da / (da - db);
      ends[found++] = (1 - t) * patch.points[a] + t * patch.points[b];
    }
    if (found == 2) pieces.emplace_back(ends[0], ends[1]);
  }
  return pieces;
}

}  // namespace cardiotwin::report
