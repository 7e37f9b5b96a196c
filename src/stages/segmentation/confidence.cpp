#include "confidence.hpp"

#include <spdlog/fmt/fmt.h>

#include "cardiotwin/segmentation/agreement.hpp"

namespace cardiotwin::segmentation {

Confidences confidences(const artifacts::Labels& labels) {
  const artifacts::Geometry& g = labels.geometry;
  const Slices all(static_cast<std::size_t>(g.size[2]), true);
  Confidences result;
  for (std::int64_t p = 0; p < std::ssize(labels.phase_times_ms); ++p) {
    const std::uint8_t* phase = labels.phase(p);
    const float* probability = labels.confidence.data() + p * g.voxels();
    for (std::int64_t k = 0, v = 0; k < g.size[2]; ++k)
      for (std::int64_t j = 0; j < g.size[1]; ++j)
        for (std::int64_t i = 0; i < g.size[0]; ++i, ++v) {
          if (phase[v] == artifacts::background) continue;
          result.heart.add(probability[v]);
          result.of_label.at(phase[v]).add(probability[v]);
          if (at_border(g, phase, all, i, j, k)) result.at_border.at(phase[v]).add(probability[v]);
        }
  }
  return result;
}

std::optional<std::string> doubt_about(int label, const Confidences& confidences) {
  constexpr double least_overall = 0.8, least_border = 0.75;
  const Confidence &all = confidences.of_label.at(static_cast<std::size_t>(label)),
                   &border = confidences.at_border.at(static_cast<std::size_t>(label));
  if (all.voxels == 0) return std::nullopt;
  if (all.mean() >= least_overall && (border.voxels == 0 || border.mean() >= least_border)) return std::nullopt;
  return fmt::format(
      "the network is unsure of {}: mean confidence {:.2f}, {:.2f} at its border; look at it (cardiotwin export) "
      "before "
      "using the results",
      artifacts::label_name(label), all.mean(), border.mean());
}

}  // namespace cardiotwin::segmentation
