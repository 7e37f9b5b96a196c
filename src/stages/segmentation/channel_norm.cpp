#include "channel_norm.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

// One object, three instruction sets: the loader picks the widest that the machine has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CARDIOTWIN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define CARDIOTWIN_CLONES
#endif

constexpr std::int64_t chunk = 256;  // pixels summed in float before they go to the double sum
constexpr std::int64_t segment =
    8192;                            // pixels worked on by one thread; fixed, so that sums are the same for any number
constexpr std::int64_t widest = 16;  // lanes worked on at once

/// Neighbouring channels of one image.
struct Lanes {
  std::int64_t image, channel, count;  ///< first channel
  std::int64_t offset;                 ///< of the first pixel [values]
};

/// All channels, in groups of at most `widest` that lie side by side.
std::vector<Lanes> lanes_of(const ChannelLayout& layout) {
  std::vector<Lanes> all;
  for (std::int64_t image = 0; image < layout.images; ++image)
    for (std::int64_t channel = 0; channel < layout.channels;) {
      const std::int64_t block = channel / layout.block, within = channel % layout.block;
      const std::int64_t n = std::min({widest, layout.block - within, layout.channels - channel});
      all.push_back({image, channel, n, image * layout.image_stride + block * layout.block_stride + within});
      channel += n;
    }
  return all;
}

/// Calls work(index of the lanes, lanes, first pixel, pixels) for every segment of pixels, in parallel.
template <class Work>
void for_each_segment(const ChannelLayout& layout, const std::vector<Lanes>& all, Work work) {
  const std::int64_t segments = (layout.pixels + segment - 1) / segment, n = std::ssize(all);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t l = 0; l < n; ++l)
    for (std::int64_t s = 0; s < segments; ++s)
      work(l, all[static_cast<std::size_t>(l)], s * segment, std::min(segment, layout.pixels - s * segment));
}

/// Sums of x - centre and its square over the pixels.
struct Sums {
  double first[widest] = {}, second[widest] = {};
};
template <class Count>
inline void add_pixels(const float* x, std::int64_t pixels, std::int64_t stride, Count lanes, const float* centre,
                       Sums& sums) {
  for (std::int64_t start = 0; start < pixels; start += chunk) {
    float first[widest] = {}, second[widest] = {};
    const std::int64_t end = std::min(pixels, start + chunk);
    for (std::int64_t p = start; p < end; ++p)
#pragma omp simd
      for (std::int64_t l = 0; l < lanes; ++l) {
        const float d = x[p * stride + l] - centre[l];
        first[l] += d;
        second[l] += d * d;
      }
    for (std::int64_t l = 0; l < lanes; ++l) {
      sums.first[l] += static_cast<double>(first[l]);
      sums.second[l] += static_cast<double>(second[l]);
    }
  }
}
template <class Count>
inline void map_pixels(float* x, std::int64_t pixels, std::int64_t stride, Count lanes, const float* factor,
                       const float* offset, const float* slope) {
  for (std::int64_t p = 0; p < pixels; ++p)
#pragma omp simd
    for (std::int64_t l = 0; l < lanes; ++l) {
      const float v = factor[l] * x[p * stride + l] + offset[l];
      x[p * stride + l] = v > 0 ? v : slope[l] * v;
    }
}

/// The widths of vector registers as constants, so that the inner loop becomes one instruction.
template <int n>
using Constant = std::integral_constant<std::int64_t, n>;
CARDIOTWIN_CLONES void add_lanes(const float* x, std::int64_t pixels, std::int64_t stride, std::int64_t lanes,
                                 const float* centre, Sums& sums) {
  if (lanes == 8) return add_pixels(x, pixels, stride, Constant<8>(), centre, sums);
  if (lanes == 16) return add_pixels(x, pixels, stride, Constant<16>(), centre, sums);
  add_pixels(x, pixels, stride, lanes, centre, sums);
}
CARDIOTWIN_CLONES void map_lanes(float* x, std::int64_t pixels, std::int64_t stride, std::int64_t lanes,
                                 const float* factor, const float* offset, const float* slope) {
  if (lanes == 8) return map_pixels(x, pixels, stride, Constant<8>(), factor, offset, slope);
  if (lanes == 16) return map_pixels(x, pixels, stride, Constant<16>(), factor, offset, slope);
  map_pixels(x, pixels, stride, lanes, factor, offset, slope);
}

/// A guess of the mean from a few pixels: sums of deviations from it keep their digits where the mean is large.
void guess_mean(const float* x, std::int64_t pixels, std::int64_t stride, std::int64_t lanes, float* centre) {
  constexpr std::int64_t samples = 32;
  const std::int64_t step = std::max<std::int64_t>(1, pixels / samples);
  double sums[widest] = {};
  double n = 0;
  for (std::int64_t p = 0; p < pixels; p += step, n += 1)
    for (std::int64_t l = 0; l < lanes; ++l) sums[l] += static_cast<double>(x[p * stride + l]);
  for (std::int64_t l = 0; l < lanes; ++l) centre[l] = static_cast<float>(sums[l] / n);
}

void map_channels(const ChannelLayout& layout, float* values, const std::vector<float>& factor,
                  const std::vector<float>& offset, std::span<const float> slope) {
  const std::vector<float> ones(slope.empty() ? static_cast<std::size_t>(layout.channels) : 0, 1.0F);
  const float* slopes = slope.empty() ? ones.data() : slope.data();
  for_each_segment(layout, lanes_of(layout), [&](std::int64_t, const Lanes& lanes, std::int64_t from, std::int64_t n) {
    const std::int64_t c = lanes.image * layout.channels + lanes.channel;
    map_lanes(values + lanes.offset + from * layout.pixel_stride, n, layout.pixel_stride, lanes.count,
              factor.data() + c, offset.data() + c, slopes + lanes.channel);
  });
}

}  // namespace

ChannelMoments channel_moments(const ChannelLayout& layout, const float* values) {
  const auto all = lanes_of(layout);
  const auto segments = static_cast<std::size_t>((layout.pixels + segment - 1) / segment);
  std::vector<Sums> parts(all.size() * segments);
  std::vector<float> centre(all.size() * widest);
  for_each_segment(layout, all, [&](std::int64_t l, const Lanes& lanes, std::int64_t from, std::int64_t n) {
    const float* x = values + lanes.offset;
    float own[widest];
    guess_mean(x, layout.pixels, layout.pixel_stride, lanes.count, own);
    if (from == 0) std::copy_n(own, lanes.count, centre.data() + l * widest);
    add_lanes(x + from * layout.pixel_stride, n, layout.pixel_stride, lanes.count, own,
              parts[static_cast<std::size_t>(l) * segments + static_cast<std::size_t>(from / segment)]);
  });
  ChannelMoments moments;
  const auto n = static_cast<double>(layout.pixels);
  for (std::size_t l = 0; l < all.size(); ++l)
    for (std::size_t c = 0; c < static_cast<std::size_t>(all[l].count); ++c) {
      double first = 0, second = 0;
      for (std::size_t s = 0; s < segments; ++s) {
        first += parts[l * segments + s].first[c];
        second += parts[l * segments + s].second[c];
      }
      moments.mean.push_back(static_cast<double>(centre[l * widest + c]) + first / n);
      moments.variance.push_back(std::max(0.0, second / n - first / n * (first / n)));
    }
  return moments;
}

void merge_groups(ChannelMoments& moments, std::int64_t channels, std::int64_t groups) {
  const auto members = static_cast<std::size_t>(channels / groups);
  for (std::size_t first = 0; first < moments.mean.size(); first += members) {
    const auto n = static_cast<double>(members);
    double mean = 0, variance = 0;
    for (std::size_t c = first; c < first + members; ++c) mean += moments.mean[c] / n;
    for (std::size_t c = first; c < first + members; ++c)
      variance += (moments.variance[c] + (moments.mean[c] - mean) * (moments.mean[c] - mean)) / n;
    std::fill_n(moments.mean.begin() + static_cast<std::ptrdiff_t>(first), members, mean);
    std::fill_n(moments.variance.begin() + static_cast<std::ptrdiff_t>(first), members, variance);
  }
}

void normalise_channels(const ChannelLayout& layout, float* values, const ChannelMoments& moments,
                        std::span<const float> scale, std::span<const float> shift, double epsilon,
                        std::span<const float> slope) {
  std::vector<float> factor, offset;
  const auto channels = static_cast<std::size_t>(layout.channels);
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    const double f = static_cast<double>(scale[c % channels]) / std::sqrt(moments.variance[c] + epsilon);
    factor.push_back(static_cast<float>(f));
    offset.push_back(static_cast<float>(static_cast<double>(shift[c % channels]) - moments.mean[c] * f));
  }
  map_channels(layout, values, factor, offset, slope);
}

void activate_channels(const ChannelLayout& layout, float* values, std::span<const float> slope) {
  const auto n = static_cast<std::size_t>(layout.images * layout.channels);
  map_channels(layout, values, std::vector<float>(n, 1.0F), std::vector<float>(n, 0.0F), slope);
}

}  // namespace cardiotwin::segmentation
