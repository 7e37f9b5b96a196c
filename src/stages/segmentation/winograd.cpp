#include "winograd.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <new>

namespace cardiotwin::segmentation {
namespace {

constexpr std::int64_t lanes = 8;    // channels in a block
constexpr std::int64_t points = 16;  // of a transformed tile
constexpr std::int64_t tiles_at_once =
    48;  // divisible by the 6 and 12 of the products; sized for the second-level cache

}  // namespace

/// Some tiles of one image, through some slices.
struct WinogradConvolution::Task {
  ChannelLayout in, out;
  const float* from;  ///< of the image
  float* to;          ///< of the image
  Extent size;
  std::int64_t columns;     ///< tiles in a row
  std::int64_t first, end;  ///< tiles
};

bool WinogradConvolution::suits(const Extent& size) {
  constexpr std::int64_t fewest_tiles = 16;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         (size[1] + 1) / 2 * ((size[2] + 1) / 2) >= fewest_tiles;
}

void WinogradConvolution::Free::operator()(float* p) const { ::operator delete (p, std::align_val_t{64}); }
WinogradConvolution::Buffer WinogradConvolution::buffer(std::int64_t values) {
  const auto n = static_cast<std::size_t>(values);
  Buffer made(static_cast<float*>(::operator new (n * sizeof(float), std::align_val_t{64})));
  std::fill_n(made.get(), n, 0.0F);
  return made;
}

WinogradConvolution::WinogradConvolution(std::span<const float> weight, std::span<const float> bias,
                                         std::int64_t inputs, std::int64_t outputs, std::int64_t slices,
                                         std::optional<float> slope)
    : inputs_((inputs + lanes - 1) / lanes),
      outputs_((outputs + lanes - 1) / lanes),
      slices_(slices),
      slope_(slope.value_or(1.0F)),
      kernel_(buffer(points * slices_ * inputs_ * outputs_ * lanes * lanes)),
      bias_(buffer(outputs_ * lanes)) {
  std::copy(bias.begin(), bias.end(), bias_.get());
  constexpr double g[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const std::int64_t rows = slices * inputs_ * lanes;
  for (std::int64_t o = 0; o < outputs; ++o) {
    const std::int64_t pair = o / (2 * lanes);
    const std::int64_t width = 2 * pair + 1 < outputs_ ? 2 * lanes : lanes;
    for (std::int64_t c = 0; c < inputs; ++c)
      for (std::int64_t s = 0; s < slices; ++s) {
        const float* w = weight.data() + ((o * inputs + c) * slices + s) * 9;
        for (std::int64_t p = 0; p < points; ++p) {
          double sum = 0;
          for (std::int64_t a = 0; a < 9; ++a) sum += g[p / 4][a / 3] * static_cast<double>(w[a]) * g[p % 4][a % 3];
          kernel_[static_cast<std::size_t>(p * rows * outputs_ * lanes + pair * 2 * lanes * rows +
                                           (s * inputs_ * lanes + c) * width + o % (2 * lanes))] =
              static_cast<float>(sum);
        }
      }
  }
}

#pragma GCC push_options
#pragma GCC target("avx2,fma")

/// points (16, input blocks, tiles, 8) of one slice: B^T d B.
void WinogradConvolution::transform_input(const Task& task, std::int64_t slice, float* into) const {
  const std::int64_t point = inputs_ * tiles_at_once * lanes, rows = task.size[1], columns = task.size[2];
  if (slice < 0 || slice >= task.size[0]) {
    std::fill_n(into, points * point, 0.0F);
    return;
  }
  for (std::int64_t b = 0; b < inputs_; ++b)
    for (std::int64_t t = task.first; t < task.end; ++t) {
      const std::int64_t j0 = t / task.columns * 2 - 1, i0 = t % task.columns * 2 - 1;
      const float* plane = task.from + b * task.in.block_stride + slice * rows * columns * lanes;
      __m256 half[4][4];  // B^T d
      for (int i = 0; i < 4; ++i) {
        __m256 d[4];
        for (int j = 0; j < 4; ++j) {
          const bool inside = j0 + j >= 0 && j0 + j < rows && i0 + i >= 0 && i0 + i < columns;
          d[j] = inside ? _mm256_load_ps(plane + ((j0 + j) * columns + i0 + i) * lanes) : _mm256_setzero_ps();
        }
        half[0][i] = d[0] - d[2];
        half[1][i] = d[1] + d[2];
        half[2][i] = d[2] - d[1];
        half[3][i] = d[1] - d[3];
      }
      float* target = into + (b * tiles_at_once + t - task.first) * lanes;
      for (int j = 0; j < 4; ++j) {
        _mm256_store_ps(target + (j * 4 + 0) * point, half[j][0] - half[j][2]);
        _mm256_store_ps(target + (j * 4 + 1) * point, half[j][1] + half[j][2]);
        _mm256_store_ps(target + (j * 4 + 2) * point, half[j][2] - half[j][1]);
        _mm256_store_ps(target + (j * 4 + 3) * point, half[j][1] - half[j][3]);
      }
    }
}

namespace {

/// products[tile][0 .. 8 vectors) = sum over slices and channels of points[tile][c] * u[c][0 .. 8 vectors)
template <int tiles, int vectors>
inline void multiply_block(const float* const* slice_points, std::int64_t slices, std::int64_t blocks, const float* u,
                           float* products, std::int64_t stride) {
  __m256 sum[tiles][vectors];
#pragma GCC unroll 12
  for (int t = 0; t < tiles; ++t)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) sum[t][v] = _mm256_setzero_ps();
  for (std::int64_t s = 0; s < slices; ++s)
    for (std::int64_t b = 0; b < blocks; ++b) {
      const float* x = slice_points[s] + b * tiles_at_once * lanes;
      for (int c = 0; c < lanes; ++c, u += vectors * lanes) {
        __m256 w[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) w[v] = _mm256_load_ps(u + v * lanes);
#pragma GCC unroll 12
        for (int t = 0; t < tiles; ++t) {
          const __m256 value = _mm256_broadcast_ss(x + t * lanes + c);
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) sum[t][v] = _mm256_fmadd_ps(value, w[v], sum[t][v]);
        }
      }
    }
#pragma GCC unroll 12
  for (int t = 0; t < tiles; ++t)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) _mm256_store_ps(products + t * stride + v * lanes, sum[t][v]);
}

}  // namespace

/// products (16, tiles, output channels).
void WinogradConvolution::multiply(std::int64_t count, const float* const* slice_points, float* products) const {
  const std::int64_t point = inputs_ * tiles_at_once * lanes, rows = slices_ * inputs_ * lanes,
                     width = outputs_ * lanes;
  for (std::int64_t p = 0; p < points; ++p)
    for (std::int64_t o = 0; o < outputs_; o += 2) {
      const float* u = kernel_.get() + p * rows * width + o * lanes * rows;
      const int tiles = o + 1 < outputs_ ? 6 : 12;
      for (std::int64_t t = 0; t < count; t += tiles) {  // at most the buffers' end
        const float* x[3] = {};
        for (std::int64_t s = 0; s < slices_; ++s) x[s] = slice_points[s] + p * point + t * lanes;
        float* target = products + (p * tiles_at_once + t) * width + o * lanes;
        if (tiles == 6)
          multiply_block<6, 2>(x, slices_, inputs_, u, target, width);
        else
          multiply_block<12, 1>(x, slices_, inputs_, u, target, width);
      }
    }
}

/// A^T M A, bias and activation, into the image.
void WinogradConvolution::transform_output(const Task& task, std::int64_t slice, const float* products) const {
  const std::int64_t width = outputs_ * lanes, point = tiles_at_once * width, rows = task.size[1],
                     columns = task.size[2];
  const __m256 slope = _mm256_set1_ps(slope_), zero = _mm256_setzero_ps();
  for (std::int64_t o = 0; o < outputs_; ++o) {
    const __m256 bias = _mm256_load_ps(bias_.get() + o * lanes);
    float* plane = task.to + o * task.out.block_stride + slice * rows * columns * lanes;
    for (std::int64_t t = task.first; t < task.end; ++t) {
      const float* m = products + (t - task.first) * width + o * lanes;
      __m256 half[2][4];  // A^T M
      for (int i = 0; i < 4; ++i) {
        const __m256 m0 = _mm256_load_ps(m + i * point), m1 = _mm256_load_ps(m + (4 + i) * point),
                     m2 = _mm256_load_ps(m + (8 + i) * point), m3 = _mm256_load_ps(m + (12 + i) * point);
        half[0][i] = m0 + m1 + m2;
        half[1][i] = m1 - m2 - m3;
      }
      const std::int64_t j0 = t / task.columns * 2, i0 = t % task.columns * 2;
      for (int j = 0; j < 2 && j0 + j < rows; ++j) {
        const __m256 y[2] = {half[j][0] + half[j][1] + half[j][2] + bias, half[j][1] - half[j][2] - half[j][3] + bias};
        for (int i = 0; i < 2 && i0 + i < columns; ++i)
          _mm256_store_ps(plane + ((j0 + j) * columns + i0 + i) * lanes,
                          _mm256_blendv_ps(slope * y[i], y[i], _mm256_cmp_ps(y[i], zero, _CMP_GT_OQ)));
      }
    }
  }
}

#pragma GCC pop_options

void WinogradConvolution::run(const ChannelLayout& in, const float* from, const ChannelLayout& out, float* to,
                              const Extent& size) const {
  const std::int64_t columns = (size[2] + 1) / 2, tiles = (size[1] + 1) / 2 * columns, reach = slices_ / 2;
  const std::int64_t groups = (tiles + tiles_at_once - 1) / tiles_at_once;
  // A stretch of slices is one task; its ends cost the transforms of their neighbours again.
  const std::int64_t stretch = std::min<std::int64_t>(size[0], 16), stretches = (size[0] + stretch - 1) / stretch;
  const std::int64_t slice_points = points * inputs_ * tiles_at_once * lanes;
#pragma omp parallel
  {
    const Buffer transformed = buffer(slices_ * slice_points),
                 products = buffer(points * tiles_at_once * outputs_ * lanes);
#pragma omp for collapse(3) schedule(dynamic)
    for (std::int64_t image = 0; image < in.images; ++image)
      for (std::int64_t part = 0; part < stretches; ++part)
        for (std::int64_t g = 0; g < groups; ++g) {
          const Task task{in,
                          out,
                          from + image * in.image_stride,
                          to + image * out.image_stride,
                          size,
                          columns,
                          g * tiles_at_once,
                          std::min(tiles, (g + 1) * tiles_at_once)};
          const auto ring = [&](std::int64_t slice) {
            return transformed.get() + (slice + slices_) % slices_ * slice_points;
          };
          const std::int64_t first = part * stretch, end = std::min(size[0], first + stretch);
          for (std::int64_t k = first - reach; k < first + reach; ++k) transform_input(task, k, ring(k));
          for (std::int64_t k = first; k < end; ++k) {
            transform_input(task, k + reach, ring(k + reach));
            const float* around[3] = {};
            for (std::int64_t s = 0; s < slices_; ++s) around[s] = ring(k - reach + s);
            multiply(task.end - task.first, around, products.get());
            transform_output(task, k, products.get());
          }
        }
  }
}

}  // namespace cardiotwin::segmentation
