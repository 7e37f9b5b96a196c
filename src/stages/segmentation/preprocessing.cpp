#include "preprocessing.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

/// The q-th quantile (0..1) with linear interpolation between order statistics; reorders `values`.
double quantile(std::vector<float>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

}  // namespace

void normalise(const Normalisation& n, std::span<float> values, std::span<const std::uint8_t> mask) {
  using Kind = Normalisation::Kind;
  std::vector<float> counted;
  for (std::size_t v = 0; v < values.size(); ++v)
    if (mask.empty() || mask[v]) counted.push_back(values[v]);
  if (counted.empty()) return;
  double low = -INFINITY, high = INFINITY, mean = 0, deviation = 1;
  if (n.kind == Kind::percentiles) {
    mean = low = quantile(counted, n.low / 100);
    high = quantile(counted, n.high / 100);
    deviation = std::max(high - low, 1e-6);
  } else if (n.kind == Kind::standard_score) {
    double squares = 0;
    for (const float v : counted) mean += v / static_cast<double>(counted.size());
    for (const float v : counted) squares += (v - mean) * (v - mean);
    deviation = std::max(std::sqrt(squares / static_cast<double>(counted.size())), 1e-8);
  } else if (n.kind == Kind::range) {
    mean = *std::ranges::min_element(counted);
    deviation = std::max(*std::ranges::max_element(counted) - mean, 1e-8);
  } else if (n.kind == Kind::window) {
    low = n.low, high = n.high, mean = n.mean, deviation = n.deviation;
  }
  for (std::size_t v = 0; v < values.size(); ++v)
    values[v] = mask.empty() || mask[v]
                    ? static_cast<float>((std::clamp<double>(values[v], low, high) - mean) / deviation)
                    : 0.0F;
}

std::vector<std::uint8_t> nonzero_region(std::span<const float> values, const Size& size) {
  enum : std::uint8_t { outside = 0, inside = 1, unseen = 2 };
  std::vector<std::uint8_t> region(values.size(), inside);
  for (std::size_t v = 0; v < values.size(); ++v)
    if (values[v] == 0.0F) region[v] = unseen;
  const Size stride{size[1] * size[2], size[2], 1};
  std::vector<std::int64_t> front;
  const auto reach = [&](std::int64_t v) {
    if (region[static_cast<std::size_t>(v)] != unseen) return;
    region[static_cast<std::size_t>(v)] = outside;
    front.push_back(v);
  };
  for (std::int64_t v = 0; v < count(size); ++v)
    for (std::size_t a = 0; a < 3; ++a)
      if (const std::int64_t at = v / stride[a] % size[a]; at == 0 || at == size[a] - 1) reach(v);
  while (!front.empty()) {
    const std::int64_t v = front.back();
    front.pop_back();
    for (std::size_t a = 0; a < 3; ++a) {
      const std::int64_t at = v / stride[a] % size[a];
      if (at > 0) reach(v - stride[a]);
      if (at < size[a] - 1) reach(v + stride[a]);
    }
  }
  for (auto& r : region) r = r == outside ? 0 : 1;
  return region;
}

}  // namespace cardiotwin::segmentation
