#include "bifurcation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "basal_plane.hpp"
#include "boundary.hpp"
#include "cardiotwin/core/error.hpp"
#include "label_field.hpp"
#include "sweep.hpp"
#include "volume_mesher.hpp"

namespace cardiotwin::meshing {
namespace {

using core::dot;
using core::norm;

enum Name : std::int32_t { on_wall, inlet, outlet_left, outlet_right };

/// A tube from the origin along a unit vector.
struct Branch {
  Tube tube;
  Vec3 along;
  Vec3 opening() const { return tube.length * along; }
  /// About the distance to the tube's surface, below 0 inside; a ball closes it at the origin, a plane at its end.
  double level(const Vec3& x) const {
    const double s = dot(x, along);
    if (s <= 0) return norm(x) - tube.radius_at_junction;
    const double share = std::min(s / tube.length, 1.0);
    const double radius = tube.radius_at_junction + share * (tube.radius_at_opening - tube.radius_at_junction);
    return std::max(norm(x - s * along) - radius, s - tube.length);
  }
};
using Branches = std::array<Branch, 3>;  ///< in the order of the names of their openings, from `inlet`

/// The lesser of both, rounded where they differ by less than `blend` (Quilez, polynomial smooth minimum).
double smooth_minimum(double a, double b, double blend) {
  const double h = std::max(blend - std::abs(a - b), 0.0) / blend;
  return std::min(a, b) - 0.25 * h * h * blend;
}

double level(const Branches& branches, double blend, const Vec3& x) {
  return smooth_minimum(branches[0].level(x), smooth_minimum(branches[1].level(x), branches[2].level(x), blend), blend);
}

Branches make_branches(const Bifurcation& b) {
  const double left = b.left_angle_deg * std::numbers::pi / 180, right = b.right_angle_deg * std::numbers::pi / 180;
  return {Branch{b.parent, {0, 0, -1}}, Branch{b.left, {std::sin(left), 0, std::cos(left)}},
          Branch{b.right, {-std::sin(right), 0, std::cos(right)}}};
}

/// At an opening nothing but its own tube may be near, or it would be no circle.
void check(const Bifurcation& b, const Branches& branches) {
  for (std::size_t i = 0; i < branches.size(); ++i)
    for (std::size_t j = 0; j < branches.size(); ++j) {
      if (i == j) continue;
      const double gap = branches[j].level(branches[i].opening()) - branches[i].tube.radius_at_opening;
      if (gap > b.blend) continue;
      constexpr const char* names[] = {"parent", "left", "right"};
      core::fail_configuration(
          {.where = fmt::format("meshing.bifurcation_{}_mm", names[i]),
           .expected =
               fmt::format("an opening more than bifurcation_blend_mm, {:g} mm, from the {} tube", b.blend, names[j]),
           .found = fmt::format("{:.3g} mm between them", gap),
           .remedy = "lengthen the tube, or open the angle between both"});
    }
}

std::int32_t name_at(const Branches& branches, double tolerance, const Vec3& x) {
  for (std::int32_t i = 0; i < 3; ++i) {
    const Branch& b = branches[i];
    const Vec3 from_end = x - b.opening();
    if (std::abs(dot(from_end, b.along)) < tolerance && norm(from_end) < b.tube.radius_at_opening + tolerance)
      return inlet + i;
  }
  return on_wall;
}

/// Wall points on the level set, points of an opening in its plane, those of its rim on the circle.
Vec3 restrain(const Branches& branches, const Bifurcation& shape, const Vec3& moved, std::uint32_t surfaces) {
  for (int i = 0; i < 3; ++i) {
    if (!(surfaces >> (inlet + i) & 1)) continue;
    const Vec3 end = branches[i].opening(), &along = branches[i].along;
    const Vec3 flat = moved - end - dot(moved - end, along) * along;
    const bool rim = surfaces >> on_wall & 1;
    return end + (rim ? branches[i].tube.radius_at_opening * core::normalised(flat) : flat);
  }
  return project(
      moved, [&](const Vec3& x) { return level(branches, shape.blend, x); }, 0.05 * shape.edge, shape.edge);
}

Domain make_domain(const Bifurcation& shape, const Branches& branches) {
  Domain domain;
  domain.space = [&](const Vec3& x) { return level(branches, shape.blend, x) < 0 ? blood : outside; };
  for (const Branch& b : branches) {
    const Disc disc{b.opening(), b.tube.radius_at_opening};
    const int points = std::max(24, static_cast<int>(8 * disc.radius_mm / shape.edge));
    domain.rings.push_back(
        {disc.circle(Plane::through(disc.centre, b.along, {0, 1, 0}), 4 * points), 0.8 * shape.edge});
    domain.radius_mm = std::max(domain.radius_mm, 1.1 * (b.tube.length + b.tube.radius_at_opening));
  }
  return domain;
}

}  // namespace

artifacts::VesselMesh make_bifurcation(const Bifurcation& shape, double goal_deg, int passes,
                                       Improvement& improvement) {
  const Branches branches = make_branches(shape);
  check(shape, branches);
  // As in labels: CGAL bounds circumscribed radii, a mean edge of h comes out with 0.8 h.
  mesh::TetMesh mesh =
      tetrahedralise(make_domain(shape, branches), {0.8 * shape.edge, 0.8 * shape.edge, 0.05 * shape.edge});
  absorb_islands(mesh);
  drop_unused_points(mesh);
  const std::vector<std::string> names{"wall", "inlet", "outlet_left", "outlet_right"};
  const auto name_of = [&](const Vec3& x) { return name_at(branches, 0.02 * shape.edge, x); };
  {
    const artifacts::VesselMesh tagged = with_surfaces(mesh, names, name_of);
    mesh.triangles = tagged.triangles;
    mesh.surface = tagged.surface;
  }
  std::vector<std::uint32_t> at = surfaces_at_points(mesh);
  const Restrain put_back = [&](const Vec3& x, std::uint32_t s) { return restrain(branches, shape, x, s); };
  for (std::size_t p = 0; p < mesh.points.size(); ++p)
    if (at[p]) mesh.points[p] = put_back(mesh.points[p], at[p]);
  smooth(mesh, at, put_back, 6);
  improvement = improve(mesh, at, put_back, goal_deg, passes);
  drop_unused_points(mesh);
  return with_surfaces(std::move(mesh), names, name_of);
}

}  // namespace cardiotwin::meshing
