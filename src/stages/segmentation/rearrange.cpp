#include "rearrange.hpp"

#include <algorithm>

namespace cardiotwin::segmentation {
namespace {

/// n values of one block, with the usual sizes as constants.
inline void copy_block(const float* from, float* to, std::int64_t n) {
  if (n == 8) {
    std::copy_n(from, 8, to);
  } else if (n == 16) {
    std::copy_n(from, 16, to);
  } else {
    std::copy_n(from, n, to);
  }
}

}  // namespace

void interleave(const ChannelLayout& coarse, const float* from, const Extent& coarse_size, const Extent& factor,
                const ChannelLayout& fine, float* to) {
  const std::int64_t block = fine.block, taps = factor[0] * factor[1] * factor[2];
  const std::int64_t blocks_of_tap = coarse.blocks() / taps;
  const Extent size{coarse_size[0] * factor[0], coarse_size[1] * factor[1], coarse_size[2] * factor[2]};
#pragma omp parallel for collapse(3) schedule(static)
  for (std::int64_t image = 0; image < fine.images; ++image)
    for (std::int64_t b = 0; b < fine.blocks(); ++b)
      for (std::int64_t k = 0; k < size[0]; ++k)
        for (std::int64_t j = 0; j < size[1]; ++j) {
          const std::int64_t row_tap = (k % factor[0] * factor[1] + j % factor[1]) * factor[2];
          const std::int64_t row_pixel = (k / factor[0] * coarse_size[1] + j / factor[1]) * coarse_size[2];
          float* target = to + image * fine.image_stride + b * fine.block_stride + (k * size[1] + j) * size[2] * block;
          for (std::int64_t t = 0; t < factor[2]; ++t) {
            const float* source = from + image * coarse.image_stride +
                                  ((row_tap + t) * blocks_of_tap + b) * coarse.block_stride + row_pixel * block;
            for (std::int64_t i = 0; i < coarse_size[2]; ++i)
              copy_block(source + i * block, target + (i * factor[2] + t) * block, block);
          }
        }
}

void pad_by_repeating(const ChannelLayout& old_layout, const float* from, const Extent& old_size,
                      const ChannelLayout& new_layout, float* to, const Extent& new_size) {
#pragma omp parallel for collapse(3) schedule(static)
  for (std::int64_t image = 0; image < new_layout.images; ++image)
    for (std::int64_t b = 0; b < new_layout.blocks(); ++b)
      for (std::int64_t k = 0; k < new_size[0]; ++k)
        for (std::int64_t j = 0; j < new_size[1]; ++j) {
          const std::int64_t old_row =
              (std::min(k, old_size[0] - 1) * old_size[1] + std::min(j, old_size[1] - 1)) * old_size[2];
          const float* source = from + image * old_layout.image_stride + b * old_layout.block_stride;
          float* target = to + image * new_layout.image_stride + b * new_layout.block_stride +
                          (k * new_size[1] + j) * new_size[2] * new_layout.pixel_stride;
          for (std::int64_t i = 0; i < new_size[2]; ++i)
            copy_block(source + (old_row + std::min(i, old_size[2] - 1)) * old_layout.pixel_stride,
                       target + i * new_layout.pixel_stride, new_layout.block);
        }
}

}  // namespace cardiotwin::segmentation
