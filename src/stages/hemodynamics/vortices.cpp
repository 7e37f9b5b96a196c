#include "vortices.hpp"

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using Gradient = std::array<Vec3, 3>;  ///< [i][j] = d u_i / d x_j

std::vector<Gradient> nodal_gradients(std::span<const Vec3> points, std::span<const std::array<std::int32_t, 4>> cells,
                                      std::span<const Vec3> velocity) {
  constexpr double per_s = 1e3;  // 1 m/s per mm
  std::vector<Gradient> sum(points.size(), Gradient{});
  std::vector<double> volume(points.size(), 0.0);
  for (const auto& c : cells) {
    const fem::AffineCell shape = fem::affine_cell(points[c[0]], points[c[1]], points[c[2]], points[c[3]]);
    Gradient gradient{};
    for (int a = 0; a < 4; ++a)
      for (int i = 0; i < 3; ++i)
        gradient[i] = gradient[i] + per_s * shape.volume * velocity[c[a]][i] * shape.gradients[a];
    for (const std::int32_t n : c) {
      volume[n] += shape.volume;
      for (int i = 0; i < 3; ++i) sum[n][i] = sum[n][i] + gradient[i];
    }
  }
  for (std::size_t n = 0; n < sum.size(); ++n)
    for (Vec3& row : sum[n])
      if (volume[n] > 0) row = (1 / volume[n]) * row;
  return sum;
}

}  // namespace

Vortices vortices(std::span<const Vec3> points, std::span<const std::array<std::int32_t, 4>> cells,
                  std::span<const Vec3> velocity) {
  Vortices result;
  for (const Gradient& g : nodal_gradients(points, cells, velocity)) {
    result.vorticity.push_back({g[2][1] - g[1][2], g[0][2] - g[2][0], g[1][0] - g[0][1]});
    // (|W|^2 - |S|^2) / 2 = -(grad u : grad u^T) / 2
    double product = 0;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) product += g[i][j] * g[j][i];
    result.q.push_back(-0.5 * product);
  }
  return result;
}

}  // namespace cardiotwin::hemodynamics
