#include "mesh_motion.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "flow_mesh.hpp"
#include "lifting.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Largest distance between the first frame and the last, on the wall.
double gap(const mesh::TetMesh& blood, const WallFrames& frames) {
  double largest = 0;
  for (const mesh::Triangle& t : tagged(blood, {artifacts::surface_endocardium}))
    for (std::int32_t p : t)
      largest = std::max(largest, norm(frames.displacement.back()[p] - frames.displacement.front()[p]));
  return largest;
}

/// The frames without the closing one and without drift over the cycle.
std::vector<Displacement> closed(const WallFrames& frames) {
  std::vector<Displacement> closed(frames.displacement.begin(), frames.displacement.end() - 1);
  const auto& first = frames.displacement.front();
  const auto& last = frames.displacement.back();
  for (std::size_t f = 0; f < closed.size(); ++f)
    for (std::size_t p = 0; p < first.size(); ++p)
      closed[f][p] = closed[f][p] - (frames.times_ms[f] / frames.times_ms.back() - 0.5) * (last[p] - first[p]);
  return closed;
}

}  // namespace

MeshMotion::MeshMotion(const fem::Space& space, const mesh::NestedMesh& blood, const WallFrames& frames,
                       double stiffening, double smallest_quality)
    : space_(space), closing_gap_(gap(blood.coarse, frames)) {
  std::vector<std::int32_t> number(blood.coarse.points.size(), -1);
  for (std::int32_t node : space.node()) {
    auto& [point, weight] = origin_.emplace_back(blood.origin[node]);
    for (std::int32_t& p : point) {
      if (number[p] < 0) {
        number[p] = static_cast<std::int32_t>(anchors_.size());
        anchors_.push_back(p);
      }
      p = number[p];
    }
  }

  const std::vector<Displacement> wall = closed(frames);
  constexpr int tries = 4;
  constexpr double increment = 0.5;
  Worst worst;
  for (int i = 0; i < tries; ++i) {
    stiffening_ = stiffening + increment * i;
    const bool last = i + 1 == tries;
    const auto lifted = lift(space.comm(), blood.coarse, wall, stiffening_, last ? -1 : smallest_quality);
    if (lifted.empty()) continue;
    set_curve(frames.times_ms, lifted);
    worst = worst_cell();
    if (worst.quality >= smallest_quality) return;
  }
  core::fail_numerical(
      {.where = fmt::format("moving mesh of the blood, {:.1f} ms, near ({:.1f}, {:.1f}, {:.1f}) mm", worst.time,
                            worst.where[0], worst.where[1], worst.where[2]),
       .expected = fmt::format("cells of quality {:.3g} or more while the wall moves", smallest_quality),
       .found = fmt::format("{:.3g}, with a stiffening of up to {:g}", worst.quality, stiffening_),
       .remedy = "look at the wall's motion there; a coarser blood mesh (meshing sizes) or a lower "
                 "hemodynamics.smallest_quality lets it pass"});
}

/// Local.
void MeshMotion::set_curve(const std::vector<double>& times, const std::vector<Displacement>& lifted) {
  std::vector<std::vector<double>> values;
  for (const Displacement& frame : lifted) {
    auto& of_anchors = values.emplace_back();
    of_anchors.reserve(3 * anchors_.size());
    for (std::int32_t p : anchors_) of_anchors.insert(of_anchors.end(), frame[p].begin(), frame[p].end());
  }
  curve_ = PeriodicCurve(times, std::move(values));
}

void MeshMotion::positions(double time, std::span<Vec3> x) const {
  std::vector<double> moved(3 * anchors_.size());
  curve_.evaluate(time, moved);
  const auto reference = space_.coordinates();
  for (std::size_t n = 0; n < x.size(); ++n) {
    x[n] = reference[n];
    for (int a = 0; a < 4; ++a)
      for (int d = 0; d < 3; ++d) x[n][d] += origin_[n].weight[a] * moved[3 * origin_[n].point[a] + d];
  }
}

/// Collective. Over the cycle, in 64 equal parts.
MeshMotion::Worst MeshMotion::worst_cell() const {
  constexpr int samples = 64;
  std::vector<Vec3> x(space_.locals());
  Worst worst;
  for (int i = 0; i < samples; ++i) {
    const double time = period() * i / samples;
    positions(time, x);
    for (std::size_t c = 0; c < space_.cells().size(); ++c) {
      const std::int32_t* n = space_.cell_nodes().data() + 4 * c;
      const double quality = mean_ratio(x[n[0]], x[n[1]], x[n[2]], x[n[3]]);
      if (quality < worst.quality) worst = {quality, time, 0.25 * (x[n[0]] + x[n[1]] + x[n[2]] + x[n[3]])};
    }
  }
  // The rank that has the worst tells the others.
  const core::Comm& comm = space_.comm();
  const double overall = comm.min(worst.quality);
  const int speaker = static_cast<int>(comm.min(worst.quality == overall ? comm.rank() : comm.size()));
  std::vector<double> told{worst.time, worst.where[0], worst.where[1], worst.where[2]};
  comm.broadcast(told, speaker);
  return {overall, told[0], {told[1], told[2], told[3]}};
}

}  // namespace cardiotwin::hemodynamics
