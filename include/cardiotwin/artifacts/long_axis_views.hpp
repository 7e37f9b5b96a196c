#pragma once
/// Artifact `long_axis_views`: single planes of the same cine study that cut through the stack, as long-axis views do.
/// Written by ingest; empty where the study has none.

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::artifacts {

/// One plane in patient coordinates: `geometry` has one slice.
struct LongAxisView {
  Geometry geometry;
  std::vector<float> pixels;  ///< (phases x j x i), phases as in the artifact `image`
  const float* phase(std::int64_t p) const { return pixels.data() + p * geometry.voxels(); }
};

struct LongAxisViews {
  static constexpr std::string_view id = "long_axis_views";
  std::vector<LongAxisView> views;
};
void save(io::Writer& file, const LongAxisViews& views);
void load(const io::Reader& file, LongAxisViews& views);

}  // namespace cardiotwin::artifacts
