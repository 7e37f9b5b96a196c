#include "cardiotwin/ingest/inspect.hpp"

#include <spdlog/fmt/fmt.h>

#include "cardiotwin/core/error.hpp"
#include "stack.hpp"

namespace cardiotwin::ingest {

std::string inspect_folder(const std::filesystem::path& folder) {
  const Scan scan = scan_folder(folder);
  std::string text =
      fmt::format("{}: {} files, {} images placed in space\n", folder.string(), scan.files, scan.frames.size());
  for (const auto& [reason, count] : scan.skipped) text += fmt::format("  skipped: {} x {}\n", count, reason);
  for (const auto& file : scan.damaged)
    text += fmt::format("  damaged: {}\n", scan.name(file.facts ? file.facts->path : folder));
  for (const auto& stack : find_stacks(scan.frames)) {
    const auto& f = stack.first();
    const double thickness = stack.slices.back().position_mm - stack.slices.front().position_mm;
    text += fmt::format(
        "  {}\n    {:.4g} x {:.4g} mm, slices every {:.4g} mm, thickness {:.4g} mm, normal ({:.3f}, {:.3f}, {:.3f})\n",
        stack.describe(), f.spacing_row_mm, f.spacing_column_mm,
        thickness / static_cast<double>(stack.slices.size() - 1), f.file->slice_thickness_mm, f.normal()[0],
        f.normal()[1], f.normal()[2]);
  }
  try {
    std::vector<std::string> warnings;
    text += "  would choose: " + choose_stack(scan, {.modality = "any", .series = ""}, warnings).describe() + "\n";
    for (const auto& warning : warnings) text += "  " + warning + "\n";
  } catch (const core::Error& error) {
    text += std::string("  no choice: ") + error.what() + "\n";
  }
  return text;
}

}  // namespace cardiotwin::ingest
