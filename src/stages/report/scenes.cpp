#include "scenes.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "measures.hpp"
#include "plots.hpp"
#include "scene_parts.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::HeartMesh;

constexpr Rgb cut_tissue{.93, .74, .70}, pale{.87, .88, .90}, unknown_grey{.72, .74, .77};

/// Colour of a surface tag.
Rgb tag_colour(std::int32_t tag) {
  switch (tag) {
    case artifacts::surface_endocardium:
      return {.84, .47, .45};
    case artifacts::surface_rv_endocardium:
      return {.78, .56, .62};
    case artifacts::surface_epicardium:
      return {.90, .76, .62};
    case artifacts::surface_base:
      return {.76, .62, .74};
    case artifacts::surface_mitral:
      return {.22, .48, .72};
    case artifacts::surface_aortic:
      return {.80, .22, .22};
    default:
      return {.62, .66, .70};
  }
}

std::function<bool(std::size_t)> with_tag(const HeartMesh& mesh, std::set<std::int32_t> tags) {
  return [&mesh, tags = std::move(tags)](std::size_t t) { return tags.contains(mesh.surface[t]); };
}

std::function<bool(std::size_t)> in_wall(const HeartMesh& mesh) {
  return [&mesh](std::size_t c) { return artifacts::is_wall(mesh.region[c]); };
}

std::function<bool(std::size_t)> in_blood(const HeartMesh& mesh) {
  return [&mesh](std::size_t c) { return mesh.region[c] == artifacts::region_lv_blood; };
}

const std::set<std::int32_t> wall_tags{artifacts::surface_endocardium, artifacts::surface_rv_endocardium,
                                       artifacts::surface_epicardium, artifacts::surface_base};

/// The wall with a field, cut open or whole. Surfaces of different tags stay apart, so that rims keep sharp edges.
std::vector<Patch> wall_patches(const HeartMesh& mesh, std::span<const Vec3> points, std::span<const double> values,
                                const Plane* cut) {
  std::vector<Patch> patches;
  for (const auto tag : wall_tags) {
    Patch patch = gather(points, mesh.triangles, values, with_tag(mesh, {tag}));
    patches.push_back(cut ? clip(patch, *cut) : std::move(patch));
  }
  if (cut) patches.push_back(slice(points, mesh.cells, values, in_wall(mesh), *cut));
  return patches;
}

/// One point in each box of a grid: arrows and lines evenly spread instead of one a mesh point.
std::vector<std::size_t> thinned(const std::vector<Vec3>& points, double spacing) {
  std::map<std::array<long, 3>, std::size_t> boxes;
  for (std::size_t p = 0; p < points.size(); ++p) {
    boxes.try_emplace(
        {std::lround(points[p][0] / spacing), std::lround(points[p][1] / spacing), std::lround(points[p][2] / spacing)},
        p);
  }
  std::vector<std::size_t> chosen;
  for (const auto& box : boxes) chosen.push_back(box.second);
  return chosen;
}

/// Angle between fibre and circumference, positive for a right-handed helix about the axis to the base [deg].
double helix_angle(const Vec3& fibre, const Vec3& from_axis, const Vec3& axis) {
  const Vec3 radial = normalised(from_axis - dot(from_axis, axis) * axis);
  const Vec3 around = cross(axis, radial);
  double up = dot(fibre, axis), along = dot(fibre, around);
  if (along < 0) {
    up = -up;
    along = -along;
  }
  return std::atan2(up, along) * 180 / std::numbers::pi;
}

}  // namespace

Picture mesh_picture(const HeartMesh& mesh, const Viewpoint& view, int height) {
  const Plane cut = view.cut();
  Scene scene{{view.centre, view.towards, view.axis}, {}, {}};
  for (const auto tag : wall_tags) {
    scene.surfaces.push_back(
        plain(clip(gather(mesh.points, mesh.triangles, {}, with_tag(mesh, {tag})), cut), tag_colour(tag)));
  }
  for (const auto& [cells, colour] : {std::pair{in_wall(mesh), cut_tissue}, {in_blood(mesh), Rgb{.80, .86, .92}}}) {
    auto face = plain(slice(mesh.points, mesh.cells, {}, cells, cut), colour);
    face.edges = true;
    scene.surfaces.push_back(std::move(face));
  }
  Picture picture{"mesh",
                  "The mesh, cut open along the long axis; the lines are the tetrahedra in the cut plane.",
                  render(scene, height),
                  {},
                  {{"wall", cut_tissue}, {"epicardium", tag_colour(2)}}};
  const bool has_blood =
      std::find(mesh.region.begin(), mesh.region.end(), artifacts::region_lv_blood) != mesh.region.end();
  if (has_blood) picture.legend.insert(picture.legend.begin() + 1, {"blood", Rgb{.80, .86, .92}});
  return picture;
}

Picture orifice_picture(const HeartMesh& mesh, const Viewpoint& view, int height) {
  Scene scene{{view.centre, normalised(view.axis + 0.4 * view.towards), -1.0 * view.towards}, {}, {}};
  std::vector<std::pair<std::string, Rgb>> legend;
  for (std::int32_t tag = 1; tag <= artifacts::last_surface; ++tag) {
    const Patch patch = gather(mesh.points, mesh.triangles, {}, with_tag(mesh, {tag}));
    if (patch.triangles.empty()) continue;
    scene.surfaces.push_back(plain(patch, tag_colour(tag)));
    scene.surfaces.back().edges = true;
    if (tag != artifacts::surface_endocardium) legend.emplace_back(artifacts::surface_name(tag), tag_colour(tag));
  }
  return {"surfaces", "The tagged surfaces, seen from the base.", render(scene, height), {}, legend};
}

Picture fibre_picture(const HeartMesh& mesh, const Viewpoint& view, bool inside, int height) {
  Scale scale{"helix angle", "deg", -90, 90, blue_red()};
  const Plane cut = view.cut();
  Scene scene{{view.centre, view.towards, view.axis}, {}, {}};
  for (const auto& patch : wall_patches(mesh, mesh.points, {}, inside ? &cut : nullptr)) {
    scene.surfaces.push_back(plain(patch, {.80, .81, .83}));
  }
  const double size = extent(mesh.points), length = 0.035 * size;
  Strokes strokes{{}, 0.008 * size, false, 0.02 * size};
  std::vector<Vec3> points;
  std::vector<std::size_t> owners;
  std::vector<bool> on_surface(mesh.points.size(), false);
  const std::set<std::int32_t> tags =
      inside ? std::set<std::int32_t>{artifacts::surface_endocardium, artifacts::surface_rv_endocardium}
             : std::set<std::int32_t>{artifacts::surface_epicardium};
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (!tags.contains(mesh.surface[t])) continue;
    for (const auto p : mesh.triangles[t]) on_surface[static_cast<std::size_t>(p)] = true;
  }
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    if (!on_surface[p] || (inside && cut.distance(mesh.points[p]) > 0) || norm(mesh.fibre[p]) < 0.5) continue;
    points.push_back(mesh.points[p]);
    owners.push_back(p);
  }
  for (const auto n : thinned(points, 0.045 * size)) {
    const Vec3& x = points[n];
    const Vec3& f = mesh.fibre[owners[n]];
    const Rgb colour = scale.colour(helix_angle(f, x - view.centre, view.axis));
    strokes.pieces.push_back({x - (0.5 * length) * f, x + (0.5 * length) * f, colour});
  }
  scene.strokes.push_back(std::move(strokes));
  return {inside ? "fibres_inside" : "fibres_outside",
          inside ? "Fibre directions on the endocardium." : "Fibre directions on the epicardium.",
          render(scene, height),
          scale,
          {}};
}

Picture activation_picture(const HeartMesh& mesh, const artifacts::Activation& activation, const Viewpoint& view,
                           bool inside, int height) {
  const auto& times = activation.activation_time_ms;
  const double last = times.empty() ? 1 : *std::max_element(times.begin(), times.end());
  const Scale scale = round_scale("activation time", "ms", 0, std::max(last, 1.0), viridis());
  const Plane cut = view.cut();
  Scene scene{{view.centre, view.towards, view.axis}, {}, {}};
  Strokes isochrones{{}, 0.002 * extent(mesh.points), false, 0.01 * extent(mesh.points)};
  const auto levels = ticks(0, last, 10);
  for (const auto& patch : wall_patches(mesh, mesh.points, times, inside ? &cut : nullptr)) {
    scene.surfaces.push_back(coloured(patch, [&](double t) { return t < 0 ? unknown_grey : scale.colour(t); }));
    for (const double level : levels) {
      if (level <= 0) continue;
      for (const auto& [from, to] : isoline(patch, level)) isochrones.pieces.push_back({from, to, {.12, .14, .18}});
    }
  }
  scene.strokes.push_back(std::move(isochrones));
  const double step = levels.size() > 1 ? levels[1] - levels[0] : last;
  return {
      inside ? "activation_inside" : "activation_outside",
      fmt::format("Activation time {}; lines every {:g} ms.", inside ? "inside the cut wall" : "from outside", step),
      render(scene, height),
      scale,
      {}};
}

Picture strain_picture(const HeartMesh& mesh, const std::vector<Vec3>& displacement, const std::vector<double>& strain,
                       const Viewpoint& view, std::string name, std::string label, std::string caption, int height) {
  const auto now = moved(mesh.points, displacement);
  const Sample sample = wall_sample(mesh, strain, -1e30);
  const double largest = std::max({std::abs(quantile(sample, 0.02)), std::abs(quantile(sample, 0.98)), 0.01});
  const double limit = ticks(0, largest, 2).back();
  const Scale scale{std::move(label), "", -limit, limit, blue_red()};
  const Plane cut = view.cut();
  Scene scene{{view.centre, view.towards, view.axis}, {}, {}};
  for (const auto& patch : wall_patches(mesh, now, strain, &cut)) {
    scene.surfaces.push_back(coloured(patch, [&](double v) { return scale.colour(v); }));
  }
  for (const auto tag : {artifacts::surface_epicardium, artifacts::surface_endocardium}) {
    auto before = plain(clip(gather(mesh.points, mesh.triangles, {}, with_tag(mesh, {tag})), cut), pale);
    before.opacity = 0.18;
    scene.surfaces.push_back(std::move(before));
  }
  return {std::move(name), std::move(caption), render(scene, height), scale, {}};
}

}  // namespace cardiotwin::report
