#pragma once
/// A model made ready to run on oneDNN for one input size: layouts chosen by the library, weights reordered once,
/// primitives created once, buffers shared between values that are never alive together.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model.hpp"

namespace cardiotwin::segmentation {

class Network {
 public:
  /// `images` are run at once; `size` is the spatial size, (j, i) or (k, j, i). Throws core::Error (integrity) where
  /// the graph's sizes do not fit together.
  Network(const Model& model, std::int64_t images, const std::vector<std::int64_t>& size);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// (images x channels x size), to be filled before run().
  std::span<float> input();
  /// Logits (images x labels x size), valid until the next run.
  std::span<const float> run();
  std::int64_t images() const;

 private:
  class Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace cardiotwin::segmentation
