#include "support.hpp"

#include <algorithm>

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::mechanics {

SupportSurface::SupportSurface(const mesh::TetMesh& mesh, const fem::Space& space, const Support& support,
                               const BlockPattern& uu)
    : support_(support), nodes_(space.nodes_per_triangle()) {
  const fem::Quadrature rule = fem::triangle_quadrature(2 * space.order());
  for (std::size_t q = 0; q < rule.points.size(); ++q) {
    At at{rule.weights[q], {}, {}};
    fem::triangle_shape(space.order(), rule.points[q], std::span(at.n).first(nodes_),
                        std::span(at.gradient).first(nodes_));
    at_.push_back(at);
  }
  for (std::size_t t = 0; t < space.triangles().size(); ++t) {
    const std::int32_t triangle = space.triangles()[t];
    if (mesh.surface[triangle] != support.surface) continue;
    if (!support.part.empty() && !support.part[triangle]) continue;
    Side side{};
    std::copy_n(space.triangle_nodes().begin() + static_cast<std::ptrdiff_t>(nodes_ * t), nodes_, side.node.begin());
    for (int a = 0; a < nodes_; ++a)
      for (int b = 0; b < nodes_; ++b) side.block[nodes_ * a + b] = uu.find(side.node[a], side.node[b]);
    sides_.push_back(side);
  }
}

void SupportSurface::set_reference(std::span<const double> position) {
  for (Side& side : sides_)
    for (std::size_t q = 0; q < at_.size(); ++q) {
      Vec3 x1{0, 0, 0}, x2{0, 0, 0};
      for (int a = 0; a < nodes_; ++a)
        for (int i = 0; i < 3; ++i) {
          const double x = position[3 * static_cast<std::size_t>(side.node[a]) + i];
          x1[i] += at_[q].gradient[a][0] * x;
          x2[i] += at_[q].gradient[a][1] * x;
        }
      const Vec3 area = core::cross(x1, x2);
      side.normal[q] = core::normalised(area);
      side.area[q] = at_[q].weight * core::norm(area);
    }
}

std::array<double, 9> SupportSurface::stiffness(const Side& side, std::size_t q, double normal, double tangential) {
  std::array<double, 9> k;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      k[3 * i + j] =
          side.area[q] * ((normal - tangential) * side.normal[q][i] * side.normal[q][j] + (i == j ? tangential : 0.0));
  return k;
}

void SupportSurface::add_force(std::span<const double> u, std::span<const double> previous, double rate,
                               std::span<double> force) const {
  for (const Side& side : sides_)
    for (std::size_t q = 0; q < at_.size(); ++q) {
      const auto spring = stiffness(side, q, support_.normal_stiffness, support_.tangential_stiffness);
      const auto dashpot = stiffness(side, q, rate * support_.normal_viscosity, rate * support_.tangential_viscosity);
      Vec3 here{0, 0, 0}, moved{0, 0, 0};
      for (int a = 0; a < nodes_; ++a)
        for (int i = 0; i < 3; ++i) {
          const std::size_t k = 3 * static_cast<std::size_t>(side.node[a]) + i;
          here[i] += at_[q].n[a] * u[k];
          moved[i] += at_[q].n[a] * (u[k] - previous[k]);
        }
      for (int i = 0; i < 3; ++i) {
        double traction = 0;
        for (int j = 0; j < 3; ++j) traction += spring[3 * i + j] * here[j] + dashpot[3 * i + j] * moved[j];
        for (int a = 0; a < nodes_; ++a)
          force[3 * static_cast<std::size_t>(side.node[a]) + i] += at_[q].n[a] * traction;
      }
    }
}

void SupportSurface::add_stiffness(double rate, std::span<double> blocks) const {
  for (const Side& side : sides_)
    for (std::size_t q = 0; q < at_.size(); ++q) {
      const auto k = stiffness(side, q, support_.normal_stiffness + rate * support_.normal_viscosity,
                               support_.tangential_stiffness + rate * support_.tangential_viscosity);
      for (int a = 0; a < nodes_; ++a)
        for (int b = 0; b < nodes_; ++b)
          for (int ij = 0; ij < 9; ++ij)
            blocks[9 * static_cast<std::size_t>(side.block[nodes_ * a + b]) + ij] += at_[q].n[a] * at_[q].n[b] * k[ij];
    }
}

}  // namespace cardiotwin::mechanics
