#include "support.hpp"

#include <algorithm>

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::mechanics {

SupportSurface::SupportSurface(const mesh::TetMesh& mesh, const fem::Space& space, const Support& support,
                               const BlockPattern& uu)
    : support_(support) {
  mass_.fill(0);
  const fem::Quadrature rule = fem::triangle_quadrature(4);
  std::array<double, 6> n;
  std::array<Vec3, 6> gradient;
  for (std::size_t q = 0; q < rule.points.size(); ++q) {
    fem::triangle_shape(2, rule.points[q], n, gradient);
    for (int a = 0; a < 6; ++a)
      for (int b = 0; b < 6; ++b) mass_[6 * a + b] += rule.weights[q] * n[a] * n[b];
  }
  for (std::size_t t = 0; t < space.triangles().size(); ++t) {
    if (mesh.surface[space.triangles()[t]] != support.surface) continue;
    Side side{};
    std::copy_n(space.triangle_nodes().begin() + 6 * t, 6, side.node.begin());
    for (int a = 0; a < 6; ++a)
      for (int b = 0; b < 6; ++b) side.block[6 * a + b] = uu.find(side.node[a], side.node[b]);
    sides_.push_back(side);
  }
}

void SupportSurface::set_reference(std::span<const double> position) {
  for (Side& side : sides_) {
    const auto at = [&](int a) {
      const double* x = &position[3 * static_cast<std::size_t>(side.node[a])];
      return Vec3{x[0], x[1], x[2]};
    };
    const Vec3 area = core::cross(at(1) - at(0), at(2) - at(0));  // twice the area along the normal
    const double twice = core::norm(area);
    const Vec3 normal = core::normalised(area);
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        const double along = normal[i] * normal[j], across = (i == j) - along;
        side.spring[3 * i + j] = twice * (support_.normal_stiffness * along + support_.tangential_stiffness * across);
        side.dashpot[3 * i + j] = twice * (support_.normal_viscosity * along + support_.tangential_viscosity * across);
      }
  }
}

void SupportSurface::add_force(std::span<const double> u, std::span<const double> previous, double rate,
                               std::span<double> force) const {
  for (const Side& side : sides_) {
    std::array<Vec3, 6> traction;  // at the nodes
    for (int b = 0; b < 6; ++b) {
      const std::size_t at = 3 * static_cast<std::size_t>(side.node[b]);
      for (int i = 0; i < 3; ++i) {
        traction[b][i] = 0;
        for (int j = 0; j < 3; ++j)
          traction[b][i] +=
              side.spring[3 * i + j] * u[at + j] + rate * side.dashpot[3 * i + j] * (u[at + j] - previous[at + j]);
      }
    }
    for (int a = 0; a < 6; ++a)
      for (int b = 0; b < 6; ++b)
        for (int i = 0; i < 3; ++i)
          force[3 * static_cast<std::size_t>(side.node[a]) + i] += mass_[6 * a + b] * traction[b][i];
  }
}

void SupportSurface::add_stiffness(double rate, std::span<double> blocks) const {
  for (const Side& side : sides_)
    for (int ab = 0; ab < 36; ++ab)
      for (int ij = 0; ij < 9; ++ij)
        blocks[9 * static_cast<std::size_t>(side.block[ab]) + ij] +=
            mass_[ab] * (side.spring[ij] + rate * side.dashpot[ij]);
}

}  // namespace cardiotwin::mechanics
