#include "views.hpp"

#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "pixels.hpp"

namespace cardiotwin::ingest {
namespace {

constexpr double steep = 0.5;  ///< cosine of the angle between the normals of view and stack
constexpr std::size_t most_side_by_side = 3;

bool cuts_through(const Stack& planes, const Stack& chosen) {
  const Frame &a = planes.first(), &b = chosen.first();
  return planes.slices.size() <= most_side_by_side && std::abs(core::dot(a.normal(), b.normal())) < steep &&
         a.file->study_uid == b.file->study_uid && a.file->frame_of_reference_uid == b.file->frame_of_reference_uid &&
         a.file->modality == b.file->modality;
}

artifacts::LongAxisView read_view(const Scan& scan, const Slice& slice) {
  const Frame& first = slice.frames.front();
  artifacts::LongAxisView view;
  view.geometry = {.size = {first.file->columns, first.file->rows, 1},
                   .spacing = {first.spacing_row_mm, first.spacing_column_mm, 1},
                   .origin = first.position,
                   .axes = {first.row, first.column, first.normal()}};
  for (const Frame& frame : slice.frames) {
    const PixelFile file(*frame.file, scan.name(frame.file->path));
    for (const float stored : file.frame(frame.number))
      view.pixels.push_back(static_cast<float>(frame.slope * stored + frame.intercept));
  }
  return view;
}

}  // namespace

artifacts::LongAxisViews read_views(const Scan& scan, const Stack& chosen, Notes& notes) {
  artifacts::LongAxisViews all;
  for (const Stack& planes : find_stacks(scan.frames, 1)) {
    if (!cuts_through(planes, chosen)) continue;
    for (const Slice& slice : planes.slices) {
      if (slice.frames.size() != chosen.phases()) continue;
      try {
        all.views.push_back(read_view(scan, slice));
      } catch (const core::Error& error) {
        notes.warnings.push_back(std::string("a long-axis view is left out: ") + error.what());
      }
    }
  }
  return all;
}

}  // namespace cardiotwin::ingest
