#include "stimulus.hpp"

#include <algorithm>
#include <limits>
#include <queue>

#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;

double Stimulus::first_ms() const {
  return start_ms + (delay_ms.empty() ? 0 : *std::min_element(delay_ms.begin(), delay_ms.end()));
}

double Stimulus::last_ms() const {
  return start_ms + (delay_ms.empty() ? 0 : *std::max_element(delay_ms.begin(), delay_ms.end())) +
         period_ms * (count - 1) + duration_ms;
}

double pulse_fraction(const Stimulus& stimulus, double delay_ms, double t_ms, double dt_ms) {
  const double since = t_ms - stimulus.start_ms - delay_ms;
  // Pulses do not overlap, so only the one that has begun last and the one that begins within the step matter.
  double covered = 0;
  const int latest = stimulus.period_ms > 0 ? static_cast<int>(std::floor((since + dt_ms) / stimulus.period_ms)) : 0;
  for (int n = std::max(0, latest - 1); n <= std::min(latest, stimulus.count - 1); ++n) {
    const double begin = n * stimulus.period_ms - since;
    covered += std::max(0.0, std::min(begin + stimulus.duration_ms, dt_ms) - std::max(begin, 0.0));
  }
  return covered / dt_ms;
}

std::vector<std::int32_t> points_within(const mesh::TetMesh& mesh, const Vec3& centre, double radius_mm) {
  std::vector<std::int32_t> points;
  for (std::size_t p = 0; p < mesh.points.size(); ++p)
    if (norm(mesh.points[p] - centre) <= radius_mm + 1e-9) points.push_back(static_cast<std::int32_t>(p));
  return points;
}

std::vector<std::int32_t> points_in_box(const mesh::TetMesh& mesh, const Vec3& corner, const Vec3& size_mm) {
  std::vector<std::int32_t> points;
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    const Vec3 x = mesh.points[p] - corner;
    bool inside = true;
    for (int d = 0; d < 3; ++d) inside = inside && x[d] >= -1e-9 && x[d] <= size_mm[d] + 1e-9;
    if (inside) points.push_back(static_cast<std::int32_t>(p));
  }
  return points;
}

std::int32_t nearest_point(const mesh::TetMesh& mesh, const Vec3& position) {
  const auto distance = [&](const Vec3& p) { return norm(p - position); };
  const auto nearest = std::min_element(mesh.points.begin(), mesh.points.end(),
                                        [&](const Vec3& a, const Vec3& b) { return distance(a) < distance(b); });
  return static_cast<std::int32_t>(nearest - mesh.points.begin());
}

void spread_over_surface(const mesh::TetMesh& mesh, std::int32_t tag, const std::vector<std::int32_t>& seeds,
                         double speed, Stimulus& stimulus) {
  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<std::vector<std::int32_t>> neighbours(mesh.points.size());
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.surface[t] != tag) continue;
    for (auto [i, j] : mesh::triangle_edges) {
      neighbours[mesh.triangles[t][i]].push_back(mesh.triangles[t][j]);
      neighbours[mesh.triangles[t][j]].push_back(mesh.triangles[t][i]);
    }
  }
  std::vector<double> arrival(mesh.points.size(), never);
  std::priority_queue<std::pair<double, std::int32_t>, std::vector<std::pair<double, std::int32_t>>, std::greater<>>
      front;
  for (std::int32_t p : seeds) arrival[p] = 0, front.push({0, p});
  while (!front.empty()) {
    const auto [time, p] = front.top();
    front.pop();
    if (time > arrival[p]) continue;
    for (std::int32_t q : neighbours[p]) {
      const double later = time + norm(mesh.points[q] - mesh.points[p]) / speed;
      if (later < arrival[q]) arrival[q] = later, front.push({later, q});
    }
  }
  // One layer of cells deep: a single layer of points would inject less the finer the mesh.
  std::vector<double> layer = arrival;
  for (const mesh::Cell& cell : mesh.cells) {
    double earliest = never;
    for (std::int32_t p : cell) earliest = std::min(earliest, arrival[p]);
    for (std::int32_t p : cell)
      if (arrival[p] == never) layer[p] = std::min(layer[p], earliest);
  }
  for (std::size_t p = 0; p < layer.size(); ++p)
    if (layer[p] < never)
      stimulus.points.push_back(static_cast<std::int32_t>(p)), stimulus.delay_ms.push_back(layer[p]);
}

}  // namespace cardiotwin::electrophysiology
