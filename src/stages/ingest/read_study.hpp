#pragma once
/// A study read in a process of its own (sandbox): whatever a foreign file does there, it does not do here.

#include "cardiotwin/artifacts/long_axis_views.hpp"
#include "grid.hpp"

namespace cardiotwin::ingest {

/// All that the stage takes from a folder.
struct ReadStudy {
  artifacts::Image image;  ///< without facts
  artifacts::LongAxisViews views;
  FileFacts facts;  ///< of the first image used: who, when and with what; not how its pixels lie
  Notes notes;
  std::string stack;                 ///< what was chosen, in words
  std::vector<std::string> skipped;  ///< "number x reason" of files that are no images
  std::int64_t files = 0, images = 0, images_used = 0;
};

/// Scans the folder, chooses a stack, reads it and the long-axis views, on up to `threads` threads (0: all there are).
/// Throws core::Error (input) as scan_folder(), choose_stack() and read_volume() do, and when the process is ended for
/// what it met (sandbox::Job::run).
ReadStudy read_study(const std::filesystem::path& folder, const Selection& selection, int threads);

}  // namespace cardiotwin::ingest
