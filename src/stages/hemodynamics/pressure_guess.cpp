#include "pressure_guess.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

namespace cardiotwin::hemodynamics {

namespace {

/// Solves the symmetric positive semidefinite system by Cholesky, last rows first; directions that are combinations of
/// others to within `drop` are left out. `gram` is n x n.
std::vector<double> solve_semidefinite(std::vector<double> gram, std::vector<double> rhs, std::size_t n) {
  constexpr double drop = 1e-10;
  std::vector<double> root(n * n, 0.0), x(n, 0.0);
  std::vector<bool> used(n, false);
  // From the newest solution to the oldest: index i stands for n - 1 - i.
  const auto g = [&](std::size_t i, std::size_t j) { return gram[(n - 1 - i) * n + n - 1 - j]; };
  std::vector<double> y(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double diagonal = g(i, i);
    for (std::size_t j = 0; j < i; ++j) {
      if (!used[j]) continue;
      double sum = g(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= root[i * n + k] * root[j * n + k];
      root[i * n + j] = sum / root[j * n + j];
      diagonal -= root[i * n + j] * root[i * n + j];
    }
    used[i] = diagonal > drop * g(i, i);
    if (!used[i]) {
      for (std::size_t j = 0; j < i; ++j) root[i * n + j] = 0;
      continue;
    }
    root[i * n + i] = std::sqrt(diagonal);
    double sum = rhs[n - 1 - i];
    for (std::size_t j = 0; j < i; ++j) sum -= root[i * n + j] * y[j];
    y[i] = sum / root[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    if (!used[i]) continue;
    double sum = y[i];
    for (std::size_t j = i + 1; j < n; ++j) sum -= root[j * n + i] * x[n - 1 - j];
    x[n - 1 - i] = sum / root[i * n + i];
  }
  return x;
}

double product(const Scalars& a, const Scalars& b, std::int32_t owned) {
  double sum = 0;
  for (std::int32_t n = 0; n < owned; ++n) sum += a[n] * b[n];
  return sum;
}

}  // namespace

PressureGuess::PressureGuess(Halo& halo, std::size_t depth)
    : halo_(halo), depth_(depth), in_(halo.space().make_vector()), out_(halo.space().make_vector()) {}

Scalars PressureGuess::image_of(Mat matrix, const Scalars& solution) {
  const std::int32_t owned = halo_.space().owned();
  std::copy_n(solution.begin(), owned, fem::LocalArray(in_).data());
  fem::check(MatMult(matrix, in_, out_), "MatMult");
  fem::LocalArray values(out_);
  return Scalars(values.data(), values.data() + owned);
}

void PressureGuess::set(Mat matrix, std::int64_t revision, const Scalars& load, std::span<const std::uint8_t> fixed,
                        Scalars& x) {
  const std::int32_t owned = halo_.space().owned();
  if (revision != revision_) images_.clear();
  revision_ = revision;
  while (images_.size() < solutions_.size()) images_.push_back(image_of(matrix, solutions_[images_.size()]));
  const std::size_t n = solutions_.size();
  std::vector<double> sums;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) sums.push_back(product(solutions_[i], images_[j], owned));
  for (std::size_t i = 0; i < n; ++i) sums.push_back(product(solutions_[i], load, owned));
  halo_.space().comm().sum(sums);
  std::vector<double> gram(n * n);
  for (std::size_t i = 0, k = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j, ++k) gram[i * n + j] = gram[j * n + i] = sums[k];
  const auto weight = solve_semidefinite(gram, {sums.end() - static_cast<std::ptrdiff_t>(n), sums.end()}, n);
  for (std::int32_t p = 0; p < owned; ++p) {
    if (fixed[p]) continue;
    x[p] = 0;
    for (std::size_t i = 0; i < n; ++i) x[p] += weight[i] * solutions_[i][p];
  }
}

void PressureGuess::remember(const Scalars& x, std::span<const std::uint8_t> fixed) {
  if (solutions_.size() == depth_) {
    solutions_.erase(solutions_.begin());
    if (!images_.empty()) images_.erase(images_.begin());
  }
  Scalars& kept = solutions_.emplace_back(x);
  for (std::size_t n = 0; n < kept.size(); ++n)
    if (fixed[n]) kept[n] = 0;
}

void PressureGuess::save(stage::State& state) {
  state.put("guess", static_cast<double>(solutions_.size()));
  for (std::size_t i = 0; i < solutions_.size(); ++i) put(halo_, state, fmt::format("guess.{}", i), solutions_[i]);
}

void PressureGuess::load(const stage::State& state) {
  forget();
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.scalar("guess")); ++i)
    solutions_.push_back(get_scalars(halo_, state, fmt::format("guess.{}", i)));
}

}  // namespace cardiotwin::hemodynamics
