#pragma once
/// Small dense systems.

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace cardiotwin::hemodynamics {

/// Gauss-Jordan elimination with pivots by row; `matrix` (n x n, row major) is destroyed, `rhs` becomes the solution.
inline void solve_dense(std::vector<double>& matrix, std::vector<double>& rhs) {
  const std::size_t n = rhs.size();
  const auto entry = [&](std::size_t i, std::size_t j) -> double& { return matrix[i * n + j]; };
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::abs(entry(i, k)) > std::abs(entry(pivot, k))) pivot = i;
    for (std::size_t j = 0; j < n; ++j) std::swap(entry(k, j), entry(pivot, j));
    std::swap(rhs[k], rhs[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = entry(i, k) / entry(k, k);
      for (std::size_t j = k; j < n; ++j) entry(i, j) -= factor * entry(k, j);
      rhs[i] -= factor * rhs[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k) rhs[k] /= entry(k, k);
}

}  // namespace cardiotwin::hemodynamics
