#include "stack.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::ingest {
namespace {

constexpr std::size_t fewest_slices = 3;
constexpr double same_position_mm = 0.05;
constexpr double same_direction = 1 - 1e-4;  ///< cosine of 0.8 degrees

bool parallel(const Frame& a, const Frame& b) {
  return core::dot(a.row, b.row) > same_direction && core::dot(a.column, b.column) > same_direction;
}

bool same_grid(const Frame& a, const Frame& b) {
  return a.file->rows == b.file->rows && a.file->columns == b.file->columns &&
         std::abs(a.spacing_row_mm - b.spacing_row_mm) < 1e-3 * a.spacing_row_mm &&
         std::abs(a.spacing_column_mm - b.spacing_column_mm) < 1e-3 * a.spacing_column_mm;
}

bool combinable(const Frame& a, const Frame& b) {
  return a.file->study_uid == b.file->study_uid && a.file->modality == b.file->modality && same_grid(a, b) &&
         parallel(a, b);
}

/// Positions of two series compare only within one frame of reference; within a series some scanners change it.
bool joinable(const Frame& a, const Frame& b) {
  return a.file->frame_of_reference_uid == b.file->frame_of_reference_uid && a.kind == b.kind && combinable(a, b);
}

using Group = std::vector<Frame>;

std::size_t positions(const Group& group) {
  std::vector<double> along;
  for (const auto& f : group) along.push_back(core::dot(group.front().normal(), f.position));
  std::sort(along.begin(), along.end());
  const auto end = std::unique(along.begin(), along.end(), [](double a, double b) { return b - a < same_position_mm; });
  return static_cast<std::size_t>(end - along.begin());
}

/// Images of several kinds at one place (magnitude and phase, two echoes, two kernels) are no moments of a beat: then
/// each kind is a group. A kind that changes along the stack is one stack.
std::vector<Group> split_kinds(Group group) {
  const Vec3 normal = group.front().normal();
  const auto along = [&](const Frame& f) { return core::dot(normal, f.position); };
  std::stable_sort(group.begin(), group.end(), [&](const Frame& a, const Frame& b) { return along(a) < along(b); });
  std::map<std::string, Group> by_kind;
  bool mixed = false;
  for (std::size_t n = 0; n < group.size(); ++n) {
    by_kind[group[n].kind].push_back(group[n]);
    mixed = mixed ||
            (n > 0 && group[n].kind != group[n - 1].kind && along(group[n]) - along(group[n - 1]) < same_position_mm);
  }
  if (!mixed) return {std::move(group)};
  std::vector<Group> groups;
  for (auto& [kind, frames] : by_kind) groups.push_back(std::move(frames));
  return groups;
}

/// Planes of one series with one orientation, matrix and, where it matters, kind.
std::vector<Group> split_series(const std::vector<Frame>& frames) {
  std::map<std::string, std::vector<Group>> by_series;
  for (const auto& frame : frames) {
    auto& groups = by_series[frame.file->series_uid];
    const auto home =
        std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return combinable(g.front(), frame); });
    (home != groups.end() ? *home : groups.emplace_back()).push_back(frame);
  }
  std::vector<Group> all;
  for (auto& [uid, groups] : by_series)
    for (auto& group : groups) std::ranges::move(split_kinds(std::move(group)), std::back_inserter(all));
  return all;
}

/// Scanners that write one series per slice leave groups of one position: those that are parallel become one.
std::vector<Group> merge_single_slices(std::vector<Group> groups) {
  std::vector<Group> whole, pieces;
  for (auto& group : groups) {
    if (positions(group) >= fewest_slices) {
      whole.push_back(std::move(group));
      continue;
    }
    const auto home =
        std::find_if(pieces.begin(), pieces.end(), [&](const Group& p) { return joinable(p.front(), group.front()); });
    if (home == pieces.end())
      pieces.push_back(std::move(group));
    else
      std::move(group.begin(), group.end(), std::back_inserter(*home));
  }
  std::move(pieces.begin(), pieces.end(), std::back_inserter(whole));
  return whole;
}

/// Trigger time where every frame of the slice has its own, else the order of acquisition.
void order_phases(std::vector<Frame>& frames) {
  std::set<double> times;
  for (const auto& f : frames)
    if (f.trigger_ms) times.insert(*f.trigger_ms);
  const bool timed = times.size() == frames.size();
  std::stable_sort(frames.begin(), frames.end(), [&](const Frame& a, const Frame& b) {
    if (timed) return *a.trigger_ms < *b.trigger_ms;
    return std::tuple(a.file->instance_number, a.number) < std::tuple(b.file->instance_number, b.number);
  });
}

Stack to_stack(Group group) {
  const Vec3 normal = group.front().normal();
  const auto along = [&](const Frame& f) { return core::dot(normal, f.position); };
  std::stable_sort(group.begin(), group.end(), [&](const Frame& a, const Frame& b) { return along(a) < along(b); });
  Stack stack;
  for (auto& frame : group) {
    const double at = along(frame);
    if (stack.slices.empty() || at - stack.slices.back().position_mm >= same_position_mm)
      stack.slices.push_back({at, {}});
    stack.slices.back().frames.push_back(std::move(frame));
  }
  for (auto& slice : stack.slices) order_phases(slice.frames);
  return stack;
}

std::string series_of(const Stack& stack) {
  std::set<int> numbers;
  for (const auto& slice : stack.slices)
    for (const auto& frame : slice.frames) numbers.insert(frame.file->series_number);
  std::string text;
  for (const int n : numbers) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool wanted(const FileFacts& file, const std::string& series) {
  if (series.empty() || std::to_string(file.series_number) == series) return true;
  if (series.size() >= 6 && file.series_uid.ends_with(series)) return true;
  const bool digits = series.find_first_not_of("0123456789.") == std::string::npos;
  return !digits && lower(file.series_description).find(lower(series)) != std::string::npos;
}

void check_one_patient(const Scan& scan) {
  std::map<std::string, std::pair<std::size_t, std::string>> patients;  // key -> frames, first file
  for (const auto& frame : scan.frames) {
    auto& [count, file] = patients[frame.file->patient_key];
    if (count++ == 0) file = scan.name(frame.file->path);
  }
  if (patients.size() == 1) return;
  std::string found = std::to_string(patients.size()) + " patients:";
  for (const auto& [key, entry] : patients)
    found += " " + std::to_string(entry.first) + " images such as " + entry.second + ";";
  found.pop_back();
  core::fail_input({.where = "ingest.dicom_folder " + scan.folder.string(),
                    .expected = "images of one patient",
                    .found = found,
                    .remedy = "put each patient into a folder of its own"});
}

std::vector<Frame> frames_of(const Scan& scan, const Selection& selection) {
  std::map<std::string, std::size_t> modalities;
  std::vector<Frame> fitting, chosen;
  for (const auto& frame : scan.frames) {
    ++modalities[frame.file->modality];
    if (selection.modality == "any" || frame.file->modality == selection.modality) fitting.push_back(frame);
  }
  std::string present;
  for (const auto& [modality, count] : modalities)
    present += (present.empty() ? "" : ", ") + std::to_string(count) + " of modality " +
               (modality.empty() ? "unknown" : modality);
  if (fitting.empty())
    core::fail_input(
        {.where = "ingest.dicom_folder " + scan.folder.string(),
         .expected = "images of modality " + selection.modality,
         .found = present,
         .remedy = "name a folder with such a study, or set ingest.modality if the network was trained on this kind"});
  std::set<std::string> offered;
  for (const auto& frame : fitting) {
    offered.insert("series " + std::to_string(frame.file->series_number) + " \"" + frame.file->series_description +
                   "\"");
    if (wanted(*frame.file, selection.series)) chosen.push_back(frame);
  }
  if (chosen.empty()) {
    std::string list;
    for (const auto& o : offered) list += (list.empty() ? "" : ", ") + o;
    core::fail_input({.where = "ingest.series",
                      .expected = "the number or part of the description of a series in the folder",
                      .found = "\"" + selection.series + "\"",
                      .remedy = "choose among: " + list});
  }
  return chosen;
}

std::size_t left_out_of_series(const Scan& scan, const Stack& stack) {
  std::set<std::string> series;
  for (const auto& slice : stack.slices)
    for (const auto& frame : slice.frames) series.insert(frame.file->series_uid);
  const auto members = std::count_if(scan.frames.begin(), scan.frames.end(),
                                     [&](const Frame& f) { return series.contains(f.file->series_uid); });
  return static_cast<std::size_t>(members) - stack.frames();
}

/// Magnitude images of MR carry M, or M_FFE and the like, in their Image Type.
bool is_magnitude(const Frame& f) {
  return f.kind.find("/M_") != std::string::npos || (f.kind + '/').find("/M/") != std::string::npos;
}

/// Cine before still, more slices before fewer, more phases before fewer, magnitude before what is derived from it.
auto rank(const Stack& s) { return std::tuple(s.phases() > 1, s.slices.size(), s.frames(), is_magnitude(s.first())); }

}  // namespace

std::size_t Stack::frames() const {
  std::size_t count = 0;
  for (const auto& slice : slices) count += slice.frames.size();
  return count;
}

std::size_t Stack::phases() const {
  std::size_t most = 0;
  for (const auto& slice : slices) most = std::max(most, slice.frames.size());
  return most;
}

std::string Stack::describe() const {
  const auto& f = *first().file;
  return "series " + series_of(*this) + " \"" + f.series_description + "\": " + f.modality + " " +
         std::to_string(f.columns) + " x " + std::to_string(f.rows) + ", " + std::to_string(slices.size()) +
         " slices x " + std::to_string(phases()) + " phases";
}

std::vector<Stack> find_stacks(const std::vector<Frame>& frames, std::size_t fewest) {
  std::vector<Stack> stacks;
  for (auto& group : merge_single_slices(split_series(frames))) {
    Stack stack = to_stack(std::move(group));
    if (stack.slices.size() >= fewest) stacks.push_back(std::move(stack));
  }
  std::stable_sort(stacks.begin(), stacks.end(), [](const Stack& a, const Stack& b) { return rank(a) > rank(b); });
  return stacks;
}

Stack choose_stack(const Scan& scan, const Selection& selection, std::vector<std::string>& warnings) {
  check_one_patient(scan);
  const auto frames = frames_of(scan, selection);
  auto stacks = find_stacks(frames);
  const std::string where = "ingest.dicom_folder " + scan.folder.string();
  if (stacks.empty())
    core::fail_input({.where = where,
                      .expected = "a stack of at least " + std::to_string(fewest_slices) + " parallel slices",
                      .found = std::to_string(frames.size()) + " images, no " + std::to_string(fewest_slices) +
                               " of them parallel, with one matrix and at different positions",
                      .remedy = "add the missing slices, or name the folder of the short-axis or CT stack"});
  if (stacks.size() > 1 && rank(stacks[0]) == rank(stacks[1])) {
    std::string list;
    for (const auto& stack : stacks) list += (list.empty() ? "" : "; ") + stack.describe();
    core::fail_input({.where = where,
                      .expected = "one stack that fits best",
                      .found = list,
                      .remedy = "choose with ingest.series (its number, or a part of its description)"});
  }
  if (!scan.repeated.empty())
    warnings.push_back(std::to_string(scan.repeated.size()) +
                       " files repeat an image of the study and were left out (first: " + scan.repeated.front() + ")");
  if (!scan.same_name.empty())
    warnings.push_back(
        std::to_string(scan.same_name.size()) +
        " files carry the identifier of another image; all of them count (first: " + scan.same_name.front() + ")");
  if (const auto others = left_out_of_series(scan, stacks.front()); others > 0)
    warnings.push_back(std::to_string(others) +
                       " images of the chosen series have another orientation, matrix or kind and were left out");
  return std::move(stacks.front());
}

}  // namespace cardiotwin::ingest
