#pragma once
/// Activations moved about within the layout that the convolutions use.

#include <array>

#include "channel_layout.hpp"

namespace cardiotwin::segmentation {

/// Spatial size or factors (k, j, i); k is 1 for two-dimensional activations.
using Extent = std::array<std::int64_t, 3>;

/// Puts `factor` coarse activations into one that is finer by `factor`: coarse pixel p with block group t goes to pixel
/// p factor + t. The groups lie one after another along the channels of `coarse`, each of `coarse.blocks() / product of
/// factors` blocks, of which the first `fine.blocks()` are used. Both layouts have the same block.
void interleave(const ChannelLayout& coarse, const float* from, const Extent& coarse_size, const Extent& factor,
                const ChannelLayout& fine, float* to);

/// Copies to a larger size; pixels beyond the old one repeat the last one before them. Both layouts have the same
/// block.
void pad_by_repeating(const ChannelLayout& old_layout, const float* from, const Extent& old_size,
                      const ChannelLayout& new_layout, float* to, const Extent& new_size);

}  // namespace cardiotwin::segmentation
