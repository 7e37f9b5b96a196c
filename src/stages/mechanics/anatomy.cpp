#include "anatomy.hpp"

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::mechanics {

WallDirections wall_directions(const artifacts::HeartMesh& heart, const mesh::SubMesh& wall) {
  WallDirections result;
  const auto& x = wall.mesh.points;
  for (const mesh::Cell& cell : wall.mesh.cells) {
    const auto geometry = fem::affine_cell(x[cell[0]], x[cell[1]], x[cell[2]], x[cell[3]]);
    Vec3 outwards{0, 0, 0};
    for (int a = 0; a < 4; ++a)
      outwards = outwards + heart.transmural[wall.parent_point[cell[a]]] * geometry.gradients[a];
    outwards = core::normalised(outwards);
    const Vec3 along = heart.long_axis - core::dot(heart.long_axis, outwards) * outwards;
    const bool apex = core::norm(along) < 0.3;
    result.longitudinal.push_back(apex ? Vec3{0, 0, 0} : core::normalised(along));
    result.circumferential.push_back(core::cross(result.longitudinal.back(), outwards));
  }
  return result;
}

}  // namespace cardiotwin::mechanics
