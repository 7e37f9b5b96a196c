#include "inertia.hpp"

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::mechanics {

WallRates rates_after(const AlphaScheme& scheme, std::span<const double> u, std::span<const double> previous,
                      const WallRates& rates, double step) {
  const double b = scheme.beta(), g = scheme.gamma();
  WallRates next{std::vector<double>(u.size()), std::vector<double>(u.size())};
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double a_n = rates.acceleration[i], v_n = rates.velocity[i];
    const double a = (u[i] - previous[i] - step * v_n) / (b * step * step) - (0.5 / b - 1) * a_n;
    next.acceleration[i] = a;
    next.velocity[i] = v_n + step * ((1 - g) * a_n + g * a);
  }
  return next;
}

Inertia::Inertia(const fem::Space& space, const BlockPattern& uu, std::span<const std::int32_t> cell_blocks,
                 std::span<const double> volumes, double density)
    : uu_(&uu), mass_(uu.blocks(), 0.0) {
  const int n = space.nodes_per_cell();
  // Mass of the reference element; the map of a curved one is taken as affine with the same volume.
  const fem::Quadrature rule = fem::tetrahedron_quadrature(4);
  std::vector<double> value(n), mass(static_cast<std::size_t>(n) * n, 0.0);
  std::vector<Vec3> gradient(n);
  for (std::size_t q = 0; q < rule.points.size(); ++q) {
    fem::tetrahedron_shape(space.order(), rule.points[q], value, gradient);
    for (int a = 0; a < n; ++a)
      for (int b = 0; b < n; ++b) mass[a * n + b] += 6 * rule.weights[q] * value[a] * value[b];
  }
  for (std::size_t c = 0; c < volumes.size(); ++c)
    for (std::size_t ab = 0; ab < mass.size(); ++ab)
      mass_[cell_blocks[c * mass.size() + ab]] += density * volumes[c] * mass[ab];
}

void Inertia::add_force(std::span<const double> acceleration, std::span<double> force) const {
  for (std::size_t row = 0; row + 1 < uu_->start.size(); ++row)
    for (std::int32_t k = uu_->start[row]; k < uu_->start[row + 1]; ++k)
      for (int i = 0; i < 3; ++i)
        force[3 * row + i] += mass_[k] * acceleration[3 * static_cast<std::size_t>(uu_->column[k]) + i];
}

void Inertia::add_stiffness(double factor, std::span<double> blocks) const {
  for (std::size_t k = 0; k < mass_.size(); ++k)
    for (int i = 0; i < 3; ++i) blocks[9 * k + 4 * i] += factor * mass_[k];
}

}  // namespace cardiotwin::mechanics
