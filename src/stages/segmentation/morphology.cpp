#include "morphology.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace cardiotwin::segmentation {
namespace {

/// Marks everything that is connected to `seed` through faces among voxels with mask == value; returns the voxels.
std::vector<std::int64_t> flood(std::int64_t seed, const Mask& mask, std::uint8_t value, const Size& size,
                                Mask& visited) {
  std::vector<std::int64_t> found{seed};
  visited[static_cast<std::size_t>(seed)] = 1;
  const std::int64_t row = size[2], plane = size[1] * size[2];
  for (std::size_t next = 0; next < found.size(); ++next) {
    const std::int64_t v = found[next], i = v % row, j = v / row % size[1], k = v / plane;
    const auto visit = [&](bool inside, std::int64_t other) {
      const auto o = static_cast<std::size_t>(other);
      if (!inside || visited[o] || mask[o] != value) return;
      visited[o] = 1;
      found.push_back(other);
    };
    visit(i > 0, v - 1);
    visit(i + 1 < size[2], v + 1);
    visit(j > 0, v - row);
    visit(j + 1 < size[1], v + row);
    visit(k > 0, v - plane);
    visit(k + 1 < size[0], v + plane);
  }
  return found;
}

}  // namespace

Mask largest_component(const Mask& mask, const Size& size) {
  Mask visited(mask.size(), 0), result(mask.size(), 0);
  std::vector<std::int64_t> largest;
  for (std::size_t v = 0; v < mask.size(); ++v) {
    if (!mask[v] || visited[v]) continue;
    auto component = flood(static_cast<std::int64_t>(v), mask, mask[v], size, visited);
    if (component.size() > largest.size()) largest = std::move(component);
  }
  for (const auto v : largest) result[static_cast<std::size_t>(v)] = 1;
  return result;
}

Mask fill_holes(const Mask& mask, const Size& size) {
  Mask outside(mask.size(), 0);
  for (std::int64_t j = 0; j < size[1]; ++j)
    for (std::int64_t i = 0; i < size[2]; ++i) {
      const bool edge = j == 0 || i == 0 || j + 1 == size[1] || i + 1 == size[2];
      const std::int64_t v = j * size[2] + i;
      if (edge && !mask[static_cast<std::size_t>(v)] && !outside[static_cast<std::size_t>(v)])
        flood(v, mask, 0, size, outside);
    }
  Mask filled(mask.size());
  std::ranges::transform(outside, filled.begin(), [](std::uint8_t o) { return static_cast<std::uint8_t>(!o); });
  return filled;
}

Mask convex_hull(const Mask& mask, const Size& size) {
  using Point = std::array<std::int64_t, 2>;  // (i, j)
  std::vector<Point> points;
  for (std::int64_t i = 0; i < size[2]; ++i)  // sorted by i, then j; only the ends of a column can be corners
    for (const bool up : {true, false})
      for (std::int64_t n = 0; n < size[1]; ++n) {
        const std::int64_t j = up ? n : size[1] - 1 - n;
        if (!mask[static_cast<std::size_t>(j * size[2] + i)]) continue;
        points.push_back({i, j});
        break;
      }
  Mask result = mask;
  if (points.size() < 3) return result;
  const auto turn = [](const Point& a, const Point& b, const Point& c) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  };
  // Andrew's monotone chain: lower and upper border from left to right.
  std::vector<Point> lower, upper;
  for (const auto& p : points) {
    while (lower.size() > 1 && turn(lower[lower.size() - 2], lower.back(), p) <= 0) lower.pop_back();
    lower.push_back(p);
    while (upper.size() > 1 && turn(upper[upper.size() - 2], upper.back(), p) >= 0) upper.pop_back();
    upper.push_back(p);
  }
  /// Where a border crosses column i; where it runs along the column, its lower or upper end.
  const auto height = [](const std::vector<Point>& border, std::int64_t i, bool upper_end) {
    auto right = std::ranges::find_if(border, [&](const Point& p) { return p[0] >= i; });
    if ((*right)[0] == i) {
      if (upper_end && right + 1 != border.end() && (*(right + 1))[0] == i) ++right;
      return static_cast<double>((*right)[1]);
    }
    const Point &a = *(right - 1), &b = *right;
    return static_cast<double>(a[1]) +
           static_cast<double>((b[1] - a[1]) * (i - a[0])) / static_cast<double>(b[0] - a[0]);
  };
  for (std::int64_t i = points.front()[0]; i <= points.back()[0]; ++i) {
    const auto first = static_cast<std::int64_t>(std::ceil(height(lower, i, false) - 1e-9));
    const auto last = static_cast<std::int64_t>(std::floor(height(upper, i, true) + 1e-9));
    for (std::int64_t j = first; j <= last; ++j) result[static_cast<std::size_t>(j * size[2] + i)] = 1;
  }
  return result;
}

std::vector<float> distance_to(const Mask& mask, const Size& size, const std::array<double, 3>& spacing) {
  constexpr double never = static_cast<double>(far_away) * far_away;
  std::vector<double> squared(mask.size());
  std::ranges::transform(mask, squared.begin(), [](std::uint8_t m) { return m ? 0.0 : never; });
  const std::array<std::int64_t, 3> stride{size[1] * size[2], size[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t n = size[axis];
    if (n == 1) continue;
    const std::int64_t lines = count(size) / n;
#pragma omp parallel
    {
      // Lower envelope of the parabolas rooted at each voxel of the line.
      std::vector<double> line(static_cast<std::size_t>(n)), border(static_cast<std::size_t>(n) + 1);
      std::vector<std::int64_t> root(static_cast<std::size_t>(n));
      const double h2 = spacing[axis] * spacing[axis];
#pragma omp for schedule(static)
      for (std::int64_t l = 0; l < lines; ++l) {
        const std::int64_t inner = l % stride[axis], start = (l - inner) * n + inner;
        const auto at = [&](std::int64_t p) { return static_cast<std::size_t>(start + p * stride[axis]); };
        for (std::int64_t p = 0; p < n; ++p) line[static_cast<std::size_t>(p)] = squared[at(p)];
        const auto value = [&](std::int64_t p) {
          return line[static_cast<std::size_t>(p)] / h2 + static_cast<double>(p * p);
        };
        std::size_t top = 0;
        root[0] = 0;
        border[0] = -std::numeric_limits<double>::infinity();
        border[1] = std::numeric_limits<double>::infinity();
        for (std::int64_t p = 1; p < n; ++p) {
          double crossing = 0;
          while (true) {
            crossing = (value(p) - value(root[top])) / static_cast<double>(2 * (p - root[top]));
            if (crossing > border[top] || top == 0) break;
            --top;
          }
          if (crossing <= border[top]) {
            root[top] = p;
          } else {
            root[++top] = p;
            border[top] = crossing;
          }
          border[top + 1] = std::numeric_limits<double>::infinity();
        }
        std::size_t piece = 0;
        for (std::int64_t p = 0; p < n; ++p) {
          while (border[piece + 1] < static_cast<double>(p)) ++piece;
          const std::int64_t r = root[piece];
          squared[at(p)] = line[static_cast<std::size_t>(r)] + h2 * static_cast<double>((p - r) * (p - r));
        }
      }
    }
  }
  std::vector<float> distance(mask.size());
  std::ranges::transform(squared, distance.begin(),
                         [](double s) { return std::min(far_away, static_cast<float>(std::sqrt(s))); });
  return distance;
}

std::vector<float> signed_distance(const Mask& mask, const Size& size, const std::array<double, 2>& pixel_mm) {
  Mask outside(mask.size());
  std::ranges::transform(mask, outside.begin(), [](std::uint8_t m) { return static_cast<std::uint8_t>(!m); });
  const std::array<double, 3> spacing{1, pixel_mm[1], pixel_mm[0]};
  const auto to_mask = distance_to(mask, size, spacing), to_outside = distance_to(outside, size, spacing);
  const auto half = static_cast<float>(0.25 * (pixel_mm[0] + pixel_mm[1]));
  std::vector<float> distance(mask.size());
  for (std::size_t v = 0; v < mask.size(); ++v) distance[v] = mask[v] ? half - to_outside[v] : to_mask[v] - half;
  return distance;
}

}  // namespace cardiotwin::segmentation
