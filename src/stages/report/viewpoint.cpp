#include "viewpoint.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "scene_parts.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::HeartMesh;

Vec3 surface_centre(const HeartMesh& mesh, std::int32_t tag, double& area) {
  Vec3 sum{0, 0, 0};
  area = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.surface[t] != tag) continue;
    std::array<Vec3, 3> x;
    for (std::size_t c = 0; c < 3; ++c) x[c] = mesh.points[static_cast<std::size_t>(mesh.triangles[t][c])];
    const double a = 0.5 * norm(cross(x[1] - x[0], x[2] - x[0]));
    sum = sum + (a / 3) * (x[0] + x[1] + x[2]);
    area += a;
  }
  return area > 0 ? (1 / area) * sum : sum;
}

/// A little off the middle: in a symmetric mesh a cut through its own nodes shows every cell twice.
Viewpoint off_the_middle(Viewpoint view, std::span<const Vec3> points) {
  view.centre = view.centre - (0.003 * extent(points)) * view.towards;
  return view;
}

using Symmetric = std::array<Vec3, 3>;

/// Turns rows and columns p and q of `a` so that a[p][q] vanishes, and the axes with them. Jacobi's rotation.
void rotate(Symmetric& a, std::array<Vec3, 3>& axes, std::size_t p, std::size_t q) {
  const double angle = 0.5 * std::atan2(2 * a[p][q], a[p][p] - a[q][q]), c = std::cos(angle), s = std::sin(angle);
  for (Vec3& row : a) {
    const double at_p = row[p];
    row[p] = c * at_p + s * row[q];
    row[q] = c * row[q] - s * at_p;
  }
  for (auto* rows : {&a, &axes}) {
    const Vec3 row_p = (*rows)[p];
    (*rows)[p] = c * row_p + s * (*rows)[q];
    (*rows)[q] = c * (*rows)[q] - s * row_p;
  }
}

/// Unit vectors along the principal axes, of the largest moment first. A matrix that is diagonal but for rounding stays
/// as it is, so that a square duct is looked at along its sides.
std::array<Vec3, 3> principal_axes(Symmetric a) {
  constexpr int sweeps = 20;  // converges quadratically: far more than are needed
  std::array<Vec3, 3> axes{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  const double negligible = 1e-6 * (a[0][0] + a[1][1] + a[2][2]);
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (const auto& [p, q] : {std::pair<std::size_t, std::size_t>{0, 1}, {0, 2}, {1, 2}})
      if (std::abs(a[p][q]) > negligible) rotate(a, axes, p, q);
  std::array<std::size_t, 3> order{0, 1, 2};
  std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return a[i][i] > a[j][j]; });
  return {axes[order[0]], axes[order[1]], axes[order[2]]};
}

}  // namespace

Viewpoint viewpoint(const HeartMesh& mesh) {
  Viewpoint view;
  view.axis = normalised(mesh.long_axis);
  Vec3 sum{0, 0, 0}, septum{0, 0, 0};
  double count = 0, septal = 0;
  std::vector<bool> in_wall(mesh.points.size(), false);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    if (mesh.region[c] != artifacts::region_lv_wall) continue;
    for (const auto p : mesh.cells[c]) in_wall[static_cast<std::size_t>(p)] = true;
  }
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    if (!in_wall[p]) continue;
    sum = sum + mesh.points[p];
    ++count;
    if (std::abs(mesh.rotational[p]) > 0.35) continue;
    septum = septum + mesh.points[p];
    ++septal;
  }
  if (count > 0) view.centre = (1 / count) * sum;
  double mitral_area = 0, aortic_area = 0;
  const Vec3 mitral = surface_centre(mesh, artifacts::surface_mitral, mitral_area);
  const Vec3 aortic = surface_centre(mesh, artifacts::surface_aortic, aortic_area);
  Vec3 across = mitral_area > 0 && aortic_area > 0 ? mitral - aortic : Vec3{0, 0, 0};
  const auto flatten = [&](const Vec3& v) { return v - dot(v, view.axis) * view.axis; };
  if (norm(flatten(across)) < 1e-6 && septal > 0) across = view.centre - (1 / septal) * septum;
  if (norm(flatten(across)) < 1e-6) across = std::abs(view.axis[0]) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  view.across = normalised(flatten(across));
  view.towards = cross(view.across, view.axis);
  if (mitral_area > 0 && aortic_area > 0) {  // the plane goes through both orifices rather than the wall's mean
    const double shift = dot(0.5 * (mitral + aortic) - view.centre, view.towards);
    view.centre = view.centre + shift * view.towards;
  }
  return off_the_middle(view, mesh.points);
}

Viewpoint across_motion(const Viewpoint& view, const std::vector<Vec3>& displacement) {
  Vec3 sideways{0, 0, 0};
  double all = 0;
  for (const Vec3& u : displacement) {
    sideways = sideways + u - dot(u, view.axis) * view.axis;
    all += norm(u);
  }
  if (!(norm(sideways) > 0.5 * all)) return view;
  Viewpoint turned = view;
  turned.across = normalised(sideways);
  turned.towards = cross(turned.across, view.axis);
  return turned;
}

Viewpoint viewpoint(std::span<const Vec3> points, std::span<const Cell> cells) {
  const auto corner = [&](const Cell& cell, std::size_t c) { return points[static_cast<std::size_t>(cell[c])]; };
  const auto volume = [&](const Cell& cell) {
    const Vec3 a = corner(cell, 0);
    return std::abs(dot(corner(cell, 1) - a, cross(corner(cell, 2) - a, corner(cell, 3) - a))) / 6;
  };
  double whole = 0;
  Viewpoint view;
  for (const Cell& cell : cells) {
    whole += volume(cell);
    for (std::size_t c = 0; c < 4; ++c) view.centre = view.centre + (volume(cell) / 4) * corner(cell, c);
  }
  if (!(whole > 0)) return {};
  view.centre = (1 / whole) * view.centre;
  // Over a tetrahedron of volume V with corners x_c: int x x' = V / 20 (sum x_c x_c' + s s'), s = sum x_c.
  Symmetric moments{};
  const auto add = [&](double weight, const Vec3& x) {
    for (std::size_t i = 0; i < 3; ++i) moments[i] = moments[i] + (weight * x[i]) * x;
  };
  for (const Cell& cell : cells) {
    Vec3 sum{0, 0, 0};
    for (std::size_t c = 0; c < 4; ++c) {
      const Vec3 x = corner(cell, c) - view.centre;
      add(volume(cell) / 20, x);
      sum = sum + x;
    }
    add(volume(cell) / 20, sum);
  }
  const auto axes = principal_axes(moments);
  const auto upwards = [](const Vec3& axis) {
    const auto largest = std::ranges::max_element(axis, {}, [](double a) { return std::abs(a); });
    return *largest < 0 ? -1.0 * axis : axis;
  };
  view.axis = upwards(axes[0]);
  view.across = upwards(axes[1]);
  view.towards = cross(view.across, view.axis);
  return off_the_middle(view, points);
}

Viewpoint from_behind(const Viewpoint& view) {
  return {view.centre, view.axis, -1.0 * view.across, -1.0 * view.towards};
}

}  // namespace cardiotwin::report
