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
  group_norm,
  batch_norm,
  leaky_relu,  ///< slope 0 is the plain rectifier; a weight `slope` holds one for each channel
  max_pool,
  average_pool,
  concatenate,
  add,
  upsample,
  pad_like,  ///< the first input with its last values repeated up to the size of the second
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
  std::vector<std::int64_t> kernel, stride, padding, output_padding, scale;
  std::int64_t groups = 1;
  float slope = 0, epsilon = 0;
  bool linear = false;  ///< of upsample; else nearest
  std::map<std::string, Weights> weights;
};

/// How the intensities of a channel become network input.
struct Normalisation {
  enum class Kind {
    none,
    percentiles,     ///< `low`th to `high`th percentile to 0..1, clipped
    range,           ///< smallest to largest value to 0..1
    standard_score,  ///< mean 0 and standard deviation 1
    window,          ///< clipped to [low, high], then (value - mean) / deviation; for CT
  } kind = Kind::percentiles;
  /// What is measured and changed.
  enum class Region {
    patch,    ///< each window by itself, zeros outside the image included
    image,    ///< the whole image at its own spacing, before resampling
    nonzero,  ///< the same, but only voxels that are not zero or lie in holes of those
  } region = Region::patch;
  double low = 1, high = 99, mean = 0, deviation = 1;
};

struct Model {
  std::string name, modality, orientation, sha256, training;
  int dimensions = 2;
  int input_channels = 1;
  std::vector<std::string> labels;
  std::vector<double> spacing_mm;            ///< per axis, as Node's lists
  std::vector<std::int64_t> patch_size;      ///< per axis
  std::vector<std::size_t> axes{0, 1, 2};    ///< the image axis (0: k, 1: j, 2: i) behind each axis; slices first
  std::vector<int> mirror_axes;              ///< that averaging over views may mirror
  bool crop_to_nonzero = false;              ///< is the zero margin of the image cut off first?
  std::vector<Normalisation> normalisation;  ///< per channel
  std::vector<Node> graph;
};

/// Reads a model file and checks it: a truncated, altered, foreign or newer file throws core::Error (integrity), as
/// does a graph that makes no sense. Local.
Model load_model(const std::filesystem::path& path);

}  // namespace cardiotwin::segmentation
