#include "cardiotwin/ingest/inspect.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"
#include "dates.hpp"
#include "grid.hpp"
#include "pixels.hpp"

namespace cardiotwin::ingest {
namespace {

/// Of a fault: what was wanted and what was found.
std::string in_a_line(const core::Error& error) {
  const auto& fault = error.fault();
  return "expected " + fault.expected + ", got " + fault.found;
}

std::string plane(const Frame& f) {
  return fmt::format("{} x {} pixels of {:.4g} x {:.4g} mm", f.file->columns, f.file->rows, f.spacing_row_mm,
                     f.spacing_column_mm);
}

std::string describe_series(const std::vector<const Frame*>& frames) {
  const Frame& f = *frames.front();
  std::set<std::tuple<double, double, double>> places;
  for (const auto* frame : frames)
    places.insert({std::round(100 * frame->position[0]), std::round(100 * frame->position[1]),
                   std::round(100 * frame->position[2])});
  return fmt::format("  series {} \"{}\": {}, {} images at {} positions, {}\n", f.file->series_number,
                     f.file->series_description, f.file->modality, frames.size(), places.size(), plane(f));
}

std::string describe_stack(const Scan& scan, Stack stack) {
  const Frame& f = stack.first();
  const double height = stack.slices.back().position_mm - stack.slices.front().position_mm;
  std::string text = fmt::format(
      "  stack of {}\n    {:.4g} x {:.4g} mm, slices every {:.4g} mm, thickness {:.4g} mm, normal ({:.3f}, {:.3f}, "
      "{:.3f})\n",
      stack.describe(), f.spacing_row_mm, f.spacing_column_mm, height / static_cast<double>(stack.slices.size() - 1),
      f.file->slice_thickness_mm, f.normal()[0], f.normal()[1], f.normal()[2]);
  try {
    Notes notes;
    (void)plan_grid(scan, stack, notes);
    text += "    can be used\n";
    for (const auto* list : {&notes.warnings, &notes.assumptions})
      for (const auto& note : *list) text += "    " + note + "\n";
  } catch (const core::Error& error) {
    text += "    cannot be used: " + in_a_line(error) + "\n";
  }
  return text;
}

/// Studies in the order of the files, their series by number, and stacks, which may span series.
std::string list_studies(const Scan& scan) {
  std::map<std::string, std::size_t> numbers, patients;
  std::vector<std::vector<Frame>> studies;
  for (const auto& frame : scan.frames) {
    const auto [entry, fresh] = numbers.emplace(frame.file->study_uid, studies.size());
    if (fresh) studies.emplace_back();
    studies[entry->second].push_back(frame);
    patients.emplace(frame.file->patient_key, patients.size() + 1);
  }
  std::string text;
  for (std::size_t n = 0; n < studies.size(); ++n) {
    const FileFacts& facts = *studies[n].front().file;
    const std::string date = iso_date(facts.study_date);
    text += fmt::format("study {} of patient {}: {}, {} {}\n", n + 1, patients[facts.patient_key],
                        date.empty() ? "no valid date" : date, facts.manufacturer, facts.scanner);
    std::map<std::pair<int, std::string>, std::vector<const Frame*>> series;
    for (const auto& frame : studies[n]) series[{frame.file->series_number, frame.file->series_uid}].push_back(&frame);
    for (const auto& [key, frames] : series) text += describe_series(frames);
    for (const auto& stack : find_stacks(studies[n])) text += describe_stack(scan, stack);
  }
  return text;
}

std::string would_choose(const Scan& scan, const std::string& modality) {
  std::string text;
  try {
    Notes notes;
    Stack stack = choose_stack(scan, {.modality = modality, .series = ""}, notes.warnings);
    text = "would choose " + stack.describe();
    for (const auto& warning : notes.warnings) text += "\n  " + warning;
    (void)plan_grid(scan, stack, notes);
    return text;
  } catch (const core::Error& error) {
    return (text.empty() ? "no choice: " : text + "\n  and refuse it: ") + in_a_line(error);
  }
}

std::string list_values(const FileFacts& facts, const std::string& name) {
  const auto values = read_pixels(facts, name);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return fmt::format("  stored values {:.9g} to {:.9g}, mean {:.9g}\n  sha256 {}\n", *low, *high, mean,
                     io::sha256(bytes));
}

Inspection look_at_folder(const std::filesystem::path& folder) {
  const Scan scan = scan_folder(folder);
  std::string text =
      fmt::format("{}: {} files, {} images placed in space\n", folder.string(), scan.files, scan.frames.size());
  for (const auto& [reason, count] : scan.skipped) text += fmt::format("  skipped: {} x {}\n", count, reason);
  for (const auto& file : scan.damaged) text += fmt::format("  {}: {}\n", scan.name(file.path), file.problem);
  text += list_studies(scan);
  std::set<std::string> modalities;
  for (const auto& frame : scan.frames) modalities.insert(frame.file->modality);
  for (const auto& modality : modalities)
    text += fmt::format("for images of modality {}: {}\n", modality, would_choose(scan, modality));
  return {text, std::nullopt};
}

Inspection look_at_file(const std::filesystem::path& path) {
  const DicomFile file = read_header(path);
  const core::Fault refusal{.where = path.string(),
                            .expected = "a greyscale DICOM image placed in patient space",
                            .found = file.problem,
                            .remedy = "ingest leaves this file out, or refuses the stack it belongs to"};
  const bool pixels = file.kind == FileKind::image || file.kind == FileKind::unplaced;
  if (!pixels) return {"", refusal};
  const FileFacts& facts = *file.facts;
  Inspection result{fmt::format("{}: {} {} x {} pixels, {} frames, transfer syntax {}\n", path.string(), facts.modality,
                                facts.columns, facts.rows, facts.frames, facts.transfer_syntax),
                    std::nullopt};
  if (file.kind == FileKind::unplaced) result.refusal = refusal;
  for (const auto& f : file.frames)
    if (f.number == 0)
      result.text += fmt::format("  {}, position ({:.9g}, {:.9g}, {:.9g}), value = {:.9g} stored + {:.9g}\n", plane(f),
                                 f.position[0], f.position[1], f.position[2], f.slope, f.intercept);
  try {
    result.text += list_values(facts, path.string());
  } catch (const core::Error& error) {
    if (!result.refusal) result.refusal = error.fault();
  }
  return result;
}

void put(sandbox::Parcel& answer, const Inspection& found) {
  answer.put(found.text);
  answer.put(static_cast<std::int32_t>(found.refusal ? 1 : 0));
  const core::Fault fault = found.refusal.value_or(core::Fault{});
  for (const auto* part : {&fault.where, &fault.expected, &fault.found, &fault.remedy}) answer.put(*part);
}

const sandbox::Job folder_job("inspect-folder", [](sandbox::Parcel& request, sandbox::Parcel& answer) {
  put(answer, look_at_folder(request.get<std::string>()));
});
const sandbox::Job file_job("inspect-file", [](sandbox::Parcel& request, sandbox::Parcel& answer) {
  put(answer, look_at_file(request.get<std::string>()));
});

/// In a process of its own, as ingest reads.
Inspection ask(const sandbox::Job& job, const std::filesystem::path& path) {
  sandbox::Parcel request;
  request.put(path.string());
  auto answer = job.run(request, path.string());
  Inspection result{answer.get<std::string>(), std::nullopt};
  const bool refused = answer.get<std::int32_t>() != 0;
  core::Fault fault;
  for (auto* part : {&fault.where, &fault.expected, &fault.found, &fault.remedy}) answer.get(*part);
  if (refused) result.refusal = fault;
  return result;
}

}  // namespace

Inspection inspect_folder(const std::filesystem::path& folder) { return ask(folder_job, folder); }

Inspection inspect_file(const std::filesystem::path& path) { return ask(file_job, path); }

}  // namespace cardiotwin::ingest
