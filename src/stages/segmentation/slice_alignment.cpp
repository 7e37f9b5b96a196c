#include "slice_alignment.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

constexpr double bounded_mm = 3;  // offsets beyond this pull at the axis no more than this one does

/// Offsets of values on equidistant slices from their parabola.
std::vector<double> offsets_from_parabola(const std::vector<double>& values) {
  const std::size_t n = values.size();
  std::vector<double> offset = values, weight(n, 1.0);
  const auto inner = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t s = 0; s < n; ++s) sum += weight[s] * a[s] * b[s];
    return sum;
  };
  const auto subtract_projection = [&](std::vector<double>& from, const std::vector<double>& on) {
    const double part = inner(from, on) / inner(on, on);
    for (std::size_t s = 0; s < n; ++s) from[s] -= part * on[s];
  };
  for (int pass = 0; pass < 30; ++pass) {
    offset = values;
    std::vector<std::vector<double>> basis;
    for (int power = 0; power < 3; ++power) {
      std::vector<double> polynomial(n);
      for (std::size_t s = 0; s < n; ++s)
        polynomial[s] = std::pow(static_cast<double>(s) - 0.5 * static_cast<double>(n - 1), power);
      for (const auto& earlier : basis) subtract_projection(polynomial, earlier);
      subtract_projection(offset, polynomial);
      basis.push_back(std::move(polynomial));
    }
    for (std::size_t s = 0; s < n; ++s) weight[s] = 1 / std::max(std::abs(offset[s]), bounded_mm);
  }
  return offset;
}

/// Offset of each middle from the smooth axis through all of them.
std::vector<Shift> offsets_from_axis(const std::vector<Shift>& middles) {
  std::vector<Shift> offsets(middles.size());
  for (std::size_t a = 0; a < 2; ++a) {
    std::vector<double> along;
    for (const Shift& middle : middles) along.push_back(middle[a]);
    const auto offset = offsets_from_parabola(along);
    for (std::size_t s = 0; s < offsets.size(); ++s) offsets[s][a] = offset[s];
  }
  return offsets;
}

constexpr std::size_t fewest_slices = 5;
constexpr double own_shape_mm = 2;

}  // namespace

std::vector<Shift> alignment(const std::vector<Shift>& outer, const std::vector<std::optional<Shift>>& cavity) {
  std::vector<Shift> shifts(outer.size(), Shift{}), walls, cavities;
  std::vector<std::size_t> slices;
  for (std::size_t s = 0; s < outer.size(); ++s)
    if (cavity[s]) {
      slices.push_back(s);
      walls.push_back(outer[s]);
      cavities.push_back(*cavity[s]);
    }
  if (slices.size() < fewest_slices) return shifts;
  const auto wall_offsets = offsets_from_axis(walls), cavity_offsets = offsets_from_axis(cavities);
  for (std::size_t n = 0; n < slices.size(); ++n) {
    Shift common{};
    for (std::size_t a = 0; a < 2; ++a) {
      const double w = wall_offsets[n][a], c = cavity_offsets[n][a];
      if (w * c > 0) common[a] = std::abs(w) < std::abs(c) ? w : c;
    }
    const double length = std::hypot(common[0], common[1]);
    if (length <= own_shape_mm) continue;
    const double part = 1 - own_shape_mm * own_shape_mm / (length * length);
    shifts[slices[n]] = {-part * common[0], -part * common[1]};
  }
  return shifts;
}

}  // namespace cardiotwin::segmentation
