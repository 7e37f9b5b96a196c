#include "tissue.hpp"

#include <cmath>

namespace cardiotwin::meshing {

using namespace core;

std::size_t assign_tissue(const artifacts::Labels& labels, artifacts::HeartMesh& heart) {
  const artifacts::Geometry& g = labels.geometry;
  const auto label_at = [&](const Vec3& x) -> std::int32_t {
    const Vec3 place = g.to_index(x);
    std::array<std::int64_t, 3> voxel;
    for (int d = 0; d < 3; ++d) {
      voxel[d] = std::llround(place[d]);
      if (voxel[d] < 0 || voxel[d] >= g.size[d]) return 0;
    }
    return labels.labels[static_cast<std::size_t>(g.index(voxel[0], voxel[1], voxel[2]))];
  };
  std::size_t labelled = 0;
  heart.tissue.assign(heart.cells.size(), 0);
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (!artifacts::is_wall(heart.region[c])) continue;
    Vec3 middle{0, 0, 0};
    for (const std::int32_t p : heart.cells[c]) middle = middle + 0.25 * heart.points[p];
    heart.tissue[c] = label_at(middle);
    if (heart.tissue[c] != 0) ++labelled;
  }
  return labelled;
}

}  // namespace cardiotwin::meshing
