#include "channel_norm.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cardiotwin::segmentation {
namespace {

constexpr std::int64_t chunk = 256;  // pixels summed in float before they go to the double sum
constexpr std::int64_t widest = 16;  // lanes worked on at once

/// Sum over the pixels of (x - centre)^power for `lanes` neighbouring channels; power 1 or 2.
template <int power>
void sum_lanes(const float* first, std::int64_t pixels, std::int64_t stride, std::int64_t lanes, const float* centre,
               double* sums) {
  for (std::int64_t start = 0; start < pixels; start += chunk) {
    float part[widest] = {};
    const std::int64_t end = std::min(pixels, start + chunk);
    for (std::int64_t p = start; p < end; ++p) {
      const float* x = first + p * stride;
#pragma omp simd
      for (std::int64_t l = 0; l < lanes; ++l) {
        const float d = x[l] - centre[l];
        part[l] += power == 1 ? d : d * d;
      }
    }
    for (std::int64_t l = 0; l < lanes; ++l) sums[l] += part[l];
  }
}

/// Mean and variance of `lanes` neighbouring channels of one image.
struct Moments {
  float mean[widest], variance[widest];
};
Moments moments_of(const float* first, std::int64_t pixels, std::int64_t stride, std::int64_t lanes) {
  Moments m{};
  double sums[widest] = {};
  // Shifting by the first pixel keeps the float sums small where the mean is large.
  float centre[widest];
  std::copy_n(first, lanes, centre);
  sum_lanes<1>(first, pixels, stride, lanes, centre, sums);
  for (std::int64_t l = 0; l < lanes; ++l)
    m.mean[l] = static_cast<float>(centre[l] + sums[l] / static_cast<double>(pixels));
  std::fill_n(sums, lanes, 0.0);
  sum_lanes<2>(first, pixels, stride, lanes, m.mean, sums);
  for (std::int64_t l = 0; l < lanes; ++l) m.variance[l] = static_cast<float>(sums[l] / static_cast<double>(pixels));
  return m;
}

void apply(float* first, std::int64_t pixels, std::int64_t stride, std::int64_t lanes, const float* factor,
           const float* offset, float slope) {
  for (std::int64_t p = 0; p < pixels; ++p) {
    float* x = first + p * stride;
#pragma omp simd
    for (std::int64_t l = 0; l < lanes; ++l) {
      const float v = factor[l] * x[l] + offset[l];
      x[l] = v > 0 ? v : slope * v;
    }
  }
}

}  // namespace

void normalise_channels(const ChannelLayout& layout, float* values, std::span<const float> scale,
                        std::span<const float> shift, std::span<const float> mean, std::span<const float> variance,
                        float epsilon, float slope) {
  // Groups of channels that lie side by side, at most `widest` of them.
  const std::int64_t per_block = (layout.block + widest - 1) / widest;
  const std::int64_t blocks = (layout.channels + layout.block - 1) / layout.block;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t image = 0; image < layout.images; ++image)
    for (std::int64_t group = 0; group < blocks * per_block; ++group) {
      const std::int64_t in_block = group % per_block * widest, channel = group / per_block * layout.block + in_block;
      const std::int64_t lanes = std::min({widest, layout.block - in_block, layout.channels - channel});
      if (lanes <= 0) continue;
      float* first = values + image * layout.image_stride + group / per_block * layout.block_stride + in_block;
      Moments m{};
      if (mean.empty()) {
        m = moments_of(first, layout.pixels, layout.pixel_stride, lanes);
      } else {
        std::copy_n(mean.data() + channel, lanes, m.mean);
        std::copy_n(variance.data() + channel, lanes, m.variance);
      }
      float factor[widest], offset[widest];
      for (std::int64_t l = 0; l < lanes; ++l) {
        factor[l] = scale[static_cast<std::size_t>(channel + l)] / std::sqrt(m.variance[l] + epsilon);
        offset[l] = shift[static_cast<std::size_t>(channel + l)] - m.mean[l] * factor[l];
      }
      apply(first, layout.pixels, layout.pixel_stride, lanes, factor, offset, slope);
    }
}

}  // namespace cardiotwin::segmentation
