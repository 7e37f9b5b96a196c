#include "scenes.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::HeartMesh;

constexpr Rgb tissue{.86, .62, .58}, cut_tissue{.93, .74, .70}, pale{.87, .88, .90}, unknown_grey{.72, .74, .77};

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

Surface coloured(const Patch& patch, const std::function<Rgb(double)>& colour) {
  Surface surface{patch.points, patch.triangles, {}, 1, false};
  surface.colours.reserve(patch.values.size());
  for (const double v : patch.values) surface.colours.push_back(colour(v));
  return surface;
}

Surface plain(const Patch& patch, const Rgb& colour) {
  return coloured(patch, [&](double) { return colour; });
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

std::vector<Vec3> moved(const std::vector<Vec3>& points, const std::vector<Vec3>& displacement) {
  std::vector<Vec3> now(points.size());
  for (std::size_t p = 0; p < now.size(); ++p) now[p] = points[p] + displacement[p];
  return now;
}

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

/// A vector field on a cut face at the points of a square lattice in the picture plane: places and vectors.
std::vector<std::pair<Vec3, Vec3>> on_lattice(const Patch& face, const std::array<Patch, 3>& components,
                                              const Viewpoint& view, double spacing) {
  std::vector<std::pair<Vec3, Vec3>> samples;
  const auto flat = [&](std::int32_t p) {
    const Vec3 x = face.points[static_cast<std::size_t>(p)] - view.centre;
    return std::array<double, 2>{dot(x, view.across) / spacing, dot(x, view.axis) / spacing};
  };
  for (const auto& t : face.triangles) {
    const auto a = flat(t[0]), b = flat(t[1]), c = flat(t[2]);
    const double area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
    if (!(std::abs(area) > 1e-12)) continue;
    for (double i = std::ceil(std::min({a[0], b[0], c[0]})); i <= std::max({a[0], b[0], c[0]}); ++i) {
      for (double j = std::ceil(std::min({a[1], b[1], c[1]})); j <= std::max({a[1], b[1], c[1]}); ++j) {
        const double u = ((b[0] - i) * (c[1] - j) - (c[0] - i) * (b[1] - j)) / area;
        const double v = ((c[0] - i) * (a[1] - j) - (a[0] - i) * (c[1] - j)) / area;
        const std::array<double, 3> weights{u, v, 1 - u - v};
        if (*std::min_element(weights.begin(), weights.end()) < 0) continue;
        Vec3 place{0, 0, 0}, value{0, 0, 0};
        for (std::size_t corner = 0; corner < 3; ++corner) {
          const auto p = static_cast<std::size_t>(t[corner]);
          place = place + weights[corner] * face.points[p];
          for (std::size_t k = 0; k < 3; ++k) value[k] += weights[corner] * components[k].values[p];
        }
        samples.emplace_back(place, value);
      }
    }
  }
  return samples;
}

/// Largest extent of the wall or cavity [mm].
double extent(const std::vector<Vec3>& points) {
  Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  for (const auto& p : points) {
    for (std::size_t c = 0; c < 3; ++c) {
      low[c] = std::min(low[c], p[c]);
      high[c] = std::max(high[c], p[c]);
    }
  }
  return points.empty() ? 1 : std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2], 1e-3});
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

Scale round_scale(std::string label, std::string unit, double low, double high, ColourMap map) {
  const auto t = ticks(low, std::max(high, low + 1e-9), 5);
  return {std::move(label), std::move(unit), t.front(), t.back(), map};
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
  // A little off the middle: in a symmetric mesh a cut through its own nodes shows every cell twice.
  view.centre = view.centre - (0.003 * extent(mesh.points)) * view.towards;
  return view;
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

double top_speed(const artifacts::Flow& flow, std::size_t frame) {
  std::vector<double> speeds;
  speeds.reserve(flow.velocity[frame].size());
  for (const auto& v : flow.velocity[frame]) speeds.push_back(norm(v));
  if (speeds.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(static_cast<double>(speeds.size() - 1) * 0.999);
  std::nth_element(speeds.begin(), speeds.begin() + rank, speeds.end());
  return speeds[static_cast<std::size_t>(rank)];
}

Picture velocity_picture(const artifacts::Flow& flow, std::size_t frame, const Viewpoint& view, double top,
                         std::string name, std::string caption, int height) {
  const Scale scale = round_scale("speed", "m/s", 0, std::max(top, 1e-3), inferno());
  const auto now = flow.displacement.empty() ? flow.points : moved(flow.points, flow.displacement[frame]);
  const auto& velocity = flow.velocity[frame];
  std::vector<double> speed(velocity.size());
  for (std::size_t p = 0; p < speed.size(); ++p) speed[p] = norm(velocity[p]);
  const Plane cut = view.cut();
  const auto everywhere = [](std::size_t) { return true; };
  Scene scene{{view.centre, view.towards, view.axis}, {}, {}};
  const Patch face = slice(now, flow.cells, speed, everywhere, cut);
  scene.surfaces.push_back(coloured(face, [&](double v) { return scale.colour(v); }));
  auto wall = plain(clip(gather(now, flow.wall_triangles, {}, everywhere), cut), tissue);
  scene.surfaces.push_back(std::move(wall));

  // The three components go through the same cut, so that arrows stand on the coloured face.
  const double size = extent(now), longest = 0.075 * size;
  std::array<Patch, 3> components;
  for (std::size_t c = 0; c < 3; ++c) {
    std::vector<double> values(velocity.size());
    for (std::size_t p = 0; p < values.size(); ++p) values[p] = velocity[p][c];
    components[c] = slice(now, flow.cells, values, everywhere, cut);
  }
  Strokes arrows{{}, 0.005 * size, true, 0.02 * size}, shadows{{}, 0.007 * size, true, 0.019 * size};
  for (const auto& [x, v] : on_lattice(face, components, view, 0.055 * size)) {
    const Vec3 arrow = (longest / scale.high) * (v - dot(v, view.towards) * view.towards);
    if (norm(arrow) < 0.01 * size) continue;
    arrows.pieces.push_back({x - 0.5 * arrow, x + 0.5 * arrow, {.96, .98, 1}});
    shadows.pieces.push_back({x - 0.5 * arrow, x + 0.53 * arrow, {.10, .08, .12}});
  }
  scene.strokes.push_back(std::move(shadows));
  scene.strokes.push_back(std::move(arrows));
  return {std::move(name), std::move(caption), render(scene, height), scale, {}};
}

Picture shear_picture(const artifacts::Flow& flow, const Viewpoint& view, bool from_behind, int height) {
  const Patch wall = gather(flow.points, flow.wall_triangles, flow.tawss_Pa, [](std::size_t) { return true; });
  Sample sample{wall.values, std::vector<double>(wall.values.size(), 1.0)};
  const Scale scale =
      round_scale("time-averaged wall shear stress", "Pa", 0, std::max(quantile(sample, 0.98), 1e-3), inferno());
  Scene scene{{view.centre, (from_behind ? -1.0 : 1.0) * view.towards, view.axis}, {}, {}};
  scene.surfaces.push_back(coloured(wall, [&](double v) { return scale.colour(v); }));
  return {from_behind ? "wall_shear_back" : "wall_shear_front",
          fmt::format("Time-averaged wall shear stress, seen from {}.",
                      from_behind ? "behind the cut plane" : "the side of the cut"),
          render(scene, height),
          scale,
          {}};
}

}  // namespace cardiotwin::report
