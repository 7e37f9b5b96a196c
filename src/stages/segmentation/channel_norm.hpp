#pragma once
/// Normalisation per channel, fused with the activation that follows it.
///
/// y = f(scale_c (x - mean_c) / sqrt(variance_c + epsilon) + shift_c),  f(v) = v for v > 0, slope v else
/// Instance normalisation takes mean and variance from the image itself, batch normalisation from training.
/// Ulyanov et al. 2016 (arXiv:1607.08022), Ioffe and Szegedy 2015 (arXiv:1502.03167).

#include <cstdint>
#include <span>

namespace cardiotwin::segmentation {

/// How the channels of an activation lie in memory: in blocks of `block` that are contiguous for one pixel.
/// Planar (block 1), channels-last (block = channels) and oneDNN's blocked layouts are all of this form.
struct ChannelLayout {
  std::int64_t images = 1, channels = 0, pixels = 0;
  std::int64_t block = 1;         ///< channels that lie side by side
  std::int64_t image_stride = 0;  ///< between images [values]
  std::int64_t block_stride = 0;  ///< between blocks of channels
  std::int64_t pixel_stride = 0;  ///< between pixels
};

/// In place. `mean` and `variance` are empty for instance normalisation. Slope 1 means no activation.
void normalise_channels(const ChannelLayout& layout, float* values, std::span<const float> scale,
                        std::span<const float> shift, std::span<const float> mean, std::span<const float> variance,
                        float epsilon, float slope);

}  // namespace cardiotwin::segmentation
