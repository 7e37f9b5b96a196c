#include "slab.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

namespace {

void check(const Slab& slab) {
  for (int d = 0; d < 3; ++d) {
    if (!(slab.size_mm[d] > 0))
      core::fail_configuration({.where = "meshing.slab_size_mm",
                                .expected = "three lengths above 0 mm",
                                .found = fmt::format("{:g} mm", slab.size_mm[d]),
                                .remedy = "give the lengths of the slab along x, y, z"});
    if (slab.elements[d] < 1)
      core::fail_configuration({.where = "meshing.slab_elements",
                                .expected = "at least one element along each edge",
                                .found = fmt::format("{}", slab.elements[d]),
                                .remedy = "give the numbers of elements along x, y, z"});
  }
}

}  // namespace

artifacts::HeartMesh make_slab(const Slab& slab) {
  check(slab);
  mesh::TetMesh box = mesh::box({0, 0, 0}, slab.size_mm, slab.elements, artifacts::region_lv_wall);
  const double length = slab.size_mm[0];
  if (slab.grading != 1)
    for (Vec3& x : box.points) x[0] = length * std::pow(x[0] / length, slab.grading);
  artifacts::HeartMesh heart;
  for (const std::int32_t side : box.surface)  // -x +x -y +y -z +z
    heart.surface.push_back(side == 5   ? artifacts::surface_endocardium
                            : side == 1 ? artifacts::surface_base
                                        : artifacts::surface_epicardium);
  for (const Vec3& x : box.points) {
    heart.transmural.push_back(x[2] / slab.size_mm[2]);
    heart.apicobasal.push_back(1 - x[0] / length);
  }
  heart.points = std::move(box.points);
  heart.cells = std::move(box.cells);
  heart.region = std::move(box.region);
  heart.triangles = std::move(box.triangles);
  heart.fibre.assign(heart.points.size(), {1, 0, 0});
  heart.sheet.assign(heart.points.size(), {0, 1, 0});
  heart.rotational.assign(heart.points.size(), 0.0);
  heart.aha_segment.assign(heart.cells.size(), 1);
  heart.long_axis = {-1, 0, 0};
  return heart;
}

}  // namespace cardiotwin::meshing
