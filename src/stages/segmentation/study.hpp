#pragma once
/// The network on a whole study: resampling to its spacing, finding the heart, predicting every slice of every phase,
/// and bringing the probabilities back to the image's grid.

#include <functional>

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/mpi.hpp"
#include "model.hpp"

namespace cardiotwin::segmentation {

struct PredictionOptions {
  bool flips = false;      ///< average over mirrored patches
  std::int64_t batch = 8;  ///< patches run at once (two-dimensional networks)
};

/// Collective: ranks share the windows. Labels and confidence on the image's own grid, before any clean-up; ED and ES
/// are left open. `image` and the result are rank 0's. `progress` is told the fraction done, there. Throws core::Error
/// (input) where network and image do not fit together.
artifacts::Labels predict_study(const core::Comm& comm, const artifacts::Image& image, const Model& model,
                                const PredictionOptions& options, const std::function<void(double)>& progress);

/// Throws core::Error (input) unless the network is made for this image: modality, one channel, labels, orientation of
/// the slices, spacing.
void check_fit(const artifacts::Image& image, const Model& model);

}  // namespace cardiotwin::segmentation
