#include "support/ellipsoid.hpp"

#include <limits>

namespace cardiotwin::test {

artifacts::Activation ellipsoid_activation(const artifacts::HeartMesh& mesh, double speed) {
  std::size_t apex = 0;
  double lowest = std::numeric_limits<double>::max();
  std::vector<char> wall(mesh.points.size(), 0);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c)
    if (mesh.region[c] == artifacts::region_lv_wall)
      for (auto p : mesh.cells[c]) wall[p] = 1;
  for (std::size_t p = 0; p < mesh.points.size(); ++p)
    if (wall[p] && mesh.transmural[p] < 1e-9 && mesh.apicobasal[p] < lowest) {
      lowest = mesh.apicobasal[p];
      apex = p;
    }
  artifacts::Activation activation;
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    const double time = wall[p] ? core::norm(mesh.points[p] - mesh.points[apex]) / speed : -1;
    activation.activation_time_ms.push_back(time);
    activation.repolarisation_time_ms.push_back(wall[p] ? time + 280 : -1);
  }
  return activation;
}

mesh::TetMesh tet_mesh(const artifacts::HeartMesh& heart) {
  return {heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
}

}  // namespace cardiotwin::test
