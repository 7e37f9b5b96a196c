#include "pressure_laplacian.hpp"

#include <cmath>

#include "scheme.hpp"

namespace cardiotwin::hemodynamics {

namespace {

/// The consistent mass matrix answers to a force at the boundary several times as strongly as the lumped one from which
/// A^2/V comes: with a factor of 1 the split wavers (measured on the idealised ventricle), from 2 on it does not and
/// the flow does not depend on the factor.
constexpr double open_factor = 4;

}  // namespace

double typical_diagonal(std::span<const double> diagonals) {
  double sum = 0;
  for (double d : diagonals) sum += d;
  return diagonals.empty() ? 1.0 : sum / static_cast<double>(diagonals.size());
}

double assemble_pressure_laplacian(const FlowMesh& mesh, std::span<const std::uint8_t> fixed, const Vectors& open_areas,
                                   NodeMatrix<1>& matrix) {
  matrix.begin();
  for (std::size_t c = 0; c < mesh.cells(); ++c) {
    const auto [n, shape] = mesh.cell(c);
    std::array<double, 16> entries;
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b)
        entries[4 * a + b] =
            fixed[n[a]] || fixed[n[b]] ? 0.0 : shape.volume * dot(shape.gradients[a], shape.gradients[b]);
    matrix.add(c, entries.data());
  }
  const std::span volume(mesh.lumped_volume().data(), static_cast<std::size_t>(mesh.space().owned()));
  const double of_fixed = std::cbrt(typical_diagonal(volume));
  for (std::int32_t n = 0; n < mesh.space().owned(); ++n) {
    const Vec3 area = at(open_areas, n);
    matrix.add_diagonal(n, 0, fixed[n] ? of_fixed : open_factor * dot(area, area) / volume[n]);
  }
  matrix.finish();
  return of_fixed;
}

}  // namespace cardiotwin::hemodynamics
