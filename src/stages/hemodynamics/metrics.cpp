#include "metrics.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"

namespace cardiotwin::hemodynamics {

double largest(std::span<const double> values) { return *std::max_element(values.begin(), values.end()); }

double largest_magnitude(std::span<const double> values) {
  double top = 0;
  for (double v : values) top = std::max(top, std::abs(v));
  return top;
}

double positive_volume(std::span<const double> times_ms, std::span<const double> flow) {
  double sum = 0;
  for (double f : flow) sum += std::max(0.0, f);
  const double step = times_ms.back() / static_cast<double>(times_ms.size());
  return sum * step / core::ms_per_s;
}

std::optional<FillingPeaks> filling_peaks(std::span<const double> times_ms, std::span<const double> flow, double dip) {
  const std::size_t n = flow.size();
  // Filling begins after the longest stretch without it; from there on the trace is read once around.
  const double threshold = 0.02 * largest(flow);
  std::size_t begin = 0, pause = 0, longest = 0;
  for (std::size_t i = 0; i < 2 * n; ++i) {
    pause = flow[i % n] > threshold ? 0 : pause + 1;
    if (pause > longest) longest = pause, begin = (i + 1) % n;
  }
  const auto at = [&](std::size_t i) { return flow[(begin + i) % n]; };
  std::size_t top = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (at(i) > at(top)) top = i;
  // The second peak: the highest point that is separated from the first by a dip of its own.
  std::size_t second = n;
  const auto search = [&](auto next, std::size_t end) {
    double lowest = at(top);
    for (std::size_t i = top; i != end; i = next(i)) {
      lowest = std::min(lowest, at(i));
      if (at(i) > threshold && lowest < dip * at(i) && (second == n || at(i) > at(second))) second = i;
    }
  };
  search([](std::size_t i) { return i + 1; }, n);
  search([](std::size_t i) { return i - 1; }, static_cast<std::size_t>(-1));
  if (second == n) return std::nullopt;
  const auto [early, atrial] = std::minmax(top, second);
  return FillingPeaks{times_ms[(begin + early) % n], at(early), times_ms[(begin + atrial) % n], at(atrial)};
}

}  // namespace cardiotwin::hemodynamics
