#include "flow_mesh.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::hemodynamics {

double mean_ratio(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  const Vec3 ab = b - a, ac = c - a, ad = d - a, bc = c - b, bd = d - b, cd = d - c;
  const double six_volumes = dot(cross(ab, ac), ad);
  const double squares = dot(ab, ab) + dot(ac, ac) + dot(ad, ad) + dot(bc, bc) + dot(bd, bd) + dot(cd, cd);
  const double root = std::cbrt(0.5 * six_volumes);
  return std::copysign(12 * root * root / squares, six_volumes);
}

FlowMesh::FlowMesh(const fem::Space& space)
    : space_(space),
      halo_(space),
      positions_(space.coordinates().begin(), space.coordinates().end()),
      shapes_(space.cells().size()),
      lumped_volume_(halo_.scalars()) {
  compute();
}

void FlowMesh::move_to(std::span<const Vec3> positions) {
  if (!space_.comm().any(!std::equal(positions.begin(), positions.end(), positions_.begin()))) return;
  std::copy(positions.begin(), positions.end(), positions_.begin());
  compute();
  ++revision_;
}

void FlowMesh::compute() {
  std::fill(lumped_volume_.begin(), lumped_volume_.end(), 0.0);
  double smallest = 1, volume = 0;
  for (std::size_t c = 0; c < shapes_.size(); ++c) {
    const auto [n, shape] = cell(c);
    const Vec3 &p0 = positions_[n[0]], &p1 = positions_[n[1]], &p2 = positions_[n[2]], &p3 = positions_[n[3]];
    shapes_[c] = fem::affine_cell(p0, p1, p2, p3);
    smallest = std::min(smallest, mean_ratio(p0, p1, p2, p3));
    volume += shapes_[c].volume;
    for (const std::int32_t node : n) lumped_volume_[node] += 0.25 * shapes_[c].volume;
  }
  halo_.add(lumped_volume_);
  smallest_quality_ = space_.comm().min(smallest);
  volume_ = space_.comm().sum(volume);
}

}  // namespace cardiotwin::hemodynamics
