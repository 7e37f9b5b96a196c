#include "measures.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::report {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Cerqueira et al. 2002, doi 10.1161/hc0402.102975.
constexpr std::string_view segment_names[] = {"basal anterior",
                                              "basal anteroseptal",
                                              "basal inferoseptal",
                                              "basal inferior",
                                              "basal inferolateral",
                                              "basal anterolateral",
                                              "mid anterior",
                                              "mid anteroseptal",
                                              "mid inferoseptal",
                                              "mid inferior",
                                              "mid inferolateral",
                                              "mid anterolateral",
                                              "apical anterior",
                                              "apical septal",
                                              "apical inferior",
                                              "apical lateral",
                                              "apex"};

const Vec3& point(const artifacts::HeartMesh& mesh, std::int32_t p) { return mesh.points[static_cast<std::size_t>(p)]; }

/// Mean over the corners that have a value; NaN when none has.
double cell_mean(const std::array<std::int32_t, 4>& cell, const std::vector<double>& values, double valid_from) {
  double sum = 0;
  int count = 0;
  for (const auto p : cell) {
    const double v = values[static_cast<std::size_t>(p)];
    if (!(v >= valid_from)) continue;
    sum += v;
    ++count;
  }
  return count ? sum / count : unknown;
}

std::optional<std::chrono::sys_days> parse_date(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return {};
  const auto part = [&](std::size_t from, std::size_t length) {
    int value = -1;
    const char* end = text.data() + from + length;
    const auto [stopped, error] = std::from_chars(text.data() + from, end, value);
    return error == std::errc() && stopped == end ? value : -1;
  };
  const int year = part(0, 4), month = part(5, 2), day = part(8, 2);
  if (year < 1900 || month < 1 || day < 1) return {};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
}

}  // namespace

std::vector<double> label_volumes_ml(const artifacts::Labels& labels, int label) {
  std::vector<double> volumes;
  const auto voxels = labels.geometry.voxels();
  for (std::size_t p = 0; p < labels.phase_times_ms.size(); ++p) {
    const auto* phase = labels.phase(static_cast<std::int64_t>(p));
    const auto count = std::count(phase, phase + voxels, static_cast<std::uint8_t>(label));
    volumes.push_back(static_cast<double>(count) * labels.geometry.voxel_volume() / 1000);
  }
  return volumes;
}

std::optional<double> ejection_fraction(const artifacts::Labels& labels) {
  if (labels.phase_times_ms.size() < 2) return {};
  const auto volumes = label_volumes_ml(labels, artifacts::lv_cavity);
  const double edv = volumes.at(static_cast<std::size_t>(labels.end_diastole));
  const double esv = volumes.at(static_cast<std::size_t>(labels.end_systole));
  if (edv <= 0) return {};
  return 100 * (edv - esv) / edv;
}

std::optional<double> ejection_fraction(const artifacts::WallMotion& motion) {
  if (motion.lv_volume_ml.empty() || !is_heart_beat(motion)) return {};
  const auto [least, most] = std::ranges::minmax(motion.lv_volume_ml);
  if (most <= 0) return {};
  return 100 * (most - least) / most;
}

std::vector<double> cell_volumes(const artifacts::HeartMesh& mesh) {
  std::vector<double> volumes(mesh.cells.size());
  for (std::size_t c = 0; c < volumes.size(); ++c) {
    const auto& cell = mesh.cells[c];
    const Vec3& a = point(mesh, cell[0]);
    volumes[c] = dot(point(mesh, cell[1]) - a, cross(point(mesh, cell[2]) - a, point(mesh, cell[3]) - a)) / 6;
  }
  return volumes;
}

std::string_view segment_name(std::int32_t segment) { return segment_names[segment - 1]; }

std::vector<double> segment_means(const artifacts::HeartMesh& mesh, const std::vector<double>& values,
                                  double valid_from) {
  std::vector<double> sums(17, 0.0), weights(17, 0.0);
  const auto volumes = cell_volumes(mesh);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const auto segment = mesh.aha_segment[c];
    if (segment < 1 || segment > 17) continue;
    const double mean = cell_mean(mesh.cells[c], values, valid_from);
    if (std::isnan(mean)) continue;
    sums[static_cast<std::size_t>(segment - 1)] += volumes[c] * mean;
    weights[static_cast<std::size_t>(segment - 1)] += volumes[c];
  }
  for (std::size_t s = 0; s < 17; ++s) sums[s] = weights[s] > 0 ? sums[s] / weights[s] : unknown;
  return sums;
}

std::vector<SegmentRange> segment_ranges(const artifacts::HeartMesh& mesh, const std::vector<double>& values,
                                         double valid_from) {
  std::vector<SegmentRange> ranges(17, {unknown, unknown});
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const auto segment = mesh.aha_segment[c];
    if (segment < 1 || segment > 17) continue;
    auto& range = ranges[static_cast<std::size_t>(segment - 1)];
    for (const auto p : mesh.cells[c]) {
      const double v = values[static_cast<std::size_t>(p)];
      if (!(v >= valid_from)) continue;
      range.least = std::fmin(range.least, v);  // of a number and NaN: the number
      range.largest = std::fmax(range.largest, v);
    }
  }
  return ranges;
}

Sample wall_sample(const artifacts::HeartMesh& mesh, const std::vector<double>& values, double valid_from) {
  Sample sample;
  const auto volumes = cell_volumes(mesh);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    if (mesh.region[c] != artifacts::region_lv_wall) continue;
    const double mean = cell_mean(mesh.cells[c], values, valid_from);
    if (std::isnan(mean)) continue;
    sample.values.push_back(mean);
    sample.weights.push_back(volumes[c]);
  }
  return sample;
}

std::vector<double> point_means(const artifacts::HeartMesh& mesh, const std::vector<double>& cell_values) {
  std::vector<double> sums(mesh.points.size(), 0.0), weights(mesh.points.size(), 0.0);
  const auto volumes = cell_volumes(mesh);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    if (mesh.region[c] != artifacts::region_lv_wall) continue;
    for (const auto p : mesh.cells[c]) {
      sums[static_cast<std::size_t>(p)] += volumes[c] * cell_values[c];
      weights[static_cast<std::size_t>(p)] += volumes[c];
    }
  }
  for (std::size_t p = 0; p < sums.size(); ++p)
    if (weights[p] > 0) sums[p] /= weights[p];
  return sums;
}

std::vector<double> cumulative_percent(const Sample& sample, const std::vector<double>& levels) {
  const double total = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
  std::vector<double> percent(levels.size(), 0.0);
  for (std::size_t l = 0; l < levels.size() && total > 0; ++l) {
    for (std::size_t i = 0; i < sample.values.size(); ++i) {
      if (sample.values[i] <= levels[l]) percent[l] += 100 * sample.weights[i] / total;
    }
  }
  return percent;
}

double quantile(Sample sample, double share) {
  std::vector<std::size_t> order(sample.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return sample.values[a] < sample.values[b]; });
  const double wanted = share * std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
  double sum = 0;
  for (const auto i : order) {
    sum += sample.weights[i];
    if (sum >= wanted) return sample.values[i];
  }
  return order.empty() ? unknown : sample.values[order.back()];
}

double interpolate(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const std::size_t n = std::min(x.size(), y.size());
  if (n == 0) return unknown;
  const auto above =
      static_cast<std::size_t>(std::upper_bound(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n), at) - x.begin());
  if (above == 0) return y[0];
  if (above == n) return y[n - 1];
  const double t = (at - x[above - 1]) / (x[above] - x[above - 1]);
  return (1 - t) * y[above - 1] + t * y[above];
}

std::size_t nearest_frame(const std::vector<double>& frame_times, double time) {
  const auto nearest = std::min_element(frame_times.begin(), frame_times.end(),
                                        [&](double a, double b) { return std::abs(a - time) < std::abs(b - time); });
  return nearest == frame_times.end() ? 0 : static_cast<std::size_t>(nearest - frame_times.begin());
}

bool is_heart_beat(const artifacts::WallMotion& motion) {
  // Given loads have no aorta: its pressure is the cavity's, but for the start.
  const auto &lv = motion.lv_pressure_kPa, &aorta = motion.aortic_pressure_kPa;
  for (std::size_t k = 1; k < std::min(lv.size(), aorta.size()); ++k)
    if (lv[k] != aorta[k]) return true;
  return false;
}

std::vector<double> smallest_dihedral_angles(std::span<const Vec3> points,
                                             std::span<const std::array<std::int32_t, 4>> cells) {
  std::vector<double> smallest;
  smallest.reserve(cells.size());
  for (const auto& c : cells) {
    const auto at = [&](std::size_t corner) { return points[static_cast<std::size_t>(c[corner])]; };
    const auto angles = mesh::dihedral_angles(at(0), at(1), at(2), at(3));
    smallest.push_back(*std::min_element(angles.begin(), angles.end()));
  }
  return smallest;
}

std::vector<double> mean_speed(const artifacts::Flow& flow) {
  const auto& times = flow.frame_times_ms;
  const std::size_t frames = flow.velocity.size();
  std::vector<double> weights(frames, frames > 1 ? 0.0 : 1.0), mean(flow.points.size(), 0.0);
  for (std::size_t f = 0; f + 1 < frames; ++f) {  // trapezoidal
    const double share = 0.5 * (times[f + 1] - times[f]) / (times[frames - 1] - times[0]);
    weights[f] += share;
    weights[f + 1] += share;
  }
  for (std::size_t f = 0; f < frames; ++f)
    for (std::size_t p = 0; p < mean.size(); ++p) mean[p] += weights[f] * norm(flow.velocity[f][p]);
  return mean;
}

std::vector<double> reciprocal_residence(const artifacts::Flow& flow) {
  std::vector<double> reciprocal(flow.tawss_Pa.size());
  for (std::size_t p = 0; p < reciprocal.size(); ++p) reciprocal[p] = (1 - 2 * flow.osi[p]) * flow.tawss_Pa[p];
  return reciprocal;
}

std::size_t frame_of_most_flow(const artifacts::Flow& flow, std::string_view passage) {
  const auto& times = flow.frame_times_ms;
  std::vector<double> through(times.size(), 0.0);
  for (std::size_t i = 0; i < flow.flow_ml_per_s.size(); ++i) {
    if (!passage.empty() && flow.passages[i] != passage) continue;
    for (std::size_t f = 0; f < times.size(); ++f)
      through[f] += std::abs(interpolate(flow.times_ms, flow.flow_ml_per_s[i], times[f]));
  }
  const auto most = std::ranges::max_element(through);
  if (most != through.end() && *most > 0) return static_cast<std::size_t>(most - through.begin());
  std::vector<double> fastest;
  for (const auto& frame : flow.velocity) {
    fastest.push_back(0);
    for (const Vec3& v : frame) fastest.back() = std::max(fastest.back(), norm(v));
  }
  return static_cast<std::size_t>(std::ranges::max_element(fastest) - fastest.begin());
}

bool days_between(const std::string& from, const std::string& to, int& days) {
  const auto first = parse_date(from), last = parse_date(to);
  if (!first || !last) return false;
  days = static_cast<int>((*last - *first).count());
  return true;
}

}  // namespace cardiotwin::report
