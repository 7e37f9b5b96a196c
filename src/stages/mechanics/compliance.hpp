#pragma once
/// How an element gives way to its pressure, which is what the Schur complement B' A^-1 B of the pressure is made of.
///
///   c V = V mean_n n . Q(n)^-1 n,     Q(n) = 1/V sum_ab (n . x_a) (n . x_b) K_ab
///
/// Q is the acoustic tensor of the element for the direction n: the stiffness against displacements that are linear
/// along n. A wave d of it changes the volume by n . d, so c is the compliance [1/kPa] against a pressure. x_a
/// positions of the nodes, K_ab blocks of the element's stiffness, V volume. A pressure itself has no part in Q: the
/// determinant is linear along n.

#include <algorithm>

#include "kernel.hpp"

namespace cardiotwin::mechanics {

/// c V of four elements [mm^3/kPa], the mean over the three axes of space. Positive also where an element is unstable.
template <int N>
Pack compliance(const ElementState<N>& state, const ElementResult<N>& result, const ElementGeometry& geometry) {
  Pack volume{}, sum{};
  for (const auto& at : geometry.at) volume += at.volume;
  for (int n = 0; n < 3; ++n) {
    std::array<Pack, N> x;
    for (int a = 0; a < N; ++a) x[a] = state.position[a][n] - state.position[0][n];
    std::array<std::array<Pack, 3>, 3> q{};
    int pair = 0;
    for (int b = 0; b < N; ++b)
      for (int a = 0; a <= b; ++a, ++pair)
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) {
            const Pack k = x[a] * x[b] * result.stiffness[pair][3 * i + j];
            q[i][j] += k;
            if (a != b) q[j][i] += k;
          }
    const int i = (n + 1) % 3, j = (n + 2) % 3;
    const auto minor = [&](int r, int s) { return q[i][r] * q[j][s] - q[i][s] * q[j][r]; };
    // (Q^-1)_nn by Cramer's rule.
    sum += minor(i, j) / (q[n][n] * minor(i, j) + q[n][i] * minor(j, n) + q[n][j] * minor(n, i));
  }
  constexpr double softest = 1e3, stiffest = 1e-6;  // [1/kPa]
  const Pack mean = volume * sum / 3;
  return volume * each(mean, [&](double c) { return c > stiffest ? std::min(c, softest) : stiffest; });
}

}  // namespace cardiotwin::mechanics
