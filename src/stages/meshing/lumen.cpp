#include "lumen.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "section_mesher.hpp"
#include "sweep.hpp"

namespace cardiotwin::meshing {
namespace {

using std::numbers::pi;

/// `layers` + 1 heights from 0 to `depth`.
std::vector<double> blended_layers(int layers, double depth, double grading) {
  std::vector<double> z;
  for (int k = 0; k <= layers; ++k) {
    const double even = static_cast<double>(k) / layers;
    z.push_back(depth * ((1 - grading) * even + grading * 0.5 * (1 - std::cos(pi * even))));
  }
  return z;
}

std::vector<Vec2> rectangle(double length, double height, const std::function<double(const Vec2&)>& size) {
  const std::vector<Vec2> corners{{0, 0}, {length, 0}, {length, height}, {0, height}};
  std::vector<Vec2> loop;
  for (std::size_t c = 0; c < corners.size(); ++c) {
    const Vec2 a = corners[c], b = corners[(c + 1) % corners.size()];
    const double edge = std::hypot(b[0] - a[0], b[1] - a[1]);
    auto at = [&](double s) { return Vec2{a[0] + s / edge * (b[0] - a[0]), a[1] + s / edge * (b[1] - a[1])}; };
    const std::vector<double> places = graded(0, edge, [&](double s) { return size(at(s)); });
    for (std::size_t i = 0; i + 1 < places.size(); ++i) loop.push_back(at(places[i]));
  }
  return loop;
}

struct Rings {
  std::vector<double> radius;
  std::vector<int> count;
};

/// A core of hexagonal rings, then thinner and thinner ones to `radius`. Points of a ring stand about `edge` apart.
Rings rings(double radius, double edge, double wall_edge) {
  // From the wall inwards rings deepen by a third of the distance, until they are as deep as the core's.
  const double core_radius = std::max(radius - 3 * std::max(edge - wall_edge, 0.0), std::min(edge, radius));
  const int core = std::max(1, static_cast<int>(std::lround(core_radius / edge)));
  Rings result;
  for (int i = 1; i <= core; ++i) {
    result.radius.push_back(core_radius * i / core);
    result.count.push_back(6 * i);
  }
  if (core_radius == radius) return result;
  const auto depth = [&](double r) { return std::min(edge, wall_edge + (radius - r) / 3); };
  for (const double r : graded(core_radius, radius, depth)) {
    if (r == core_radius) continue;
    result.radius.push_back(r);
    result.count.push_back(6 * std::max(core, static_cast<int>(std::lround(r / edge))));
  }
  return result;
}

std::function<std::int32_t(const Vec3&)> ends_and_wall(double inlet, double outlet) {
  return [=](const Vec3& x) {
    const double tolerance = 1e-9 * (outlet - inlet);
    return x[2] < inlet + tolerance ? 0 : x[2] > outlet - tolerance ? 1 : 2;
  };
}

/// The channel's section. About the cylinder stand rings of as many points each, half a diameter thick, the same above
/// and below it: a mesh without such symmetry makes a lift of its own as large as the flow's.
Section around_cylinder(const Channel& c, const Vec2& centre, double radius,
                        const std::function<double(const Vec2&)>& size) {
  const int around = std::max(8, static_cast<int>(std::lround(2 * pi * radius / c.edge)));
  const double collar = radius + std::min(radius, 0.3 * std::min(centre[1], c.height - centre[1]));
  const std::vector<double> radii = graded(radius, collar, [&](double r) {
    return std::min(size({centre[0] + r, centre[1]}), c.wall_edge + 0.25 * (r - radius));
  });
  Section rings = disc(radii, std::vector<int>(radii.size(), around));
  rings.triangles.erase(rings.triangles.begin(), rings.triangles.begin() + around);  // the cylinder itself
  for (Vec2& x : rings.points) x = {x[0] + centre[0], x[1] + centre[1]};
  const std::vector<Vec2> last(rings.points.end() - around, rings.points.end());
  const std::vector<Vec2> border = rectangle(c.length, c.height, size);
  const Section rest = triangulate({border, last}, size);

  // Points of the rest are new, but for its second loop, which is the last ring.
  const auto joint = static_cast<std::int32_t>(border.size()), width = static_cast<std::int32_t>(around);
  const auto old_points = static_cast<std::int32_t>(rings.points.size());
  const auto number = [&](std::int32_t p) {
    if (p < joint) return old_points + p;
    return p < joint + width ? old_points - width + (p - joint) : old_points + p - width;
  };
  for (std::size_t p = 0; p < rest.points.size(); ++p)
    if (const auto q = static_cast<std::int32_t>(p); q < joint || q >= joint + width)
      rings.points.push_back(rest.points[p]);
  for (const auto& [a, b, d] : rest.triangles) rings.triangles.push_back({number(a), number(b), number(d)});
  return rings;
}

/// Radius of the nozzle's wall before the expansion.
double bore(const Nozzle& n, double z) {
  const double into_cone = std::clamp((-n.throat_length - z) / n.cone_length, 0.0, 1.0);
  return n.throat_radius + into_cone * (n.pipe_radius - n.throat_radius);
}

/// Depth of the layers [mm]: the throat's edge at the expansion, growing away from it; coarse in the inlet pipe.
double layer_depth(const Nozzle& n, double z) {
  if (z >= 0) return n.stretch * n.edge * std::min(1.2 + 0.1 * z, 6.0);
  const double cap = 2.5 * bore(n, z) / n.throat_radius;
  if (z > -n.throat_length) return n.edge * std::min(n.stretch * (1.2 - 0.12 * z), cap * n.stretch);
  return n.edge * cap;
}

}  // namespace

artifacts::VesselMesh make_channel(const Channel& c) {
  const Vec2 centre{c.cylinder_x, c.cylinder_y};
  const double radius = 0.5 * c.cylinder_diameter;
  auto size = [&](const Vec2& x) {
    const double away = std::hypot(x[0] - centre[0], x[1] - centre[1]) - radius;
    return std::min(c.cap, c.edge + c.growth * std::max(away, 0.0));
  };
  const Section section = around_cylinder(c, centre, radius, size);
  const std::vector<double> z = blended_layers(c.layers, c.depth, c.layer_grading);
  return with_surfaces(sweep(section, {c.layers,
                                       [&](const Vec2& x, int k) {
                                         return Vec3{x[0], x[1], z[k]};
                                       }}),
                       {"inlet", "outlet", "wall", "cylinder"}, [&](const Vec3& x) {
                         const double tolerance = 1e-9 * c.length;
                         if (x[0] < tolerance) return 0;
                         if (x[0] > c.length - tolerance) return 1;
                         return std::hypot(x[0] - centre[0], x[1] - centre[1]) < (1 + 1e-9) * radius ? 3 : 2;
                       });
}

artifacts::VesselMesh make_pipe(const Pipe& p) {
  const Rings r = rings(p.radius, p.edge, p.wall_edge);
  auto place = [&](const Vec2& x, int k) { return Vec3{x[0], x[1], p.length * k / p.layers}; };
  return with_surfaces(sweep(disc(r.radius, r.count), {p.layers, place}), {"inlet", "outlet", "wall"},
                       ends_and_wall(0, p.length));
}

artifacts::VesselMesh make_nozzle(const Nozzle& n) {
  Rings r = rings(n.throat_radius, n.edge, n.wall_fraction * n.edge);
  // Beyond the throat: thin at the jet's edge, thicker towards the pipe's wall.
  const auto size = [&](double x) { return n.edge * (n.wall_fraction + 0.7 * (x - n.throat_radius)); };
  for (const double x : graded(n.throat_radius, n.pipe_radius, size))
    if (x > n.throat_radius) r.radius.push_back(x), r.count.push_back(r.count.back());
  const Section section = disc(r.radius, r.count);

  std::vector<double> z{n.inlet};
  int step = 0;  // the layer of the expansion
  for (const double end : {-n.throat_length - n.cone_length, -n.throat_length, 0.0, n.outlet}) {
    const double begin = z.back();
    for (const double x : graded(begin, end, [&](double at) { return layer_depth(n, at); }))
      if (x > begin) z.push_back(x);
    if (end == 0) step = static_cast<int>(z.size()) - 1;
  }

  Sweep along{static_cast<int>(z.size()) - 1, {}, {}};
  for (const mesh::Triangle& t : section.triangles) {
    const bool beyond = std::any_of(t.begin(), t.end(), [&](std::int32_t p) {
      return std::hypot(section.points[p][0], section.points[p][1]) > n.throat_radius * (1 + 1e-9);
    });
    along.first.push_back(beyond ? step : 0);
  }
  // Downstream the jet widens: rings turn from those of the throat to even ones.
  auto even = [&](double radius) {
    const auto above = std::lower_bound(r.radius.begin(), r.radius.end(), radius * (1 - 1e-9));
    return n.pipe_radius * static_cast<double>(above - r.radius.begin() + 1) / static_cast<double>(r.radius.size());
  };
  along.place = [&](const Vec2& x, int k) {
    const double radius = std::hypot(x[0], x[1]);
    double factor = bore(n, z[k]) / n.throat_radius;
    if (k >= step) {
      const double share = 0.5 * z[k] / (z[k] + 40);
      factor = radius > 0 ? 1 + share * (even(radius) / radius - 1) : 1;
    }
    return Vec3{factor * x[0], factor * x[1], z[k]};
  };
  return with_surfaces(sweep(section, along), {"inlet", "outlet", "wall"}, ends_and_wall(n.inlet, n.outlet));
}

}  // namespace cardiotwin::meshing
