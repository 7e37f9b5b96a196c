#pragma once
/// Normalisation per channel, fused with the activation that follows it.
///
/// y = f(scale_c (x - mean) / sqrt(variance + epsilon) + shift_c),  f(v) = v for v > 0, slope_c v else
/// Mean and variance are taken over the pixels of one channel of one image (instance norm), over a group of channels of
/// one image (group norm), or come from training (batch norm).
/// Ulyanov et al. 2016 (arXiv:1607.08022), Wu and He 2018 (arXiv:1803.08494), Ioffe and Szegedy 2015
/// (arXiv:1502.03167).

#include <span>
#include <vector>

#include "channel_layout.hpp"

namespace cardiotwin::segmentation {

/// One value for each channel of each image.
struct ChannelMoments {
  std::vector<double> mean, variance;
};

/// Mean and variance over the pixels; the same bits for every number of threads.
ChannelMoments channel_moments(const ChannelLayout& layout, const float* values);

/// In place: the moments of all channels of a group become those of the group. `groups` divides the channels.
void merge_groups(ChannelMoments& moments, std::int64_t channels, std::int64_t groups);

/// In place: y = f(scale_c (x - mean) / sqrt(variance + epsilon) + shift_c). `slope` has one value for each channel, or
/// is empty where there is no activation.
void normalise_channels(const ChannelLayout& layout, float* values, const ChannelMoments& moments,
                        std::span<const float> scale, std::span<const float> shift, double epsilon,
                        std::span<const float> slope);

/// In place: f alone.
void activate_channels(const ChannelLayout& layout, float* values, std::span<const float> slope);

}  // namespace cardiotwin::segmentation
