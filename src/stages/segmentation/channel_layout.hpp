#pragma once
/// How the channels of an activation lie in memory.

#include <cstdint>

namespace cardiotwin::segmentation {

/// Channels lie in blocks of `block` that are contiguous for one pixel. Planar (block 1), channels-last (block =
/// channels) and oneDNN's blocked layouts are all of this form.
struct ChannelLayout {
  std::int64_t images = 1, channels = 0, pixels = 0;
  std::int64_t block = 1;         ///< channels that lie side by side
  std::int64_t image_stride = 0;  ///< between images [values]
  std::int64_t block_stride = 0;  ///< between blocks of channels
  std::int64_t pixel_stride = 0;  ///< between pixels

  std::int64_t blocks() const { return (channels + block - 1) / block; }
};

}  // namespace cardiotwin::segmentation
