#include "delineation.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::electrophysiology {

namespace {

constexpr double qrs_share = 0.05;       ///< of the largest v, which bounds QRS
constexpr double beat_share = 0.5;       ///< of the largest v, which only QRS reaches
constexpr double longest_pause_ms = 10;  ///< within QRS
constexpr double least_t_share = 0.01;   ///< a lower T, relative to QRS, is none

/// Slopes by differences over the two neighbours.
std::vector<double> slopes(std::span<const double> t, std::span<const double> y) {
  std::vector<double> slope(t.size());
  for (std::size_t k = 0; k < t.size(); ++k) {
    const std::size_t a = k > 0 ? k - 1 : 0, b = std::min(k + 1, t.size() - 1);
    slope[k] = (y[b] - y[a]) / (t[b] - t[a]);
  }
  return slope;
}

/// s and v of the header.
struct Signal {
  std::vector<double> size, speed;
};
Signal signal(std::span<const double> t, std::span<const std::vector<double>> leads) {
  Signal both{std::vector<double>(t.size()), std::vector<double>(t.size())};
  for (const auto& lead : leads) {
    const auto slope = slopes(t, lead);
    for (std::size_t k = 0; k < t.size(); ++k) {
      both.size[k] += std::pow(lead[k] - lead[0], 2);
      both.speed[k] += std::pow(slope[k], 2);
    }
  }
  for (auto* values : {&both.size, &both.speed})
    for (double& x : *values) x = std::sqrt(x / static_cast<double>(leads.size()));
  return both;
}

/// When y, which is above `level` at `inside` and not at its neighbour `outside`, crosses it.
double crossing(std::span<const double> t, std::span<const double> y, double level, std::size_t inside,
                std::size_t outside) {
  return t[outside] + (t[inside] - t[outside]) * (level - y[outside]) / (y[inside] - y[outside]);
}

/// End of T in [from, to), samples after QRS and before the next beat.
std::optional<double> end_of_t(std::span<const double> t, std::span<const double> size, std::size_t from,
                               std::size_t to, double least) {
  std::size_t peak = 0;  // the highest of the local maxima: the end of QRS may be higher, but descends
  for (std::size_t k = from + 1; k + 1 < to; ++k)
    if (size[k] > least && size[k] > size[k - 1] && size[k] >= size[k + 1] && (peak == 0 || size[k] > size[peak]))
      peak = k;
  if (peak == 0) return {};
  const auto slope = slopes(t, size);
  const auto steepest = static_cast<std::size_t>(std::min_element(slope.begin() + static_cast<std::ptrdiff_t>(peak),
                                                                  slope.begin() + static_cast<std::ptrdiff_t>(to)) -
                                                 slope.begin());
  if (slope[steepest] >= 0) return {};
  const double end = t[steepest] - size[steepest] / slope[steepest];
  if (end > t[to - 1]) return {};  // the steepest part may be still to come
  return end;
}

}  // namespace

Intervals qrs_and_qt(std::span<const double> t, std::span<const std::vector<double>> leads) {
  Intervals found;
  if (t.size() < 3 || leads.empty()) return found;
  const auto [size, speed] = signal(t, leads);
  const double highest = *std::max_element(speed.begin(), speed.end()), level = qrs_share * highest;
  if (!(highest > 0)) return found;
  const auto count = t.size();
  const auto fast = [&](double v) { return v > beat_share * highest; };
  const auto first = static_cast<std::size_t>(std::find_if(speed.begin(), speed.end(), fast) - speed.begin());

  std::size_t begin = first, end = first;
  for (std::size_t k = first; k-- > 0 && t[begin] - t[k] < longest_pause_ms;)
    if (speed[k] > level) begin = k;
  for (std::size_t k = first; k < count && t[k] - t[end] < longest_pause_ms; ++k)
    if (speed[k] > level) end = k;
  found.qrs_begin_ms = begin > 0 ? crossing(t, speed, level, begin, begin - 1) : t[0];
  if (t[count - 1] - t[end] < longest_pause_ms) return found;
  found.qrs_end_ms = crossing(t, speed, level, end, end + 1);

  const auto after = speed.begin() + static_cast<std::ptrdiff_t>(end + 1);
  const auto next = static_cast<std::size_t>(std::find_if(after, speed.end(), fast) - speed.begin());
  const double qrs = *std::max_element(size.begin() + static_cast<std::ptrdiff_t>(begin),
                                       size.begin() + static_cast<std::ptrdiff_t>(end + 1));
  found.t_end_ms = end_of_t(t, size, end + 1, next, least_t_share * qrs);
  return found;
}

}  // namespace cardiotwin::electrophysiology
