#pragma once
/// Where a network is unsure of its labels.

#include <array>
#include <optional>
#include <string>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::segmentation {

/// Probability of the chosen label over some voxels.
struct Confidence {
  double sum = 0, voxels = 0;
  void add(double probability) { sum += probability, voxels += 1; }
  double mean() const { return voxels > 0 ? sum / voxels : 0; }
};

/// Over all phases: the whole heart, each label, and those voxels of each label that share a face with another one.
struct Confidences {
  Confidence heart;
  std::array<Confidence, artifacts::label_count> of_label, at_border;
};
/// Of labels with a confidence map.
Confidences confidences(const artifacts::Labels& labels);

/// A warning that names the label, where its mean confidence is under 0.8 or under 0.75 at its border. Labels of the
/// shipped network have 0.92 and 0.86 at least where they are good (docs/theory/segmentation.md).
std::optional<std::string> doubt_about(int label, const Confidences& confidences);

}  // namespace cardiotwin::segmentation
