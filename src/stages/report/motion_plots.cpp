#include "motion_plots.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "html.hpp"
#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::WallMotion;
using artifacts::WallStrain;

/// The part of the wall that a segment belongs to.
struct Part {
  int number;
  std::string_view name;
};
Part part_of(std::int32_t segment) {
  switch (segment) {
    case 1:
    case 7:
    case 13:
      return {0, "anterior"};
    case 2:
    case 3:
    case 8:
    case 9:
    case 14:
      return {1, "septum"};
    case 4:
    case 10:
    case 15:
      return {2, "inferior"};
    case 17:
      return {4, "apex"};
    default:
      return {3, "lateral"};
  }
}

std::vector<double> percent(std::vector<double> values) {
  for (double& v : values) v *= 100;
  return values;
}

/// One curve a segment, of the colour of its part of the wall.
std::string curves(const WallMotion& m, const std::string& title, const std::vector<std::vector<double>>& values) {
  std::vector<Series> series;
  std::vector<int> named;
  for (std::size_t s = 0; s < values.size(); ++s) {
    const Part part = part_of(m.strain.segments[s]);
    const bool first = std::ranges::find(named, part.number) == named.end();
    if (first) named.push_back(part.number);
    series.push_back(
        {first ? std::string(part.name) : "", m.frame_times_ms, percent(values[s]), false, false, {}, {}, part.number});
  }
  const double systole = m.frame_times_ms[end_systolic_frame(m)];
  return line_plot({title, "time [ms]", "change of length [%]", {{systole, "ES"}}, false, false}, series);
}

/// A value a row of the strains, in the places of all 17 segments.
std::vector<double> by_segment(const WallStrain& strain, const std::vector<double>& rows) {
  std::vector<double> values(17, std::numeric_limits<double>::quiet_NaN());  // drawn as "no value"
  for (std::size_t s = 0; s < rows.size(); ++s)
    if (strain.segments[s] >= 1 && strain.segments[s] <= 17) values[strain.segments[s] - 1] = rows[s];
  return values;
}

std::string strain_map(const WallMotion& m, const std::string& title, const std::vector<std::vector<double>>& values,
                       double limit) {
  std::vector<double> rows;
  for (const auto& curve : values) rows.push_back(100 * curve[end_systolic_frame(m)]);
  return bulls_eye(title, by_segment(m.strain, rows), {"mean change of length", "%", -limit, limit, blue_red()});
}

/// The round limit of a scale that holds both sets of curves [%].
double limit_of(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b, std::size_t at) {
  double limit = 0.01;
  for (const auto* curves : {&a, &b})
    for (const auto& curve : *curves) limit = std::max(limit, std::abs(curve[at]));
  return ticks(0, 100 * limit, 2).back();
}

std::string time_map(const WallStrain& strain) {
  std::vector<double> rows;
  double first = std::numeric_limits<double>::infinity(), last = 0;
  for (const double t : strain.time_to_peak_ms) {
    rows.push_back(t < 0 ? std::numeric_limits<double>::quiet_NaN() : t);
    if (t < 0) continue;
    first = std::min(first, t);
    last = std::max(last, t);
  }
  if (!(first <= last)) return {};
  const auto round = ticks(first, std::max(last, first + 10), 4);
  const Scale scale{"time to peak shortening", "ms", round.front(), round.back(), viridis()};
  return bulls_eye("Time to peak circumferential shortening", by_segment(strain, rows), scale);
}

/// Strains whose every curve has a value a frame.
bool fits(const WallMotion& m) {
  const WallStrain& e = m.strain;
  const auto whole = [&](const auto& values) {
    return values.size() == e.segments.size() &&
           std::ranges::all_of(values, [&](const auto& v) { return v.size() == m.frame_times_ms.size(); });
  };
  return !e.segments.empty() && whole(e.radial) && whole(e.circumferential) && whole(e.longitudinal) &&
         whole(e.fibre) && e.time_to_peak_ms.size() == e.segments.size();
}

}  // namespace

std::string strain_plots(const WallMotion& m) {
  if (!fits(m)) return {};
  const WallStrain& e = m.strain;
  const auto half = [](const std::string& svg, std::string_view caption) {
    return svg.empty() ? std::string() : figure(svg, caption, "half");
  };
  std::string html =
      half(curves(m, "Circumferential strain", e.circumferential), "Around the ventricle; a curve a segment.") +
      half(curves(m, "Longitudinal strain", e.longitudinal), "Along the wall, apex to base.") +
      half(curves(m, "Radial strain", e.radial), "Across the wall.") +
      half(curves(m, "Fibre strain", e.fibre), "Along the fibres.");
  const double limit = limit_of(e.circumferential, e.longitudinal, end_systolic_frame(m));
  html += half(strain_map(m, "Circumferential strain at end systole", e.circumferential, limit),
               "Mean of each of the 17 segments [%].");
  html += half(strain_map(m, "Longitudinal strain at end systole", e.longitudinal, limit),
               "Mean of each of the 17 segments [%].");
  html += half(time_map(e), "From end diastole [ms]; no value where a segment does not shorten by 1 %.");
  if (e.twist_deg.size() == m.frame_times_ms.size())
    html +=
        half(line_plot(
                 {"Twist", "time [ms]", "twist [deg]", {{m.frame_times_ms[end_systolic_frame(m)], "ES"}}, false, false},
                 {{"", m.frame_times_ms, e.twist_deg, false, false, {}, {}}}),
             "Rotation of an apical slice against a basal one; counter-clockwise as seen from the apex is positive.");
  return html;
}

std::string strain_table(const WallMotion& m) {
  if (!fits(m)) return {};
  const WallStrain& e = m.strain;
  const auto least = [](const std::vector<double>& curve) { return number(100 * std::ranges::min(curve), 3); };
  std::vector<std::vector<std::string>> rows;
  for (std::size_t s = 0; s < e.segments.size(); ++s)
    rows.push_back({fmt::format("{} {}", e.segments[s], segment_name(e.segments[s])), least(e.circumferential[s]),
                    e.time_to_peak_ms[s] < 0 ? "-" : number(e.time_to_peak_ms[s], 3), least(e.longitudinal[s]),
                    number(100 * std::ranges::max(e.radial[s]), 3), least(e.fibre[s])});
  return "<details><summary>Peak strains by AHA segment</summary>" +
         table({"segment", "circumferential [%]", "at [ms]", "longitudinal [%]", "radial [%]", "fibre [%]"}, rows) +
         "</details>";
}

std::string probe_plots(const WallMotion& m, const std::vector<std::string>& names) {
  if (m.probes.empty() || m.probes.size() != m.times_ms.size() || m.probes.front().size() != names.size()) return {};
  std::string html;
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<Series> series;
    for (std::size_t p = 0; p < names.size(); ++p) {
      series.push_back({names[p], m.times_ms, {}, false, m.times_ms.size() < 10, {}, {}});
      for (const auto& positions : m.probes) series.back().y.push_back(positions[p][i] - m.probes.front()[p][i]);
    }
    const std::string axis(1, "xyz"[i]);
    std::string who = "Displacement of the probes along ";
    if (names.size() == 1) who = "Displacement of " + names[0] + " along ";
    html += figure(line_plot({who + axis, "time [ms]", axis + " [mm]", {}, false, false}, series),
                   "From the first time on.", "half");
  }
  return html;
}

}  // namespace cardiotwin::report
