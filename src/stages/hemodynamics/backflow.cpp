#include "backflow.hpp"

#include <algorithm>

#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// Collective. Mean velocity along the normal where more enters than leaves, else nothing.
Vec3 mean_inflow(const FlowMesh& mesh, const Opening& opening, const Vectors& velocity) {
  std::vector<double> sums{flux(mesh.space(), mesh.positions(), opening.triangles, velocity), 0, 0, 0};
  for (const std::int32_t t : opening.triangles) {
    const Vec3 area = vector_area(mesh.space(), mesh.positions(), t);
    for (int d = 0; d < 3; ++d) sums[1 + d] += area[d];
  }
  mesh.space().comm().sum(sums);
  const Vec3 area{sums[1], sums[2], sums[3]};
  return std::min(0.0, sums[0]) / dot(area, area) * area;
}

}  // namespace

Backflow backflow(FlowMesh& mesh, std::span<const Opening> openings, const Vectors& convecting, const Vectors& velocity,
                  double factor) {
  constexpr double regular = 2;
  const fem::Space& space = mesh.space();
  Backflow out{mesh.halo().scalars(), mesh.halo().vectors()};
  for (const Opening& opening : openings) {
    const Vec3 entering = mean_inflow(mesh, opening, velocity);
    for (const std::int32_t t : opening.triangles) {
      const Vec3 area = vector_area(space, mesh.positions(), t);
      for (int a = 0; a < 3; ++a) {
        const std::int32_t n = space.triangle_nodes()[3 * t + a];
        const double drag = factor / 3 * std::max(0.0, -dot(at(convecting, n) - regular * entering, area));
        out.drag[n] += drag;
        add_to(out.force, n, drag * entering);
      }
    }
  }
  mesh.halo().add(out.drag);
  mesh.halo().add(out.force);
  return out;
}

}  // namespace cardiotwin::hemodynamics
