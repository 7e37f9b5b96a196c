#include "flow_scenes.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "html.hpp"
#include "measures.hpp"
#include "plots.hpp"
#include "scene_parts.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::Flow;
using artifacts::VesselMesh;

constexpr Rgb tissue{.86, .62, .58};

Camera camera(const Viewpoint& view) { return {view.centre, view.towards, view.axis}; }

std::vector<Vec3> positions(const Flow& flow, std::size_t frame) {
  return flow.displacement.empty() ? flow.points : moved(flow.points, flow.displacement[frame]);
}
std::vector<Vec3> last_positions(const Flow& flow) { return positions(flow, flow.frame_times_ms.size() - 1); }

Patch wall(const Flow& flow, std::span<const Vec3> points, std::span<const double> values) {
  return gather(points, flow.wall_triangles, values, everywhere);
}

/// Length by which arrows and hatching are measured: a long, thin vessel has finer ones.
double grain(std::span<const Vec3> points, const Viewpoint& view) {
  const auto width = [&](const Vec3& along) {
    const auto [low, high] =
        std::ranges::minmax(points, {}, [&](const Vec3& x) { return dot(x - view.centre, along); });
    return dot(high - low, along);
  };
  return points.empty() ? 1 : std::max(1e-3, std::min(width(view.axis), 2.5 * width(view.across)));
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

/// The high end of a scale: a quantile, as outliers would take it all.
double most_of(std::vector<double> values, double share) {
  const std::vector<double> weights(values.size(), 1.0);
  return values.empty() ? 0 : std::max(0.0, quantile({std::move(values), weights}, share));
}

/// Lines across the patch, in the picture at 45 degrees.
std::vector<std::pair<Vec3, Vec3>> hatching(Patch patch, const Viewpoint& view, double spacing) {
  const Vec3 along = (std::sqrt(0.5) / spacing) * (view.axis - view.across);
  for (std::size_t p = 0; p < patch.points.size(); ++p) patch.values[p] = dot(patch.points[p] - view.centre, along);
  std::vector<std::pair<Vec3, Vec3>> lines;
  if (patch.triangles.empty()) return lines;
  const auto [low, high] = std::ranges::minmax(patch.values);
  for (double level = std::ceil(low); level <= high; ++level)
    for (const auto& piece : isoline(patch, level)) lines.push_back(piece);
  return lines;
}

/// The wall at the end of the cycle: below `level` in the colour of the limit or in that of the field, above it in the
/// other.
Picture marked_wall(const FlowShot& shot, std::span<const double> values, double level,
                    const std::function<Rgb(double)>& colour) {
  const auto points = last_positions(shot.flow);
  const auto [below, above] = parted(wall(shot.flow, points, values), level);
  Picture picture;
  picture.name = shot.name;
  picture.pixels =
      render({camera(shot.view), {plain(below, limit_colour), coloured(above, colour)}, {}, points}, shot.height);
  return picture;
}

}  // namespace

double top_speed(const artifacts::Flow& flow, std::size_t frame) {
  std::vector<double> speeds;
  speeds.reserve(flow.velocity[frame].size());
  for (const auto& v : flow.velocity[frame]) speeds.push_back(norm(v));
  if (speeds.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(static_cast<double>(speeds.size() - 1) * 0.999);
  std::nth_element(speeds.begin(), speeds.begin() + rank, speeds.end());
  return speeds[static_cast<std::size_t>(rank)];
}

Picture velocity_picture(const FlowShot& shot, std::size_t frame, double top, std::string caption) {
  const auto& [flow, view, name, height] = shot;
  const Scale scale = round_scale("speed", "m/s", 0, std::max(top, 1e-3), inferno());
  const auto now = positions(flow, frame);
  const auto& velocity = flow.velocity[frame];
  std::vector<double> speed(velocity.size());
  for (std::size_t p = 0; p < speed.size(); ++p) speed[p] = norm(velocity[p]);
  const Plane cut = view.cut();
  Scene scene{camera(view), {}, {}, now};
  const Patch face = slice(now, flow.cells, speed, everywhere, cut);
  scene.surfaces.push_back(coloured(face, [&](double v) { return scale.colour(v); }));
  scene.surfaces.push_back(plain(clip(wall(flow, now, {}), cut), tissue));

  // The three components go through the same cut, so that arrows stand on the coloured face.
  const double size = grain(now, view), longest = 0.075 * size;
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
  scene.strokes = {std::move(shadows), std::move(arrows)};
  return {name, std::move(caption), render(scene, height), scale, {}};
}

Picture shear_picture(const FlowShot& shot, std::string caption) {
  const auto& flow = shot.flow;
  const Patch surface = wall(flow, flow.points, flow.tawss_Pa);
  const Scale scale =
      round_scale("time-averaged wall shear stress", "Pa", 0, std::max(most_of(surface.values, 0.98), 1e-3), inferno());
  const Scene scene{camera(shot.view), {coloured(surface, [&](double v) { return scale.colour(v); })}, {}, flow.points};
  return {shot.name, std::move(caption), render(scene, shot.height), scale, {}};
}

Picture pressure_picture(const FlowShot& shot, std::size_t frame) {
  const auto& flow = shot.flow;
  const auto now = positions(flow, frame);
  const Patch surface = wall(flow, now, flow.pressure_kPa[frame]);
  Scale scale{"pressure", "kPa", 0, 1, viridis()};
  if (!surface.values.empty()) {
    const auto [low, high] = std::ranges::minmax(surface.values);
    scale = round_scale("pressure", "kPa", low, std::max(high, low + 1e-3), viridis());
  }
  const Scene scene{camera(shot.view), {coloured(surface, [&](double v) { return scale.colour(v); })}, {}, now};
  return {shot.name,
          fmt::format("Pressure on the wall at {:.0f} ms.", flow.frame_times_ms[frame]),
          render(scene, shot.height),
          scale,
          {}};
}

Picture stasis_picture(const FlowShot& shot, double limit) {
  const auto& [flow, view, name, height] = shot;
  const auto now = last_positions(flow);
  const auto speed = mean_speed(flow);
  const bool timed = !flow.residence_time_ms.empty();
  const auto& field = timed ? flow.residence_time_ms : speed;
  const Scale scale = timed ? round_scale("residence time", "ms", 0, std::max(most_of(field, 0.98), 1.0), viridis())
                            : round_scale("mean speed", "m/s", 0, std::max(most_of(field, 0.98), 1e-3), viridis());
  const Plane cut = view.cut();
  const Patch speeds = slice(now, flow.cells, speed, everywhere, cut);
  const auto face = coloured(slice(now, flow.cells, field, everywhere, cut), [&](double v) { return scale.colour(v); });
  const double size = grain(now, view);
  Strokes marks{{}, 0.004 * size, false, 0.02 * size};
  for (const auto& [from, to] : hatching(parted(speeds, limit).first, view, 0.022 * size))
    marks.pieces.push_back({from, to, limit_colour});
  for (const auto& [from, to] : isoline(speeds, limit)) marks.pieces.push_back({from, to, limit_colour});
  const Scene scene{camera(view), {face, plain(clip(wall(flow, now, {}), cut), {.93, .92, .91})}, {marks}, now};
  return {name,
          fmt::format("{} in the cut plane. Hatched: speed below {} m/s in the mean of the {} stored frames.",
                      timed ? "Residence time at the end of the cycle" : "Mean speed", number(limit),
                      flow.frame_times_ms.size()),
          render(scene, height),
          scale,
          {{fmt::format("stasis: mean speed below {} m/s", number(limit)), limit_colour}}};
}

Picture low_shear_picture(const FlowShot& shot, double limit) {
  const Scale scale{"time-averaged wall shear stress (TAWSS)", "Pa", 0, 5 * limit, slate(), Limit{limit, true}};
  auto picture = marked_wall(shot, shot.flow.tawss_Pa, limit, [&](double v) { return scale.colour(v); });
  picture.caption = fmt::format("Low shear on the wall: TAWSS below {} Pa.", number(limit));
  picture.scale = scale;
  picture.legend = {{fmt::format("low TAWSS: below {} Pa", number(limit)), limit_colour}};
  return picture;
}

Picture high_residence_picture(const FlowShot& shot, double limit) {
  const Scale scale{"relative residence time (RRT)", "1/Pa", 0, 1.25 * limit, slate(), Limit{limit, false}};
  // Its reciprocal is what is parted: it has no poles where the shear vanishes.
  auto picture = marked_wall(shot, reciprocal_residence(shot.flow), 1 / limit,
                             [&](double v) { return scale.colour(1 / std::max(v, 1e-6)); });
  picture.caption = fmt::format("High relative residence time on the wall: RRT above {} per Pa.", number(limit));
  picture.scale = scale;
  picture.legend = {{fmt::format("high RRT: above {} per Pa", number(limit)), limit_colour}};
  return picture;
}

Picture vessel_picture(const VesselMesh& mesh, const Viewpoint& view, double tilt, std::string name,
                       std::string caption, int height) {
  // Blue, red, and other colours that are told apart from them, for openings; what is called a wall is of tissue.
  constexpr std::array<Rgb, 6> palette{
      {{.22, .48, .72}, {.80, .22, .22}, {.90, .60, .10}, {.30, .60, .35}, {.55, .40, .70}, {.45, .45, .45}}};
  // Openings mostly face up or down.
  Scene scene{{view.centre, normalised(view.towards + tilt * view.axis), view.axis}, {}, {}, {}};
  Picture picture{std::move(name), std::move(caption), {}, {}, {}};
  std::size_t openings = 0;
  for (std::size_t s = 0; s < mesh.surface_names.size(); ++s) {
    const Patch patch = gather(mesh.points, mesh.triangles, {},
                               [&](std::size_t t) { return mesh.surface[t] == static_cast<std::int32_t>(s); });
    const bool is_wall = mesh.surface_names[s] == "wall";
    const Rgb colour = is_wall ? tissue : palette[openings++ % palette.size()];
    scene.surfaces.push_back(plain(patch, colour));
    scene.surfaces.back().edges = true;
    picture.legend.emplace_back(words(mesh.surface_names[s]), colour);
  }
  picture.pixels = render(scene, height);
  return picture;
}

Picture vessel_cut_picture(const VesselMesh& mesh, const Viewpoint& view, int height) {
  const Plane cut = view.cut();
  auto face = plain(slice(mesh.points, mesh.cells, {}, everywhere, cut), {.80, .86, .92});
  face.edges = true;
  const auto behind = plain(clip(gather(mesh.points, mesh.triangles, {}, everywhere), cut), tissue);
  return {"vessel_cut",
          "The tetrahedra in the plane of the vessel's two longest axes.",
          render({camera(view), {face, behind}, {}, mesh.points}, height),
          {},
          {}};
}

}  // namespace cardiotwin::report
