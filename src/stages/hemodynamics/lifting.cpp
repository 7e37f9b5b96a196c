#include "lifting.hpp"

#include <algorithm>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "flow_mesh.hpp"
#include "harmonic_extension.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using artifacts::Surface;

std::vector<std::int32_t> nodes_of(const fem::Space& space, std::span<const std::int32_t> triangles) {
  std::vector<std::int32_t> nodes;
  nodes.reserve(3 * triangles.size());
  for (std::int32_t t : triangles)
    for (int a = 0; a < 3; ++a) nodes.push_back(space.triangle_nodes()[3 * t + a]);
  return nodes;
}

/// Where values are given: off the lid's inside for the lid, on both surfaces for the volume.
std::vector<std::uint8_t> given(const SurfaceSet& wall, const SurfaceSet& lid, bool on_the_lid) {
  std::vector<std::uint8_t> fixed(wall.nodes.size());
  for (std::size_t n = 0; n < fixed.size(); ++n) fixed[n] = wall.nodes[n] || (lid.nodes[n] != 0) != on_the_lid;
  return fixed;
}

constexpr double surface_tolerance = 1e-9, volume_tolerance = 1e-7;  // a boundary, and what any smooth field fills

/// The whole mesh on this rank alone.
class Lifting {
 public:
  Lifting(const mesh::TetMesh& blood, double stiffening)
      : space_(core::Comm(MPI_COMM_SELF), blood, 1),
        halo_(space_),
        wall_(surface_set(space_, blood, {Surface::surface_endocardium})),
        lid_(surface_set(space_, blood, {Surface::surface_mitral, Surface::surface_aortic, Surface::surface_lid})),
        over_lid_(halo_, "lid", nodes_of(space_, lid_.triangles), 3, triangle_stiffness(space_, lid_.triangles),
                  given(wall_, lid_, true), surface_tolerance),
        into_blood_(halo_, "lifting", space_.cell_nodes(), 4, tetrahedron_stiffness(space_, stiffening),
                    given(wall_, lid_, false), volume_tolerance) {}

  Displacement lift(const Displacement& wall) {
    Vectors field = halo_.vectors();
    for (std::int32_t n = 0; n < space_.locals(); ++n)
      for (int d = 0; d < 3 && wall_.nodes[n]; ++d) field[d][n] = wall[space_.node()[n]][d];
    over_lid_.extend(field);
    into_blood_.extend(field);
    return halo_.gather(field);
  }

 private:
  fem::Space space_;
  Halo halo_;
  SurfaceSet wall_, lid_;
  HarmonicExtension over_lid_, into_blood_;
};

std::vector<std::int32_t> wall_points(const mesh::TetMesh& blood) {
  std::vector<std::int32_t> points;
  for (const mesh::Triangle& t : tagged(blood, {Surface::surface_endocardium}))
    points.insert(points.end(), t.begin(), t.end());
  return points;
}

/// The frame with the largest displacements, in the mean square.
std::size_t widest(const mesh::TetMesh& blood, const std::vector<Displacement>& frames) {
  const std::vector<std::int32_t> wall = wall_points(blood);
  const auto square = [&](const Displacement& frame) {
    double sum = 0;
    for (std::int32_t p : wall) sum += dot(frame[p], frame[p]);
    return sum;
  };
  return static_cast<std::size_t>(std::ranges::max_element(frames, {}, square) - frames.begin());
}

double smallest_mean_ratio(const mesh::TetMesh& blood, const Displacement& moved) {
  double smallest = 1;
  for (const mesh::Cell& c : blood.cells) {
    std::array<Vec3, 4> x;
    for (int a = 0; a < 4; ++a) x[a] = blood.points[c[a]] + moved[c[a]];
    smallest = std::min(smallest, mean_ratio(x[0], x[1], x[2], x[3]));
  }
  return smallest;
}

}  // namespace

std::vector<Displacement> lift(const core::Comm& comm, const mesh::TetMesh& blood,
                               const std::vector<Displacement>& frames, double stiffening, double smallest_quality) {
  std::vector<Displacement> lifted(frames.size());
  const std::size_t tried = widest(blood, frames);
  bool hopeless = false;
  core::collectively(comm, [&] {
    Lifting lifting(blood, stiffening);
    lifted[tried] = lifting.lift(frames[tried]);
    hopeless = smallest_mean_ratio(blood, lifted[tried]) < smallest_quality;
    if (hopeless) return;
    for (std::size_t f = 0; f < frames.size(); ++f)
      if (f != tried && static_cast<int>(f) % comm.size() == comm.rank()) lifted[f] = lifting.lift(frames[f]);
  });
  if (hopeless) return {};
  for (std::size_t f = 0; f < frames.size(); ++f)
    if (f != tried) comm.broadcast(lifted[f], static_cast<int>(f) % comm.size());
  return lifted;
}

}  // namespace cardiotwin::hemodynamics
