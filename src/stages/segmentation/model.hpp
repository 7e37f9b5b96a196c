#pragma once
/// A network as it lies in a model file: graph, weights, preprocessing, labels and where it came from.
/// The format is told in docs/model_format.md; scripts/model/format.py writes it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cardiotwin::segmentation {

enum class Operation {
  input,
  convolution,
  transposed_convolution,
  instance_norm,
  batch_norm,
  leaky_relu,  ///< slope 0 is the plain rectifier
  max_pool,
  average_pool,
  concatenate,
  add,
  upsample,
};

/// A weight array, row major.
struct Weights {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// One operation of the graph. Lists per spatial axis are ordered as the array axes (2D: j, i; 3D: k, j, i).
struct Node {
  std::string name;
  Operation operation = Operation::input;
  std::vector<int> inputs;  ///< earlier nodes
  std::vector<std::int64_t> kernel, stride, padding, scale;
  float slope = 0, epsilon = 0;
  bool linear = false;  ///< of upsample; else nearest
  std::map<std::string, Weights> weights;
};

/// How intensities become network input.
struct Normalisation {
  enum class Kind {
    percentiles,     ///< `low`th to `high`th percentile of the patch to 0..1, clipped
    standard_score,  ///< mean 0 and standard deviation 1 over the patch
    window,          ///< clipped to [low, high], then (value - mean) / deviation; for CT
  } kind = Kind::percentiles;
  double low = 1, high = 99, mean = 0, deviation = 1;
};

struct Model {
  std::string name, modality, orientation, sha256, training;
  int dimensions = 2;
  int input_channels = 1;
  std::vector<std::string> labels;
  std::vector<double> spacing_mm;        ///< per array axis, as Node's lists
  std::vector<std::int64_t> patch_size;  ///< per array axis
  Normalisation normalisation;
  std::vector<Node> graph;
};

/// Reads a model file and checks it: a truncated, altered, foreign or newer file throws core::Error (integrity), as
/// does a graph that makes no sense. Local.
Model load_model(const std::filesystem::path& path);

}  // namespace cardiotwin::segmentation
