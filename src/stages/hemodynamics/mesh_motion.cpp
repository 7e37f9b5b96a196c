#include "mesh_motion.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "flow_mesh.hpp"
#include "harmonic_extension.hpp"

namespace cardiotwin::hemodynamics {

namespace {

std::vector<std::int32_t> nodes_of(const fem::Space& space, std::span<const std::int32_t> triangles) {
  std::vector<std::int32_t> nodes;
  nodes.reserve(3 * triangles.size());
  for (std::int32_t t : triangles)
    for (int a = 0; a < 3; ++a) nodes.push_back(space.triangle_nodes()[3 * t + a]);
  return nodes;
}

/// Interlaced, one array a frame.
std::vector<std::vector<double>> interlace(const std::vector<Vectors>& frames) {
  std::vector<std::vector<double>> all;
  for (const Vectors& frame : frames) {
    std::vector<double> values(3 * frame[0].size());
    for (std::size_t n = 0; n < frame[0].size(); ++n)
      for (int d = 0; d < 3; ++d) values[3 * n + d] = frame[d][n];
    all.push_back(std::move(values));
  }
  return all;
}

/// Collective. The frame with the largest displacements, in the mean square.
std::size_t widest_frame(Halo& halo, const std::vector<Vectors>& frames) {
  std::vector<double> squares;
  for (const Vectors& frame : frames) {
    double sum = 0;
    for (const Scalars& component : frame)
      for (std::int32_t n = 0; n < halo.space().owned(); ++n) sum += component[n] * component[n];
    squares.push_back(sum);
  }
  halo.space().comm().sum(squares);
  return static_cast<std::size_t>(std::ranges::max_element(squares) - squares.begin());
}

/// The two frames before go on in a straight line: a good start for the free nodes of frame f.
void guess_frame(std::vector<Vectors>& frames, std::size_t f, const std::vector<std::uint8_t>& fixed) {
  if (f == 0) return;
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < fixed.size(); ++n)
      if (!fixed[n]) frames[f][d][n] = f > 1 ? 2 * frames[f - 1][d][n] - frames[f - 2][d][n] : frames[f - 1][d][n];
}

}  // namespace

MeshMotion::MeshMotion(Halo& halo, const WallFrames& frames, const SurfaceSet& wall, const SurfaceSet& lid,
                       double stiffening, double smallest_quality)
    : halo_(halo) {
  const fem::Space& space = halo.space();
  auto displacement = closed_frames(frames, wall.nodes);

  constexpr double surface_tolerance = 1e-9, volume_tolerance = 1e-7;  // a boundary, and what any smooth field fills
  // The lid first, within its own surface: it stays as flat as its rim.
  std::vector<std::uint8_t> off_lid(space.locals()), on_surface(space.locals());
  for (std::size_t n = 0; n < off_lid.size(); ++n) {
    off_lid[n] = wall.nodes[n] || !lid.nodes[n];
    on_surface[n] = wall.nodes[n] || lid.nodes[n];
  }
  HarmonicExtension over_lid(halo, "lid", nodes_of(space, lid.triangles), 3, triangle_stiffness(space, lid.triangles),
                             off_lid, surface_tolerance);
  for (Vectors& frame : displacement) over_lid.extend(frame);

  constexpr int tries = 4;
  constexpr double increment = 0.5;
  const std::size_t widest = widest_frame(halo, displacement);
  Worst worst;
  for (int i = 0; i < tries; ++i) {
    stiffening_ = stiffening + increment * i;
    HarmonicExtension into_blood(halo, "lifting", space.cell_nodes(), 4, tetrahedron_stiffness(space, stiffening_),
                                 on_surface, volume_tolerance);
    // The frame that moves most tells at a small part of the cost whether this stiffening is hopeless.
    into_blood.extend(displacement[widest]);
    if (i + 1 < tries && quality_of(displacement[widest]) < smallest_quality) continue;
    for (std::size_t f = 0; f < displacement.size(); ++f) {
      if (f == widest) continue;
      guess_frame(displacement, f, on_surface);
      into_blood.extend(displacement[f]);
    }
    curve_ = PeriodicCurve(frames.times_ms, interlace(displacement));
    worst = worst_cell();
    if (worst.quality >= smallest_quality) return;
  }
  core::fail_numerical(
      {.where = fmt::format("moving mesh of the blood, {:.1f} ms, near ({:.1f}, {:.1f}, {:.1f}) mm", worst.time,
                            worst.where[0], worst.where[1], worst.where[2]),
       .expected = fmt::format("cells of quality {:.3g} or more while the wall moves", smallest_quality),
       .found = fmt::format("{:.3g}, with a stiffening of up to {:g}", worst.quality, stiffening_),
       .remedy = "look at the wall's motion there; a coarser blood mesh (hemodynamics.refine 0, meshing sizes) or a "
                 "lower hemodynamics.smallest_quality lets it pass"});
}

/// Displacements at wall nodes, zero elsewhere, without the closing frame and without drift over the cycle.
std::vector<Vectors> MeshMotion::closed_frames(const WallFrames& frames, const std::vector<std::uint8_t>& wall) {
  const fem::Space& space = halo_.space();
  const auto& first = frames.displacement.front();
  const auto& last = frames.displacement.back();
  std::vector<Vectors> closed(frames.displacement.size() - 1, halo_.vectors());
  double gap = 0;
  for (std::int32_t n = 0; n < space.locals(); ++n) {
    if (!wall[n]) continue;
    const std::int32_t point = space.node()[n];
    const Vec3 drift = last[point] - first[point];
    gap = std::max(gap, norm(drift));
    for (std::size_t f = 0; f < closed.size(); ++f) {
      const Vec3 value = frames.displacement[f][point] - (frames.times_ms[f] / frames.times_ms.back() - 0.5) * drift;
      for (int d = 0; d < 3; ++d) closed[f][d][n] = value[d];
    }
  }
  closing_gap_ = space.comm().max(gap);
  return closed;
}

void MeshMotion::positions(double time, std::span<Vec3> x) const {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  curve_.evaluate(time, {x.data()->data(), 3 * x.size()});
  const auto reference = halo_.space().coordinates();
  for (std::size_t n = 0; n < x.size(); ++n) x[n] = x[n] + reference[n];
}

/// Local. The worst cell of this rank with the nodes at `x`, where it is worse than `worst`.
void MeshMotion::look_for_worst(std::span<const Vec3> x, double time, Worst& worst) const {
  const fem::Space& space = halo_.space();
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const std::int32_t* n = space.cell_nodes().data() + 4 * c;
    const double quality = mean_ratio(x[n[0]], x[n[1]], x[n[2]], x[n[3]]);
    if (quality < worst.quality) worst = {quality, time, 0.25 * (x[n[0]] + x[n[1]] + x[n[2]] + x[n[3]])};
  }
}

/// Collective. The smallest quality of a frame.
double MeshMotion::quality_of(const Vectors& displacement) const {
  const auto reference = halo_.space().coordinates();
  std::vector<Vec3> x(reference.begin(), reference.end());
  for (std::size_t n = 0; n < x.size(); ++n)
    for (int d = 0; d < 3; ++d) x[n][d] += displacement[d][n];
  Worst worst;
  look_for_worst(x, 0, worst);
  return halo_.space().comm().min(worst.quality);
}

/// Collective. Over the cycle, in 64 equal parts.
MeshMotion::Worst MeshMotion::worst_cell() const {
  constexpr int samples = 64;
  const fem::Space& space = halo_.space();
  std::vector<Vec3> x(space.locals());
  Worst worst;
  for (int i = 0; i < samples; ++i) {
    positions(period() * i / samples, x);
    look_for_worst(x, period() * i / samples, worst);
  }
  // The rank that has the worst tells the others.
  const double overall = space.comm().min(worst.quality);
  std::vector<double> told(4, 0.0);
  const bool mine = worst.quality == overall;
  const int speaker = static_cast<int>(space.comm().min(mine ? space.comm().rank() : space.comm().size()));
  told = {worst.time, worst.where[0], worst.where[1], worst.where[2]};
  space.comm().broadcast(told, speaker);
  return {overall, told[0], {told[1], told[2], told[3]}};
}

}  // namespace cardiotwin::hemodynamics
