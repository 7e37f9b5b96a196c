#include "ventricle.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::meshing {
namespace {

using namespace artifacts;
using core::dot;

constexpr std::uint32_t bit(Surface s) { return 1u << s; }
constexpr std::uint32_t on_base = bit(surface_base) | bit(surface_lid) | bit(surface_mitral) | bit(surface_aortic);

/// The smooth surfaces that mesh points belong to, moved outwards by offsets that make the volumes right: a mesh with
/// its points on a convex surface is always a little too small.
class Surfaces {
 public:
  explicit Surfaces(const Ventricle& ventricle) : v_(ventricle) {}
  double endo_offset_mm = 0, epi_offset_mm = 0, rv_offset_mm = 0;

  Vec3 restrain(const Vec3& moved, std::uint32_t surfaces) const {
    const LabelField& field = v_.field;
    const double h = field.voxel_mm(), reach = 4 * h;
    Vec3 x = moved, within{0, 0, 0};
    if (surfaces & on_base) {
      within = v_.base.normal;
      x = x - dot(x - v_.base.origin, within) * within;
    }
    if (surfaces & bit(surface_endocardium))
      return project(
          x, [&](const Vec3& p) { return field.blood(p); }, h, reach, endo_offset_mm, within);
    if (surfaces & bit(surface_rv_endocardium))
      return project(
          x, [&](const Vec3& p) { return field.rv(p); }, h, reach, rv_offset_mm, within);
    if (surfaces & bit(surface_epicardium))
      return project(
          x, [&](const Vec3& p) { return field.heart(p); }, h, reach, epi_offset_mm, within);
    for (const auto& [tag, disc] :
         {std::pair{surface_mitral, v_.orifices.mitral}, {surface_aortic, v_.orifices.aortic}})
      if ((surfaces & bit(tag)) && (surfaces & bit(surface_lid)))
        return disc.centre + disc.radius_mm * core::normalised(x - disc.centre);
    return x;
  }

 private:
  const Ventricle& v_;
};

/// Combinations at which nothing can slide: where more than one line ends.
std::uint32_t with_fixed(std::uint32_t surfaces) {
  const bool endo = surfaces & bit(surface_endocardium), epi = surfaces & bit(surface_epicardium),
             rv = surfaces & bit(surface_rv_endocardium);
  const bool orifice = surfaces & (bit(surface_mitral) | bit(surface_aortic));
  const bool both = (surfaces & bit(surface_mitral)) && (surfaces & bit(surface_aortic));
  return endo + epi + rv > 1 || (orifice && (endo || epi || rv)) || both ? surfaces | fixed_point : surfaces;
}

double tagged_area(const mesh::TetMesh& mesh, Surface tag) {
  double sum = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag) sum += core::norm(mesh::vector_area(mesh.points, mesh.triangles[t]));
  return sum;
}

/// Volume below the base that the right endocardium encloses; its open lid adds nothing to the integral of x . n / 3.
double rv_volume(const mesh::TetMesh& mesh, const Vec3& on_base_plane) {
  double sum = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == surface_rv_endocardium)
      sum -=
          dot(mesh.points[mesh.triangles[t][0]] - on_base_plane, mesh::vector_area(mesh.points, mesh.triangles[t])) / 3;
  return sum;
}

void match_volumes(mesh::TetMesh& mesh, const std::vector<std::uint32_t>& at, const LabelField& field,
                   Surfaces& surfaces) {
  for (int iteration = 0; iteration < 3; ++iteration) {
    for (std::size_t p = 0; p < mesh.points.size(); ++p)
      if (at[p] && !(at[p] & fixed_point)) mesh.points[p] = surfaces.restrain(mesh.points[p], at[p]);
    const double blood_missing = field.blood_volume_mm3() - mesh::volume(mesh, region_lv_blood);
    const double wall_missing = field.wall_volume_mm3() - mesh::volume(mesh, region_lv_wall);
    double rv_missing = 0;
    if (field.has_rv()) {
      rv_missing = field.rv_volume_mm3() - rv_volume(mesh, field.base_point());
      surfaces.rv_offset_mm += rv_missing / tagged_area(mesh, surface_rv_endocardium);
    }
    surfaces.endo_offset_mm += blood_missing / tagged_area(mesh, surface_endocardium);
    surfaces.epi_offset_mm += (blood_missing + rv_missing + wall_missing) / tagged_area(mesh, surface_epicardium);
  }
}

std::vector<Ring> rings(const Ventricle& v, const Sizes& sizes) {
  std::vector<Ring> result;
  const double rim = 0.8 * std::min(sizes.wall_mm, sizes.blood_mm);
  for (const auto& line : v.rims) result.push_back({resample(line, 0.3 * rim), rim});
  for (const Disc& disc : {v.orifices.mitral, v.orifices.aortic}) {
    const double edge = std::min(0.8 * sizes.blood_mm, 0.6 * disc.radius_mm);
    result.push_back({disc.circle(v.base, std::max(48, static_cast<int>(20 * disc.radius_mm / edge))), edge});
  }
  return result;
}

/// Is the nearer surface of a point on the wall that of the right cavity?
bool at_right_cavity(const LabelField& field, const Vec3& x) {
  return field.has_rv() && std::abs(field.rv(x)) < std::abs(field.heart(x));
}

}  // namespace

Ventricle make_ventricle(const LabelField& field, const Vec3& rv_direction, const OrificeShape& shape,
                         std::vector<std::string>& warnings) {
  Ventricle v{field, {}, {}, {}};
  const Vec3 foot = field.blood_centre() - field.height(field.blood_centre()) * field.base_normal();
  const Plane rough = Plane::through(foot, field.base_normal(), rv_direction);
  const double reach = field.radius_mm() + 4 * field.voxel_mm(), step = 0.5 * field.voxel_mm();
  const auto blood_lines = outlines(
      rough, [&](const Vec3& p) { return field.blood(p); }, reach, step);
  const auto heart_lines = outlines(
      rough, [&](const Vec3& p) { return field.heart(p); }, reach, step);
  if (blood_lines.empty() || heart_lines.empty())
    core::fail_input({.where = "meshing: basal plane of the anatomy",
                      .expected = "a plane that cuts through wall and cavity",
                      .found = fmt::format("{} outlines of the cavity and {} of the heart in it", blood_lines.size(),
                                           heart_lines.size()),
                      .remedy = "look at base point and normal, and at the labels next to them"});
  if (blood_lines.size() > 1 || heart_lines.size() > 1)
    warnings.push_back(fmt::format(
        "the basal plane cuts the cavity in {} and the heart in {} outlines; the orifices are on the largest",
        blood_lines.size(), heart_lines.size()));
  std::vector<std::vector<Vec3>> rv_lines;
  if (field.has_rv())
    rv_lines = outlines(
        rough, [&](const Vec3& p) { return field.rv(p); }, reach, step);
  for (const auto* lines : {&blood_lines, &heart_lines, &std::as_const(rv_lines)})
    for (const auto& line : *lines)
      if (line.size() * step > 10 * field.voxel_mm()) v.rims.push_back(line);
  const std::vector<Vec3>& lid = blood_lines.front();
  v.base = Plane::through(centroid(rough, lid), field.base_normal(), rv_direction);
  v.orifices = place_orifices(v.base, lid, shape, warnings);
  if (v.orifices.mitral.radius_mm <= 0)
    core::fail_input({.where = "meshing: basal lid",
                      .expected = "room for two round orifices",
                      .found = fmt::format("a lid of {:.0f} mm^2 too narrow for them", std::abs(area(v.base, lid))),
                      .remedy = "lower mitral_area_fraction and aortic_area_fraction, or move the basal plane down"});
  return v;
}

Attempt mesh_ventricle(const Ventricle& v, const Sizes& sizes, const Effort& effort) {
  Domain domain;
  domain.space = [&](const Vec3& x) { return v.field.space(x); };
  domain.centre = v.field.blood_centre();
  domain.cavities = {{blood, domain.centre}};
  if (v.field.has_rv()) domain.cavities.push_back({rv_cavity, v.field.rv_centre()});
  domain.radius_mm = v.field.radius_mm() + 4 * v.field.voxel_mm();
  domain.rings = rings(v, sizes);

  Attempt attempt;
  mesh::TetMesh& mesh = attempt.mesh = tetrahedralise(domain, sizes);
  attempt.islands = absorb_islands(mesh);
  drop_unused_points(mesh);
  const auto at_rv = [&](const Vec3& x) { return at_right_cavity(v.field, x); };
  attempt.leaks = tag_surfaces(mesh, v.base, v.orifices, at_rv);
  if (attempt.leaks > 0) return attempt;

  Surfaces surfaces(v);
  std::vector<std::uint32_t> at = surfaces_at_points(mesh);
  for (auto& s : at) s = with_fixed(s);
  const Restrain restrain = [&](const Vec3& x, std::uint32_t s) { return surfaces.restrain(x, s); };
  smooth(mesh, at, restrain, effort.smoothing_sweeps);
  match_volumes(mesh, at, v.field, surfaces);
  attempt.improvement = improve(mesh, at, restrain, effort.goal_deg, effort.passes);
  drop_unused_points(mesh);
  if (v.field.has_rv()) divide_walls(mesh, [&](const Vec3& x) { return v.field.left(x) > 0; });
  tag_surfaces(mesh, v.base, v.orifices, at_rv);
  return attempt;
}

}  // namespace cardiotwin::meshing
