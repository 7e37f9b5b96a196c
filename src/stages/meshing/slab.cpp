#include "slab.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

artifacts::HeartMesh make_slab(const Slab& slab) {
  std::array<std::int32_t, 3> cubes{};
  for (int d = 0; d < 3; ++d) {
    const double count = slab.size_mm[d] / slab.edge_mm;
    cubes[d] = static_cast<std::int32_t>(std::lround(count));
    if (cubes[d] < 1 || std::abs(count - cubes[d]) > 1e-6 * count)
      core::fail_configuration({.where = "meshing.slab_edge_mm",
                                .expected = "an edge that divides slab_size_mm",
                                .found = fmt::format("{:g} mm in {:g} mm", slab.edge_mm, slab.size_mm[d]),
                                .remedy = "choose another edge, or a size that is a multiple of it"});
  }
  mesh::TetMesh box = mesh::box({0, 0, 0}, slab.size_mm, cubes, artifacts::region_lv_wall);
  artifacts::HeartMesh heart;
  for (std::size_t t = 0; t < box.triangles.size(); ++t) {  // box tags: -x +x -y +y -z +z
    const std::int32_t side = box.surface[t];
    const std::int32_t tag = side == 5   ? artifacts::surface_endocardium
                             : side == 6 ? artifacts::surface_epicardium
                             : side == 1 ? artifacts::surface_base
                                         : 0;
    if (tag == 0) continue;
    heart.triangles.push_back(box.triangles[t]);
    heart.surface.push_back(tag);
  }
  for (const Vec3& x : box.points) {
    heart.transmural.push_back(x[2] / slab.size_mm[2]);
    heart.apicobasal.push_back(1 - x[0] / slab.size_mm[0]);
  }
  heart.points = std::move(box.points);
  heart.cells = std::move(box.cells);
  heart.region = std::move(box.region);
  heart.fibre.assign(heart.points.size(), {1, 0, 0});
  heart.sheet.assign(heart.points.size(), {0, 1, 0});
  heart.rotational.assign(heart.points.size(), 0.0);
  heart.aha_segment.assign(heart.cells.size(), 1);
  heart.long_axis = {-1, 0, 0};
  return heart;
}

}  // namespace cardiotwin::meshing
