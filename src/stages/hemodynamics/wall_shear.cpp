#include "wall_shear.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// A third of each triangle's vector area at each of its nodes.
Vectors nodal_vector_area(Halo& halo, std::span<const Vec3> x, std::span<const std::int32_t> triangles) {
  Vectors area = halo.vectors();
  for (std::int32_t t : triangles) {
    const std::int32_t* n = halo.space().triangle_nodes().data() + 3 * t;
    const Vec3 third = (1.0 / 6) * cross(x[n[1]] - x[n[0]], x[n[2]] - x[n[0]]);
    for (int a = 0; a < 3; ++a)
      for (int d = 0; d < 3; ++d) area[d][n[a]] += third[d];
  }
  halo.add(area);
  return area;
}

}  // namespace

Scalars nodal_area(Halo& halo, std::span<const Vec3> x, std::span<const std::int32_t> triangles) {
  Scalars area = halo.scalars();
  for (std::int32_t t : triangles) {
    const std::int32_t* n = halo.space().triangle_nodes().data() + 3 * t;
    const double third = norm(cross(x[n[1]] - x[n[0]], x[n[2]] - x[n[0]])) / 6;
    for (int a = 0; a < 3; ++a) area[n[a]] += third;
  }
  halo.add(area);
  return area;
}

Vec3 force_on(Scheme& scheme, const SurfaceSet& surface) {
  const Vectors friction = scheme.viscous_force(surface.nodes);
  const fem::Space& space = scheme.mesh().space();
  Vec3 force{};
  for (std::int32_t n = 0; n < space.owned(); ++n)
    if (surface.nodes[n]) force = force + at(friction, n);
  for (std::int32_t t : surface.triangles) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    const double pressure = (scheme.state.p[n[0]] + scheme.state.p[n[1]] + scheme.state.p[n[2]]) / 3;
    force = force + pressure * vector_area(space, scheme.mesh().positions(), t);
  }
  return force;
}

Vectors wall_shear_stress(Scheme& solver, const SurfaceSet& wall, std::span<const std::int32_t> no_slip) {
  Halo& halo = solver.halo();
  Vectors stress = solver.viscous_force(wall.nodes);
  const Scalars area = nodal_area(halo, solver.mesh().positions(), no_slip);
  const Vectors normals = nodal_vector_area(halo, solver.mesh().positions(), wall.triangles);
  for (std::int32_t n = 0; n < halo.space().owned(); ++n) {
    if (!wall.nodes[n]) continue;
    const Vec3 normal = normalised({normals[0][n], normals[1][n], normals[2][n]});
    const Vec3 traction = (1 / area[n]) * Vec3{stress[0][n], stress[1][n], stress[2][n]};
    const Vec3 tangential = traction - dot(traction, normal) * normal;
    for (int d = 0; d < 3; ++d) stress[d][n] = tangential[d];
  }
  return stress;
}

}  // namespace cardiotwin::hemodynamics
