#include "calibration.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "kept.hpp"
#include "wall.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double tolerance = 0.01;  ///< of speeds
constexpr int most_trials = 15;
/// Of the conductivity that would do on a fine mesh: with less, what travels is the error of the elements.
constexpr double least_share = 0.1;

/// n of the header (in any order and with any signs), and two directions normal to it and to each other.
const std::array<Vec3, 3> axes = [] {
  const Vec3 n{0.26663540151670473, 0.4225186537611115, 0.8662468181078206}, across = normalised(cross(n, {0, 0, 1}));
  return std::array{n, across, cross(n, across)};
}();

/// Cubes whose edges become halves of a cube's diagonals: Kuhn's six tetrahedra become equal ones, between the corners
/// and middles of cubes of side `spacing`.
Vec3 lattice_point(const Vec3& i, double spacing) {
  return (0.5 * spacing) * Vec3{i[0] - i[1] + i[2], i[0] + i[1] - i[2], i[1] + i[2] - i[0]};
}

/// Points of the lattice in the coordinates of the rod: x along it, its middle at 0.
mesh::TetMesh lattice(std::array<std::int32_t, 3> half, double spacing) {
  const Vec3 high{1.0 * half[0], 1.0 * half[1], 1.0 * half[2]};
  mesh::TetMesh mesh = mesh::box(-1.0 * high, high, {2 * half[0], 2 * half[1], 2 * half[2]}, 0);
  for (Vec3& x : mesh.points) {
    const Vec3 place = lattice_point(x, spacing);
    x = {dot(axes[0], place), dot(axes[1], place), dot(axes[2], place)};
  }
  mesh.triangles.clear(), mesh.surface.clear();
  return mesh;
}

mesh::TetMesh rod(double edge, double length, double radius) {
  const double spacing = edge / mean_edge(lattice({1, 1, 1}, 1));
  std::array<std::int32_t, 3> half;  // numbers of the lattice are sums of two coordinates over the spacing
  for (int d = 0; d < 3; ++d) {
    const auto along = [&](const Vec3& axis) { return axis[d] + axis[(d + 1) % 3]; };
    half[d] = static_cast<std::int32_t>(std::ceil(
        (std::abs(along(axes[0])) * length / 2 + std::hypot(along(axes[1]), along(axes[2])) * radius) / spacing + 1));
  }
  mesh::TetMesh mesh = lattice(half, spacing);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    Vec3 centre{0, 0, 0};
    for (std::int32_t p : mesh.cells[c]) centre = centre + 0.25 * mesh.points[p];
    mesh.region[c] = std::abs(centre[0]) < length / 2 && std::hypot(centre[1], centre[2]) < radius;
  }
  return mesh::extract(mesh, std::vector<std::int32_t>{1}).mesh;
}

/// Slope of the line through the times in the middle half of the rod; zero when the wave does not pass it.
double speed_of(const mesh::TetMesh& mesh, double length, std::span<const double> activation) {
  double count = 0, x_sum = 0, t_sum = 0, xx = 0, xt = 0;
  for (std::size_t p = 0; p < activation.size(); ++p) {
    const double x = mesh.points[p][0], t = activation[p];
    if (std::abs(x) > length / 4) continue;
    if (t < 0) return 0;
    count += 1, x_sum += x, t_sum += t, xx += x * x, xt += x * t;
  }
  return (xx - x_sum * x_sum / count) / (xt - x_sum * t_sum / count);
}

}  // namespace

double measured_speed(const Calibration& setup, const Conductivity& sigma, bool along) {
  // The wave needs some millimetres to become steady, and some edges for a mean.
  const double length = std::max(12.0, 20 * setup.edge_mm), radius = 3 * setup.edge_mm;
  const mesh::TetMesh mesh = rod(setup.edge_mm, length, radius);
  Tissue tissue{.mesh = mesh,
                .fibres = {},
                .conductivity = std::vector<Conductivity>(mesh.cells.size(), sigma),
                .model = setup.model,
                .kinds = {setup.kind},
                .kind_of = std::vector<std::int32_t>(mesh.points.size(), 0)};
  Stimulus end;
  for (const Vec3& x : mesh.points) {
    const double angle = 2 * std::numbers::pi * x[0] / length;  // half a turn in the half that is measured
    tissue.fibres.push_back(along ? Vec3{1, 0, 0} : Vec3{0, std::cos(angle), std::sin(angle)});
    if (x[0] < -length / 2 + std::max(1.5, 2 * setup.edge_mm))
      end.points.push_back(static_cast<std::int32_t>(tissue.fibres.size() - 1));
  }
  end.delay_ms.assign(end.points.size(), 0.0);
  Options options = setup.options;
  options.stop_when_activated = true;
  options.end_time_ms = 5 * length / (along ? setup.target.along : setup.target.across);
  Monodomain solver(Comm(MPI_COMM_SELF), tissue, {end}, options);
  while (!solver.finished()) solver.advance();
  return speed_of(mesh, length, solver.activation_times());
}

namespace {

[[noreturn]] void give_up(const Calibration& setup, bool along, double target, double slowest) {
  const bool any = slowest < never;
  fail_numerical({.where = fmt::format("electrophysiology, conductivity {} the fibre", along ? "along" : "across"),
                  .expected = fmt::format("a wave of {:.3g} m/s on edges of {:.2f} mm", target, setup.edge_mm),
                  .found = any ? fmt::format("none slower than {:.3g} m/s", slowest) : "no wave",
                  .remedy = any ? fmt::format("ask for at least that, or raise electrophysiology.refine: edges of "
                                              "about {:.2f} mm are short enough",
                                              setup.edge_mm * std::pow(target / slowest, 2))
                                : "check the cell model: cells that are this hard to excite do not conduct"});
}

/// Secant iterations on log v over log sigma; where the wave dies out the way to it is halved.
double find(const Calibration& setup, Conductivity sigma, bool along) {
  const double target = along ? setup.target.along : setup.target.across;
  double& unknown = along ? sigma.along : sigma.across;
  const double least = least_share * unknown;
  double power = 0.5;  // of sigma in v, on fine meshes
  double last = 0, last_speed = 0, dead = 0, slowest = never;
  for (int trial = 0; trial < most_trials; ++trial) {
    const double here = unknown, speed = measured_speed(setup, sigma, along);
    if (std::abs(speed / target - 1) < tolerance) return here;
    if (speed == 0) {
      dead = here;
      unknown = last > 0 ? std::sqrt(here * last) : 4 * here;
      continue;
    }
    slowest = std::min(slowest, speed);
    if (here == least && speed > target) break;
    if (last > 0) power = std::clamp(std::log(speed / last_speed) / std::log(here / last), 0.1, 1.0);
    last = here, last_speed = speed;
    unknown = std::max(least, here * std::clamp(std::pow(target / speed, 1 / power), 0.125, 8.0));
    if (unknown <= dead) unknown = std::sqrt(dead * here);
  }
  give_up(setup, along, target, slowest);
}

}  // namespace

Conductivity calibrate(const Calibration& setup) {
  // Niederer's speeds and conductivities, v ~ sqrt(sigma / (chi C_m)), are where the search starts.
  const Options niederer;
  const Speed usual;
  const double scale =
      setup.options.surface_to_volume * setup.options.capacitance / (niederer.surface_to_volume * niederer.capacitance);
  Conductivity sigma;
  sigma.along *= scale * std::pow(setup.target.along / usual.along, 2);
  sigma.across *= scale * std::pow(setup.target.across / usual.across, 2);
  sigma.along = find(setup, sigma, true);
  sigma.across = find(setup, sigma, false);
  return sigma;
}

std::string calibration_key(const Calibration& setup) {
  const Options& o = setup.options;
  return fmt::format(
      "calibration 1; {}; target {} {} m/s; edge {} mm; step {} ms; chi {} /mm; C_m {} "
      "uF/mm^2; activation {} mV; lumped {}; interpolation {} mV; tolerance {} mV",
      description(setup.model, setup.kind), setup.target.along, setup.target.across, setup.edge_mm, o.time_step_ms,
      o.surface_to_volume, o.capacitance, o.activation_threshold_mV, o.lumped_fraction, o.interpolation_threshold_mV,
      o.solver_tolerance_mV);
}

Conductivity calibrate(const Calibration& setup, const std::filesystem::path& folder) {
  const auto values = kept(folder, calibration_key(setup), [&] {
    const Conductivity sigma = calibrate(setup);
    return std::vector{sigma.along, sigma.across};
  });
  return {values.at(0), values.at(1)};
}

}  // namespace cardiotwin::electrophysiology
