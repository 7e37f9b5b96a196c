#include "coordinates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "boundary.hpp"
#include "cardiotwin/core/error.hpp"
#include "laplace.hpp"

namespace cardiotwin::meshing {
namespace {

using namespace artifacts;
using core::cross;
using core::dot;
using core::norm;
using core::normalised;

constexpr std::uint32_t bit(Surface s) { return 1u << s; }
constexpr std::uint32_t lid_bits = bit(surface_lid) | bit(surface_mitral) | bit(surface_aortic);

mesh::TetMesh plain(const HeartMesh& heart) {
  return {heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
}

/// Of the points on a surface, the one with the smallest value.
template <class F>
std::int32_t least(const std::vector<std::uint32_t>& at, Surface surface, const F& value) {
  std::int32_t best = -1;
  double smallest = std::numeric_limits<double>::max();
  for (std::size_t p = 0; p < at.size(); ++p)
    if ((at[p] & bit(surface)) && value(static_cast<std::int32_t>(p)) < smallest)
      smallest = value(static_cast<std::int32_t>(p)), best = static_cast<std::int32_t>(p);
  return best;
}

/// The first direction that is not (nearly) along `across`, made perpendicular to it.
Vec3 perpendicular(const Vec3& across, std::initializer_list<Vec3> wishes) {
  for (const Vec3& wish : wishes) {
    const Vec3 part = wish - dot(wish, across) * across;
    if (norm(part) > 1e-3 * norm(wish) && norm(wish) > 0) return normalised(part);
  }
  return {0, 0, 0};
}

struct Axes {
  Vec3 circumferential, longitudinal, transmural;
};

Axes local_axes(const Vec3& grad_phi, const Vec3& grad_psi, const Vec3& long_axis) {
  Axes axes;
  axes.transmural = norm(grad_phi) > 0 ? normalised(grad_phi) : Vec3{1, 0, 0};
  axes.longitudinal = perpendicular(axes.transmural, {grad_psi, long_axis, Vec3{1, 0, 0}, Vec3{0, 1, 0}});
  axes.circumferential = cross(axes.longitudinal, axes.transmural);
  return axes;
}

/// The tip of the endocardium: as far down as its lowest point, in the middle of its lowest tenth, so that no single
/// vertex tilts the axis.
Vec3 apex(const mesh::TetMesh& mesh, const std::vector<std::uint32_t>& at, const LongAxis& axis) {
  auto height = [&](const Vec3& x) { return dot(x - axis.base_centre, axis.direction); };
  const auto tip = least(at, surface_endocardium, [&](std::int32_t p) { return height(mesh.points[p]); });
  const double lowest = height(mesh.points[tip]);
  double weight = 1e-12;  // so that a mesh too coarse to have a lowest tenth still has its tip
  Vec3 middle = weight * mesh.points[tip];
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.surface[t] != surface_endocardium) continue;
    const auto& [a, b, c] = mesh.triangles[t];
    const Vec3 centre = (1.0 / 3) * (mesh.points[a] + mesh.points[b] + mesh.points[c]);
    if (height(centre) > 0.9 * lowest) continue;
    const double area = norm(mesh::vector_area(mesh.points, mesh.triangles[t]));
    middle = middle + area * centre;
    weight += area;
  }
  middle = (1 / weight) * middle;
  return middle + (lowest - height(middle)) * axis.direction;
}

/// Zero on one endocardium, one on all that it does not face: the epicardium and the other endocardium.
std::vector<Given> depth_values(const mesh::TetMesh& wall, const std::vector<std::uint32_t>& at, Surface endocardium) {
  constexpr std::uint32_t far = bit(surface_endocardium) | bit(surface_rv_endocardium) | bit(surface_epicardium);
  std::vector<Given> given;
  for (std::size_t p = 0; p < wall.points.size(); ++p) {
    if (at[p] & bit(endocardium))
      given.push_back({static_cast<std::int32_t>(p), 0});
    else if (at[p] & far)
      given.push_back({static_cast<std::int32_t>(p), 1});
  }
  return given;
}

/// How deep in the wall its points lie as seen from one ventricle, 0 to 1, and the gradient.
struct Depth {
  std::vector<double> value;
  std::vector<Vec3> gradient;
};

Depth depth_from(const mesh::TetMesh& wall, const std::vector<std::uint32_t>& at, Surface endocardium) {
  if (std::ranges::none_of(at, [&](std::uint32_t here) { return here & bit(endocardium); }))
    return {std::vector<double>(at.size(), 1.0), std::vector<Vec3>(at.size(), Vec3{0, 0, 0})};
  std::vector<double> value = harmonic(wall, depth_values(wall, at, endocardium));
  std::vector<Vec3> gradient = point_gradient(wall, value);
  for (double& d : value) d = std::clamp(d, 0.0, 1.0);
  return {std::move(value), std::move(gradient)};
}

/// The fibre as one ventricle's rule has it: `own` depth and `other` one.
Vec3 rule_fibre(const Axes& axes, double own, double other, const FibreAngles& angles) {
  const double degrees =
      angles.endo_deg + own * (angles.epi_deg - angles.endo_deg) - (1 - other) * (angles.endo_deg + angles.epi_deg);
  const double helix = degrees * std::numbers::pi / 180;
  return normalised(std::cos(helix) * axes.circumferential + std::sin(helix) * axes.longitudinal);
}

/// Both rules, each with the weight of its gradient; fibres have no sign.
Vec3 blended(const Vec3& left, double left_weight, const Vec3& right, double right_weight) {
  if (right_weight == 0) return left;
  return normalised(left_weight * left + (dot(left, right) < 0 ? -right_weight : right_weight) * right);
}

/// Zero on a rod of half the apical wall's thickness around the axis, one on the base.
std::vector<Given> apicobasal_values(const mesh::TetMesh& wall, const std::vector<std::uint32_t>& at,
                                     const LongAxis& axis) {
  const Vec3 rod = axis.epi_apex - axis.endo_apex;
  const double radius = 0.5 * norm(rod);
  std::vector<Given> given;
  for (std::size_t p = 0; p < wall.points.size(); ++p) {
    const Vec3 d = wall.points[p] - axis.endo_apex;
    const double along = std::clamp(dot(d, rod) / dot(rod, rod), 0.0, 1.0);
    if (norm(d - along * rod) <= radius)
      given.push_back({static_cast<std::int32_t>(p), 0});
    else if (at[p] & bit(surface_base))
      given.push_back({static_cast<std::int32_t>(p), 1});
  }
  return given;
}

}  // namespace

LongAxis find_long_axis(const HeartMesh& heart) {
  const mesh::TetMesh mesh = plain(heart);
  for (const auto tag : {surface_endocardium, surface_epicardium, surface_base})
    if (std::find(mesh.surface.begin(), mesh.surface.end(), tag) == mesh.surface.end())
      core::fail_input({.where = "meshing: surfaces of the mesh",
                        .expected = "triangles tagged endocardium (1), epicardium (2) and base (3)",
                        .found = "none tagged " + std::string(surface_name(tag)),
                        .remedy = "fibres and segments are built from these three; tag them in the mesh file"});
  const std::vector<std::uint32_t> at = surfaces_at_points(mesh);
  // The middle of the lid, or of the endocardial rim where the mesh has no blood.
  LongAxis axis;
  Vec3 normal{};
  double weight = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    const Vec3 area = mesh::vector_area(mesh.points, mesh.triangles[t]);
    if (mesh.surface[t] == surface_base) normal = normal + area;
    if (!(bit(static_cast<Surface>(mesh.surface[t])) & lid_bits)) continue;
    for (const auto p : mesh.triangles[t]) axis.base_centre = axis.base_centre + (norm(area) / 3) * mesh.points[p];
    weight += norm(area);
  }
  if (weight == 0)
    for (std::size_t p = 0; p < at.size(); ++p)
      if ((at[p] & bit(surface_endocardium)) && (at[p] & bit(surface_base)))
        axis.base_centre = axis.base_centre + mesh.points[p], ++weight;
  axis.base_centre = (1 / weight) * axis.base_centre;

  axis.direction = normalised(normal);
  for (int turn = 0; turn < 3; ++turn) {
    axis.endo_apex = apex(mesh, at, axis);
    axis.direction = normalised(axis.base_centre - axis.endo_apex);
  }
  const auto tip = least(at, surface_epicardium, [&](std::int32_t p) {
    const Vec3 d = mesh.points[p] - axis.endo_apex;
    const double along = dot(d, axis.direction);
    return along < 0 ? norm(d - along * axis.direction) : std::numeric_limits<double>::max();
  });
  if (tip < 0)
    core::fail_input({.where = "meshing: apex",
                      .expected = "epicardium beyond the tip of the cavity",
                      .found = "an apex that is open",
                      .remedy = "close the wall around the apex in the labels or in the mesh file"});
  axis.epi_apex = mesh.points[tip];
  return axis;
}

int aha_segment(double level, double angle) {
  if (level < 0) return 17;
  const double degrees = angle * 180 / std::numbers::pi;  // 0 at the septum's middle, 90 anterior, -90 inferior
  if (level < 1.0 / 3) {
    if (std::abs(degrees) < 45) return 14;
    if (std::abs(degrees) >= 135) return 16;
    return degrees > 0 ? 13 : 15;
  }
  // Counter-clockwise as seen from the apex: anterior, anteroseptal, inferoseptal, inferior, inferolateral,
  // anterolateral.
  const int sector = std::clamp(static_cast<int>(std::floor((120 - degrees) / 60)), -1, 4);
  return (level < 2.0 / 3 ? 7 : 1) + (sector + 6) % 6;
}

void assign_coordinates(HeartMesh& heart, const Vec3& rv_direction, const FibreAngles& angles) {
  const LongAxis axis = find_long_axis(heart);
  heart.long_axis = axis.direction;
  const std::int32_t walls[] = {region_lv_wall, region_rv_wall};
  const mesh::SubMesh sub = mesh::extract(plain(heart), walls);
  const mesh::TetMesh& wall = sub.mesh;
  const std::vector<std::uint32_t> at = surfaces_at_points(wall);

  const Depth left = depth_from(wall, at, surface_endocardium), right = depth_from(wall, at, surface_rv_endocardium);
  const std::vector<double> psi = harmonic(wall, apicobasal_values(wall, at, axis));
  const std::vector<Vec3> grad_psi = point_gradient(wall, psi);

  const Plane frame =
      Plane::through(axis.endo_apex, axis.direction, rv_direction);  // u to the septum, v to the anterior
  auto angle = [&](const Vec3& x) {
    const auto [towards_septum, towards_anterior] = frame.coordinates(x);
    return std::atan2(towards_anterior, towards_septum);
  };
  const std::size_t n = heart.points.size();
  const bool own_fibres = heart.fibre.empty(), own_sheets = heart.sheet.empty();
  heart.fibre.resize(n, {0, 0, 0});
  heart.sheet.resize(n, {0, 0, 0});
  heart.transmural.assign(n, 0);
  heart.apicobasal.assign(n, 0);
  heart.rotational.assign(n, 0);
  for (std::size_t w = 0; w < wall.points.size(); ++w) {
    const std::int32_t p = sub.parent_point[w];
    const double d_left = left.value[w], d_right = right.value[w];
    heart.transmural[p] = std::min(d_left, d_right);
    heart.apicobasal[p] = std::clamp(psi[w], 0.0, 1.0);
    heart.rotational[p] = angle(wall.points[w]);
    const Axes seen_left = local_axes(left.gradient[w], grad_psi[w], axis.direction),
               seen_right = local_axes(right.gradient[w], grad_psi[w], axis.direction);
    const Axes& axes = d_left <= d_right ? seen_left : seen_right;
    if (own_fibres)
      heart.fibre[p] = blended(rule_fibre(seen_left, d_left, d_right, angles), norm(left.gradient[w]),
                               rule_fibre(seen_right, d_right, d_left, angles), norm(right.gradient[w]));
    if (own_sheets) heart.sheet[p] = perpendicular(heart.fibre[p], {axes.transmural, axes.longitudinal});
  }

  heart.aha_segment.assign(heart.cells.size(), 0);
  const double length = dot(axis.base_centre - axis.endo_apex, axis.direction);
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (heart.region[c] != region_lv_wall) continue;
    Vec3 centre{};
    for (const auto p : heart.cells[c]) centre = centre + 0.25 * heart.points[p];
    heart.aha_segment[c] = aha_segment(dot(centre - axis.endo_apex, axis.direction) / length, angle(centre));
  }
}

}  // namespace cardiotwin::meshing
