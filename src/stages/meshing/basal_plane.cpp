#include "basal_plane.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace cardiotwin::meshing {
namespace {

using core::cross;
using core::dot;
using core::norm;

/// The zero of `level` between a and b, of which only one is positive.
Vec3 zero_between(Vec3 a, Vec3 b, const std::function<double(const Vec3&)>& level) {
  const bool positive = level(a) > 0;
  for (int i = 0; i < 40; ++i) {
    const Vec3 middle = 0.5 * (a + b);
    ((level(middle) > 0) == positive ? a : b) = middle;
  }
  return 0.5 * (a + b);
}

/// A directed crossing line of marching squares: from grid edge to grid edge, the positive side on the left.
using Links = std::map<std::int64_t, std::int64_t>;

Links march(const std::vector<double>& values, int n, const std::function<double(double, double)>& middle) {
  // Grid edge number: 2 * node for the edge along u, 2 * node + 1 along v.
  Links next;
  for (int j = 0; j + 1 < n; ++j)
    for (int i = 0; i + 1 < n; ++i) {
      const std::int64_t node = i + static_cast<std::int64_t>(n) * j;
      const std::int64_t side[4] = {2 * node, 2 * (node + 1) + 1, 2 * (node + n),
                                    2 * node + 1};  // bottom right top left
      const bool corner[4] = {values[node] > 0, values[node + 1] > 0, values[node + n + 1] > 0, values[node + n] > 0};
      // Going round the cell, a line leaves where positive turns negative and enters where negative turns positive.
      std::vector<int> enters, leaves;
      for (int s = 0; s < 4; ++s) {
        if (corner[s] && !corner[(s + 1) % 4]) enters.push_back(s);
        if (!corner[s] && corner[(s + 1) % 4]) leaves.push_back(s);
      }
      if (enters.size() == 2) {
        // A saddle: the middle says whether the positive corners are joined.
        const bool joined = middle(i + 0.5, j + 0.5) > 0;
        if ((leaves[0] == (enters[0] + 1) % 4) != joined) std::swap(leaves[0], leaves[1]);
      }
      for (std::size_t l = 0; l < enters.size(); ++l) next[side[enters[l]]] = side[leaves[l]];
    }
  return next;
}

double distance_to_line(const std::vector<std::array<double, 2>>& line, double a, double b) {
  double best = std::numeric_limits<double>::max();
  bool inside = false;
  for (std::size_t i = 0, j = line.size() - 1; i < line.size(); j = i++) {
    const auto [pa, pb] = line[j];
    const auto [qa, qb] = line[i];
    const double da = qa - pa, db = qb - pb, length2 = da * da + db * db;
    const double t = length2 > 0 ? std::clamp(((a - pa) * da + (b - pb) * db) / length2, 0.0, 1.0) : 0;
    best = std::min(best, std::hypot(a - pa - t * da, b - pb - t * db));
    if ((qb > b) != (pb > b) && a < pa + (b - pb) / (qb - pb) * (qa - pa)) inside = !inside;
  }
  return inside ? best : -best;
}

}  // namespace

Plane Plane::through(const Vec3& origin, const Vec3& normal, const Vec3& towards) {
  Plane plane;
  plane.origin = origin;
  plane.normal = core::normalised(normal);
  Vec3 u = towards - dot(towards, plane.normal) * plane.normal;
  if (norm(u) < 1e-6 * norm(towards) || norm(towards) == 0) {
    const Vec3 any = std::abs(plane.normal[0]) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
    u = any - dot(any, plane.normal) * plane.normal;
  }
  plane.u = core::normalised(u);
  plane.v = cross(plane.normal, plane.u);
  return plane;
}

std::vector<std::vector<Vec3>> outlines(const Plane& plane, const std::function<double(const Vec3&)>& level,
                                        double reach_mm, double step_mm) {
  const int n = 2 * static_cast<int>(std::ceil(reach_mm / step_mm)) + 1;
  auto at = [&](double i, double j) { return plane.at((i - 0.5 * (n - 1)) * step_mm, (j - 0.5 * (n - 1)) * step_mm); };
  std::vector<double> values(static_cast<std::size_t>(n) * n);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) values[i + static_cast<std::size_t>(n) * j] = level(at(i, j));
  Links next = march(values, n, [&](double i, double j) { return level(at(i, j)); });

  std::vector<std::vector<Vec3>> lines;
  while (!next.empty()) {
    const std::int64_t start = next.begin()->first;
    std::vector<Vec3> line;
    bool closed = false;
    for (std::int64_t edge = start;;) {
      const std::int64_t node = edge / 2, i = node % n, j = node / n;
      line.push_back(zero_between(at(i, j), edge % 2 ? at(i, j + 1.0) : at(i + 1.0, j), level));
      const auto link = next.find(edge);
      if (link == next.end()) break;
      edge = link->second;
      next.erase(link);
      if ((closed = edge == start)) break;
    }
    if (closed && line.size() > 3) lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end(),
            [&](const auto& a, const auto& b) { return std::abs(area(plane, a)) > std::abs(area(plane, b)); });
  return lines;
}

std::vector<Vec3> resample(const std::vector<Vec3>& line, double step_mm) {
  std::vector<double> arc{0};
  for (std::size_t i = 0; i < line.size(); ++i) arc.push_back(arc.back() + norm(line[(i + 1) % line.size()] - line[i]));
  const int count = std::max(8, static_cast<int>(std::lround(arc.back() / step_mm)));
  std::vector<Vec3> result;
  std::size_t segment = 0;
  for (int k = 0; k < count; ++k) {
    const double s = arc.back() * k / count;
    while (segment + 2 < arc.size() && arc[segment + 1] <= s) ++segment;
    const double t = (s - arc[segment]) / (arc[segment + 1] - arc[segment]);
    result.push_back(line[segment] + t * (line[(segment + 1) % line.size()] - line[segment]));
  }
  return result;
}

double area(const Plane& plane, const std::vector<Vec3>& line) {
  Vec3 sum{};
  for (std::size_t i = 0; i < line.size(); ++i)
    sum = sum + cross(line[i] - line[0], line[(i + 1) % line.size()] - line[0]);
  return 0.5 * dot(sum, plane.normal);
}

Vec3 centroid(const Plane& plane, const std::vector<Vec3>& line) {
  Vec3 moment{};
  double sum = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const Vec3 a = line[i] - line[0], b = line[(i + 1) % line.size()] - line[0];
    const double weight = dot(cross(a, b), plane.normal);
    moment = moment + (weight / 3) * (a + b);
    sum += weight;
  }
  return line[0] + (1 / sum) * moment;
}

std::vector<Vec3> Disc::circle(const Plane& plane, int points) const {
  std::vector<Vec3> result;
  for (int i = 0; i < points; ++i) {
    const double angle = 2 * std::numbers::pi * i / points;
    result.push_back(centre + radius_mm * (std::cos(angle) * plane.u + std::sin(angle) * plane.v));
  }
  return result;
}

Orifices place_orifices(const Plane& plane, const std::vector<Vec3>& lid, const OrificeShape& shape,
                        std::vector<std::string>& warnings) {
  const double lid_area = std::abs(area(plane, lid)), radius = std::sqrt(lid_area / std::numbers::pi);
  const double angle = shape.aortic_angle_deg * std::numbers::pi / 180;
  const double ea = std::cos(angle), eb = std::sin(angle);

  std::vector<std::array<double, 2>> line;
  for (const Vec3& p : lid) line.push_back(plane.coordinates(p));
  struct Place {
    double a, b, clear;
  };
  std::vector<Place> places;  // candidate centres and their distance to the lid's rim
  const auto middle = plane.coordinates(centroid(plane, lid));
  const double step = radius / 12;
  for (int j = -24; j <= 24; ++j)
    for (int i = -24; i <= 24; ++i) {
      const double a = middle[0] + i * step, b = middle[1] + j * step, clear = distance_to_line(line, a, b);
      if (clear > 0) places.push_back({a, b, clear});
    }

  const double band = 0.08 * radius;  // least width of lid around and between the orifices
  const double least_cosine = std::cos(std::numbers::pi / 6);
  for (double shrink = 1.0; shrink > 0.2; shrink *= 0.95) {
    const double mitral = shrink * std::sqrt(shape.mitral_fraction) * radius;
    const double aortic = shrink * std::sqrt(shape.aortic_fraction) * radius;
    double best = -std::numeric_limits<double>::max();
    Place best_mitral{}, best_aortic{};
    for (const Place& m : places) {
      if (m.clear < mitral + band) continue;
      for (const Place& p : places) {
        if (p.clear < aortic + band) continue;
        const double da = p.a - m.a, db = p.b - m.b, distance = std::hypot(da, db);
        if (distance < mitral + aortic + band) continue;
        const double along = da * ea + db * eb;
        if (along < least_cosine * distance) continue;
        const double width = std::min({m.clear - mitral, p.clear - aortic, distance - mitral - aortic});
        const double score = width + 0.5 * along - std::abs(db * ea - da * eb);
        if (score > best) best = score, best_mitral = m, best_aortic = p;
      }
    }
    if (best == -std::numeric_limits<double>::max()) continue;
    if (shrink < 1)
      warnings.push_back(fmt::format(
          "the orifices do not fit on the lid ({:.0f} mm^2) in their direction: their radii were shrunk to {:.0f} %",
          lid_area, 100 * shrink));
    return {{plane.at(best_mitral.a, best_mitral.b), mitral}, {plane.at(best_aortic.a, best_aortic.b), aortic}};
  }
  return {};
}

}  // namespace cardiotwin::meshing
