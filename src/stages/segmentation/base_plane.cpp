#include "base_plane.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

constexpr double mark_deviation_mm = 4;
constexpr double tilt_deviation = 0.176;  // tan 10 degrees

using Row = std::array<double, 4>;  // of three equations and their right side

/// Gaussian elimination of a symmetric positive definite system.
std::array<double, 3> solve(std::array<Row, 3> m) {
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t r = p + 1; r < 3; ++r) {
      const double part = m[r][p] / m[p][p];
      for (std::size_t c = p; c < 4; ++c) m[r][c] -= part * m[p][c];
    }
  std::array<double, 3> x{};
  for (std::size_t p = 3; p-- > 0;) {
    x[p] = m[p][3];
    for (std::size_t c = p + 1; c < 3; ++c) x[p] -= m[p][c] * x[c];
    x[p] /= m[p][p];
  }
  return x;
}

}  // namespace

BasalPlane fit_basal_plane(const BaseGuess& guess, const std::vector<Vec3>& marks) {
  const Vec3 away = std::abs(guess.axis[0]) < 0.7 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  const Vec3 u = core::normalised(core::cross(guess.axis, away)), v = core::cross(guess.axis, u);
  struct Mark {
    double u, v, height;
  };
  std::vector<Mark> seen;
  std::vector<double> heights;
  for (const Vec3& mark : marks) {
    const Vec3 from = mark - guess.middle;
    seen.push_back({core::dot(from, u), core::dot(from, v), core::dot(from, guess.axis)});
    heights.push_back(seen.back().height);
  }
  // height = a + b u + c v
  std::array<double, 3> plane{guess.height_mm, 0, 0};
  if (!heights.empty()) {
    const auto half = heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2);
    std::ranges::nth_element(heights, half);
    plane[0] = *half;
  }
  const auto precision = [](double deviation) { return 1 / (deviation * deviation); };
  for (int pass = 0; pass < 100; ++pass) {
    std::array<Row, 3> m{};
    m[0][0] = precision(guess.deviation_mm), m[0][3] = m[0][0] * guess.height_mm;
    m[1][1] = m[2][2] = precision(tilt_deviation);
    for (const Mark& mark : seen) {
      const std::array<double, 3> row{1, mark.u, mark.v};
      const double miss = (mark.height - plane[0] - plane[1] * mark.u - plane[2] * mark.v) / mark_deviation_mm;
      const double weight = precision(mark_deviation_mm) / (1 + miss * miss);
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t c = 0; c < 3; ++c) m[r][c] += weight * row[r] * row[c];
        m[r][3] += weight * row[r] * mark.height;
      }
    }
    plane = solve(m);
  }
  return {guess.middle + plane[0] * guess.axis, core::normalised(guess.axis - plane[1] * u - plane[2] * v)};
}

}  // namespace cardiotwin::segmentation
