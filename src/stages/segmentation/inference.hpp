#pragma once
/// From an image at the network's spacing to label probabilities: normalisation, sliding window, flips.
///
/// An image larger than the patch is covered by patches that overlap by at least half; their probabilities are averaged
/// with Gaussian weights, sigma = patch / 8 per axis, centred in the patch (Isensee et al. 2021, nnU-Net,
/// doi:10.1038/s41592-020-01008-z).

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model.hpp"
#include "network.hpp"

namespace cardiotwin::segmentation {

/// Array size (k, j, i); k is 1 for two-dimensional images.
using Size = std::array<std::int64_t, 3>;
inline std::int64_t count(const Size& size) { return size[0] * size[1] * size[2]; }

/// In place: intensities of one patch to network input.
void normalise(const Normalisation& normalisation, std::span<float> patch);

/// First voxels of the patches that cover `size` voxels of an axis, evenly spread, overlapping by half or more.
std::vector<std::int64_t> patch_starts(std::int64_t size, std::int64_t patch);

class Predictor {
 public:
  /// `batch` patches are run at once. With `flips`, every patch is also seen mirrored along each in-plane axis.
  Predictor(const Model& model, std::int64_t batch, bool flips);

  /// Probabilities (images x labels x size) of `images` images of one size (images x size), at the model's spacing.
  std::vector<float> probabilities(std::span<const float> images, std::int64_t n, const Size& size);
  const Size& patch() const { return patch_; }
  std::int64_t labels() const { return labels_; }

 private:
  struct Tile;
  void run(std::vector<Tile>& tiles, std::vector<float>& sums);
  Normalisation normalisation_;
  Size patch_{1, 1, 1};
  std::int64_t labels_;
  bool flips_;
  std::vector<float> weights_;  ///< Gaussian, one per voxel of the patch
  Network network_;
};

}  // namespace cardiotwin::segmentation
