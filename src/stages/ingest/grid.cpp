#include "grid.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"

namespace cardiotwin::ingest {
namespace {

/// A slice may lie this far from its place on the regular grid, in slice spacings; beyond the first, it is said.
constexpr double even_spacing = 0.01, tolerated_spacing = 0.05;
constexpr std::size_t few_phases = 6;

std::string where(const Scan& scan) { return "ingest.dicom_folder " + scan.folder.string(); }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void refuse_damaged(const Scan& scan, const Stack& stack, Notes& notes) {
  std::set<std::string> used;
  for (const auto& slice : stack.slices)
    for (const auto& frame : slice.frames) used.insert(frame.file->series_uid);
  for (const auto& file : scan.damaged) {
    const std::string name = scan.name(file.path);
    const bool belongs = file.facts && used.contains(file.facts->series_uid);
    if (belongs)
      core::fail_input({.where = name,
                        .expected = "a complete DICOM image: the file belongs to the chosen stack",
                        .found = file.problem,
                        .remedy = "export this file from the archive again; an incomplete stack is not used"});
    notes.warnings.push_back(name + ": " + file.problem + "; left out");
  }
}

/// Where one position was imaged in several series, the later series is a repetition and counts.
void keep_latest_series(Stack& stack, Notes& notes) {
  for (auto& slice : stack.slices) {
    int latest = slice.frames.front().file->series_number;
    std::set<std::string> series;
    for (const auto& f : slice.frames)
      latest = std::max(latest, f.file->series_number), series.insert(f.file->series_uid);
    if (series.size() < 2) continue;
    notes.warnings.push_back("slice at " + number(slice.position_mm) + " mm was imaged in " +
                             std::to_string(series.size()) + " series; series " + std::to_string(latest) +
                             ", the last, is used");
    std::erase_if(slice.frames, [&](const Frame& f) { return f.file->series_number != latest; });
  }
}

void check_phases(const Scan& scan, const Stack& stack) {
  std::map<std::size_t, int> counts;
  for (const auto& slice : stack.slices) ++counts[slice.frames.size()];
  const auto usual =
      std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
  for (const auto& slice : stack.slices) {
    std::map<double, const Frame*> moments;
    for (const auto& frame : slice.frames) {
      if (!frame.trigger_ms) continue;
      const auto [other, fresh] = moments.emplace(*frame.trigger_ms, &frame);
      // Stacks without cardiac gating carry a constant trigger time, or none.
      if (!fresh && slice.frames.size() != usual)
        core::fail_input({.where = where(scan),
                          .expected = "one image for each position and moment",
                          .found = scan.name(other->second->file->path) + " and " + scan.name(frame.file->path) +
                                   " at " + number(slice.position_mm) + " mm, " + number(*frame.trigger_ms) + " ms",
                          .remedy = "remove the one that is not wanted, or choose a series with ingest.series"});
    }
  }
  if (counts.size() == 1) return;
  std::string found;
  for (const auto& slice : stack.slices)
    if (slice.frames.size() != usual)
      found += (found.empty() ? "" : ", ") + std::to_string(slice.frames.size()) + " at " + number(slice.position_mm) +
               " mm (" + scan.name(slice.frames.front().file->path) + ")";
  core::fail_input(
      {.where = where(scan),
       .expected = std::to_string(usual) + " phases in each of the " + std::to_string(stack.slices.size()) + " slices",
       .found = found,
       .remedy = "add the missing images, remove surplus ones, or choose another series with ingest.series"});
}

double regular_spacing(const Scan& scan, const Stack& stack, Notes& notes) {
  const auto& s = stack.slices;
  std::vector<double> gaps;
  for (std::size_t k = 1; k < s.size(); ++k) gaps.push_back(s[k].position_mm - s[k - 1].position_mm);
  const double usual = median(gaps);
  for (std::size_t k = 0; k < gaps.size(); ++k) {
    const double ratio = gaps[k] / usual;
    if (std::abs(ratio - 1) <= 2 * tolerated_spacing) continue;
    const double missing = std::round(ratio) - 1;
    const bool hole = missing >= 1 && std::abs(ratio - std::round(ratio)) < 0.1;
    core::fail_input({.where = where(scan),
                      .expected = "slices " + number(usual) + " mm apart, as most are",
                      .found = (hole ? number(missing) + " missing between " : number(gaps[k]) + " mm between ") +
                               scan.name(s[k].frames.front().file->path) + " at " + number(s[k].position_mm) +
                               " mm and " + scan.name(s[k + 1].frames.front().file->path) + " at " +
                               number(s[k + 1].position_mm) + " mm",
                      .remedy = hole ? "add the missing slices"
                                     : "resample the series to even spacing, or choose another with ingest.series"});
  }
  const double spacing = (s.back().position_mm - s.front().position_mm) / static_cast<double>(gaps.size());
  double worst = 0;
  for (std::size_t k = 0; k < s.size(); ++k)
    worst = std::max(worst, std::abs(s[k].position_mm - s[0].position_mm - spacing * static_cast<double>(k)) / spacing);
  if (worst > tolerated_spacing)
    core::fail_input({.where = where(scan),
                      .expected = "evenly spaced slices",
                      .found = "a slice " + number(worst * spacing) + " mm from its place at a spacing of " +
                               number(spacing) + " mm",
                      .remedy = "resample the series to even spacing, or choose another with ingest.series"});
  if (worst > even_spacing)
    notes.warnings.push_back("slices are not quite evenly spaced: up to " + number(worst * spacing) +
                             " mm off; the mean of " + number(spacing) + " mm is used");
  return spacing;
}

artifacts::Geometry place(const Scan& scan, const Stack& stack, Notes& notes) {
  const Frame& f = stack.slices[stack.slices.size() / 2].frames.front();
  artifacts::Geometry g;
  g.size = {f.file->columns, f.file->rows, static_cast<std::int64_t>(stack.slices.size())};
  g.spacing = {f.spacing_row_mm, f.spacing_column_mm, regular_spacing(scan, stack, notes)};
  g.axes = {f.row, f.column, f.normal()};
  // The middle slice stays where it is; the others are moved within their planes where they must.
  const double to_first = core::dot(g.axes[2], f.position) - stack.slices.front().position_mm;
  g.origin = f.position - to_first * g.axes[2];
  return g;
}

/// RR interval of one slice: the header's, else its heart rate's; 0 when it does not say.
double interval_of(const Slice& slice) {
  const auto& f = *slice.frames.front().file;
  if (f.nominal_interval_ms > 200 && f.nominal_interval_ms < 3000) return f.nominal_interval_ms;
  if (f.heart_rate_per_min > 20 && f.heart_rate_per_min < 300) return 60 * core::ms_per_s / f.heart_rate_per_min;
  return 0;
}

/// Slices are gated beats apart, with RR intervals of their own: phases are matched by their index, and the time of a
/// phase is its mean fraction of the beat times the mean interval.
void set_times(const Stack& stack, artifacts::Image& image, Notes& notes) {
  const auto phases = stack.slices.front().frames.size();
  std::vector<double> intervals;
  for (const auto& slice : stack.slices)
    if (const double interval = interval_of(slice); interval > 0) intervals.push_back(interval);
  const auto slices = static_cast<double>(stack.slices.size());
  const bool timed = std::all_of(stack.slices.begin(), stack.slices.end(), [&](const Slice& s) {
    std::set<double> times;
    for (const auto& f : s.frames)
      if (f.trigger_ms) times.insert(*f.trigger_ms);
    return times.size() == phases;
  });
  if (intervals.size() == stack.slices.size()) {
    image.cycle_length_ms = std::accumulate(intervals.begin(), intervals.end(), 0.0) / slices;
    const auto [low, high] = std::minmax_element(intervals.begin(), intervals.end());
    if (*high > 1.1 * *low)
      notes.warnings.push_back("the RR interval differs between slices: " + number(*low) + " to " + number(*high) +
                               " ms; phases are matched by their index");
  }
  if (phases == 1) {
    image.phase_times_ms = {0};
    return;
  }
  image.phase_times_ms.assign(phases, 0.0);
  if (timed) {
    for (const auto& slice : stack.slices) {
      const double scale = image.cycle_length_ms > 0 ? image.cycle_length_ms / interval_of(slice) : 1;
      for (std::size_t p = 0; p < phases; ++p) image.phase_times_ms[p] += scale * *slice.frames[p].trigger_ms / slices;
    }
    if (image.cycle_length_ms <= 0) {
      const double span = image.phase_times_ms.back() - image.phase_times_ms.front();
      image.cycle_length_ms = span * static_cast<double>(phases) / static_cast<double>(phases - 1);
      notes.assumptions.push_back("the study does not say its RR interval; " + number(image.cycle_length_ms) +
                                  " ms follows from the trigger times, taken to cover the beat evenly");
    }
  } else {
    const double beat = image.cycle_length_ms > 0 ? image.cycle_length_ms : 60 * core::ms_per_s / 70;
    for (std::size_t p = 0; p < phases; ++p)
      image.phase_times_ms[p] = beat * static_cast<double>(p) / static_cast<double>(phases);
    notes.assumptions.push_back(
        "the images carry no trigger times: phases are in the order of acquisition and spread evenly over a beat of " +
        number(beat) + " ms");
  }
}

}  // namespace

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

artifacts::Image plan_grid(const Scan& scan, Stack& stack, Notes& notes) {
  refuse_damaged(scan, stack, notes);
  keep_latest_series(stack, notes);
  check_phases(scan, stack);
  artifacts::Image image;
  image.geometry = place(scan, stack, notes);
  set_times(stack, image, notes);
  const auto phases = image.phases();
  if (phases > 1 && static_cast<std::size_t>(phases) < few_phases)
    notes.warnings.push_back("only " + std::to_string(phases) +
                             " phases of the beat are there: end diastole and end systole, and with them the ejection "
                             "fraction, are those of these moments");
  return image;
}

}  // namespace cardiotwin::ingest
