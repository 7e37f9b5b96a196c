#pragma once
/// Slices of the study with the outlines of the labels.

#include <cstdint>

#include "cardiotwin/artifacts/labels.hpp"
#include "raster.hpp"

namespace cardiotwin::report {

/// Rows are phases, columns are slices. `labels` may be null. Cropped to the labelled region with a margin where there
/// is one; grey values from the 1st to the 99th percentile of the shown phase.
struct MontageRequest {
  std::vector<std::int64_t> phases;
  int columns = 7;
  int tile = 170;  ///< pixels
};
Pixels montage(const artifacts::Image& image, const artifacts::Labels* labels, const MontageRequest& request);

/// Colour in which a label is outlined.
Rgb label_colour(int label);

}  // namespace cardiotwin::report
