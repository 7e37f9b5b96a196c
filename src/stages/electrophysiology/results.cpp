#include "results.hpp"

#include <algorithm>
#include <array>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "delineation.hpp"
#include "wave.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

namespace {

void report_times(stage::Context& context, const std::vector<double>& activation,
                  const std::vector<double>& repolarisation) {
  double last = 0, sum = 0, duration = 0;
  std::int64_t active = 0, repolarised = 0;
  for (std::size_t n = 0; n < activation.size(); ++n) {
    if (activation[n] < 0) continue;
    last = std::max(last, activation[n]);
    sum += activation[n], ++active;
    if (repolarisation[n] >= 0) duration += repolarisation[n] - activation[n], ++repolarised;
  }
  context.findings.quantity("activation_time.total", last, "ms");
  context.findings.quantity("activation_time.mean", sum / static_cast<double>(active), "ms");
  if (const auto spread = spread_ms(repolarisation))
    context.findings.quantity("repolarisation_time.dispersion", *spread, "ms");
  if (repolarised == static_cast<std::int64_t>(activation.size()))
    context.findings.quantity("apd90.mean", duration / static_cast<double>(repolarised), "ms");
}

/// Linear in the cell around the position; at the nearest point where it lies outside. -1 where any of them is.
double value_at(const mesh::TetMesh& mesh, const Vec3& position, const std::vector<double>& values) {
  for (const mesh::Cell& cell : mesh.cells) {
    std::array<double, 4> weight;
    double least = 1;
    const double volume = mesh::signed_volume(mesh, cell);
    for (int i = 0; i < 4; ++i) {
      std::array<Vec3, 4> corner;
      for (int j = 0; j < 4; ++j) corner[j] = i == j ? position : mesh.points[cell[j]];
      weight[i] = dot(corner[1] - corner[0], cross(corner[2] - corner[0], corner[3] - corner[0])) / 6 / volume;
      least = std::min(least, weight[i]);
      if (least < -1e-9) break;
    }
    if (least < -1e-9) continue;
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
      if (weight[i] > 1e-9 && values[cell[i]] < 0) return -1;
      sum += weight[i] * values[cell[i]];
    }
    return sum;
  }
  return values[nearest_point(mesh, position)];
}

void report_probes(stage::Context& context, const Wall& wall, const std::vector<double>& activation) {
  for (const config::Section& probe : context.config.list("probes")) {
    const double time = value_at(wall.mesh, probe.vec3("position_mm"), activation);
    if (time < 0)
      context.findings.warning("probe " + probe.text("name") + " never activated");
    else
      context.findings.quantity("activation_time." + probe.text("name"), time, "ms");
  }
}

/// Velocity of the wave in each cell [m/s]; zero where it is not the tissue's own.
std::vector<Vec3> velocities(const Wall& wall, const std::vector<Stimulus>& stimuli,
                             const std::vector<double>& activation) {
  std::vector<bool> stimulated(wall.mesh.points.size(), false);
  for (const Stimulus& s : stimuli)
    for (const std::int32_t p : s.points) stimulated[p] = true;
  auto velocity = conduction_velocity(wall.mesh, activation);
  for (std::size_t c = 0; c < velocity.size(); ++c)  // a travelling stimulus has its own speed
    if (std::ranges::any_of(wall.mesh.cells[c], [&](std::int32_t p) { return stimulated[p]; })) velocity[c] = {0, 0, 0};
  return velocity;
}

void report_speeds(stage::Context& context, const Wall& wall, const std::vector<Vec3>& velocity) {
  const auto speeds = conduction_speeds(wall.mesh, velocity, wall.fibre);
  if (speeds.along) context.findings.quantity("conduction_velocity.along", *speeds.along, "m/s");
  if (speeds.across) context.findings.quantity("conduction_velocity.across", *speeds.across, "m/s");
}

void report_segments(stage::Context& context, const Wall& wall, const Wave& wave) {
  const auto segments = segment_times(wall.mesh, wall.aha_segment, wave.activation, wave.repolarisation);
  for (std::size_t s = 0; s < segments.size(); ++s)
    if (segments[s].activation_ms >= 0)
      context.findings.quantity(fmt::format("activation_time.segment_{:02}", s + 1), segments[s].activation_ms, "ms");
}

/// How far apart the two walls beat, where the mesh has both.
void report_ventricles(stage::Context& context, const Wall& wall, const Wave& wave) {
  const auto walls = segment_times(wall.mesh, wall.mesh.region, wave.activation, wave.repolarisation);
  const double left = walls[artifacts::region_lv_wall - 1].activation_ms,
               right = walls[artifacts::region_rv_wall - 1].activation_ms;
  if (left < 0 || right < 0) return;
  context.findings.quantity("activation_time.left_wall", left, "ms");
  context.findings.quantity("activation_time.right_wall", right, "ms");
}

void report_ecg(stage::Context& context, const Wave& wave) {
  if (wave.ecg.empty()) return;
  const Intervals intervals = qrs_and_qt(wave.ecg_times, wave.ecg);
  if (const auto qrs = intervals.qrs_duration_ms()) context.findings.quantity("qrs_duration", *qrs, "ms");
  if (const auto qt = intervals.qt_ms()) context.findings.quantity("qt_interval", *qt, "ms");
}

/// Values at wall points as values at points of the heart; `absent` elsewhere. Refinement kept the first points'
/// numbers.
std::vector<double> on_heart(const artifacts::HeartMesh& heart, const Wall& wall, const std::vector<double>& values,
                             double absent) {
  std::vector<double> result(heart.points.size(), absent);
  for (std::size_t n = 0; n < wall.heart_point.size(); ++n) result[wall.heart_point[n]] = values[n];
  return result;
}

/// Rank 0. Results on the refined wall for pictures, on the heart mesh for the stages after this one.
void write_results(stage::Context& context, const artifacts::HeartMesh& heart, const Wall& wall, const Wave& wave,
                   const std::vector<Vec3>& velocity) {
  constexpr double outside_mV = 0;
  artifacts::Activation result;
  result.activation_time_ms = on_heart(heart, wall, wave.activation, -1);
  result.repolarisation_time_ms = on_heart(heart, wall, wave.repolarisation, -1);
  const auto apd90 = action_potential_durations(wave.activation, wave.repolarisation);
  if (spread_ms(wave.repolarisation)) result.apd_ms = on_heart(heart, wall, apd90, -1);
  result.ecg_times_ms = wave.ecg_times;
  result.ecg_mV = wave.ecg;
  result.snapshot_times_ms = wave.snapshot_times;
  for (const auto& v : wave.snapshots) result.snapshots_mV.push_back(on_heart(heart, wall, v, outside_mV));
  context.artifacts.write(result);
  const std::vector<double> segment(wall.aha_segment.begin(), wall.aha_segment.end());
  io::write_unstructured_grid(
      context.artifacts.output(), wall.mesh.points, wall.mesh.cells,
      {io::field("activation_time_ms", wave.activation), io::field("repolarisation_time_ms", wave.repolarisation),
       io::field("apd90_ms", apd90), io::field("fibre", wall.fibre)},
      {io::field("aha_segment", segment), io::field("conduction_velocity_m_per_s", velocity)});
}

}  // namespace

void conclude(stage::Context& context, const artifacts::HeartMesh& heart, const Wall& wall,
              const std::vector<Stimulus>& stimuli, const Wave& wave) {
  report_times(context, wave.activation, wave.repolarisation);
  const auto velocity = velocities(wall, stimuli, wave.activation);
  report_speeds(context, wall, velocity);
  report_segments(context, wall, wave);
  report_ventricles(context, wall, wave);
  report_ecg(context, wave);
  report_probes(context, wall, wave.activation);
  write_results(context, heart, wall, wave, velocity);
}

}  // namespace cardiotwin::electrophysiology
