#pragma once
/// From an image at the network's spacing to logits: sliding window, mirroring, ranks.
///
/// An image larger than the network's patch is covered by windows that overlap by at least half. Their logits, mean
/// over the mirrored views, are averaged with Gaussian weights, sigma = patch / 8 per axis (Isensee et al. 2021,
/// nnU-Net, doi:10.1038/s41592-020-01008-z). Rows of windows are done one after another along the first axis, and
/// slices are handed on as soon as no later window covers them: besides the image, memory holds the logits of one
/// patch's slices.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cardiotwin/core/mpi.hpp"
#include "model.hpp"
#include "network.hpp"
#include "preprocessing.hpp"

namespace cardiotwin::segmentation {

/// First voxels of the windows that cover `size` voxels of an axis: evenly spread, overlapping by half or more; one
/// that is centred on the image where that is smaller than the patch (then the number is negative). A patch of one
/// voxel (slices of two-dimensional networks) never overlaps.
std::vector<std::int64_t> patch_starts(std::int64_t size, std::int64_t patch);

class Predictor {
 public:
  /// `batch` windows are run at once. With `mirror`, every window is seen mirrored along every combination of the
  /// model's mirror axes.
  Predictor(const Model& model, std::int64_t batch, bool mirror, core::Comm comm);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  /// Collective: rank 0 does `work`, whose calls of logits() the other ranks take their part of. An error on any rank
  /// is thrown on all.
  void share(const std::function<void()>& work);

  /// Logits of slices [first, first + slices) of the image, as (slices x labels x j x i).
  using Take = std::function<void(std::int64_t first, std::int64_t slices, std::span<const float> logits)>;
  /// On rank 0, within share(). `image` is (channels x size) at the model's spacing, normalised unless that is done
  /// patch by patch; two-dimensional networks see one slice at a time. `progress` is told the fraction done.
  void logits(std::vector<float> image, const Size& size, const Take& take,
              const std::function<void(double)>& progress = {});

  const Size& patch() const { return patch_; }
  std::int64_t labels() const { return labels_; }

 private:
  struct Window;
  struct Sweep;
  void sweep(const std::vector<float>& image, const Size& size, const Take& take,
             const std::function<void(double)>& progress);
  void run(Sweep& sweep, std::vector<Window>& windows);
  std::vector<Window> windows_of_row(const Sweep& sweep, std::size_t row) const;

  core::Comm comm_;
  std::vector<Normalisation> normalisation_;  ///< per channel
  Size patch_{1, 1, 1};
  std::int64_t channels_, labels_, batch_;
  std::vector<std::array<bool, 3>> views_;     ///< mirrored axes
  std::array<std::vector<float>, 3> weights_;  ///< Gaussian per axis
  bool others_wait_ = false;                   ///< in share()
  std::unique_ptr<Network> network_;
};

}  // namespace cardiotwin::segmentation
