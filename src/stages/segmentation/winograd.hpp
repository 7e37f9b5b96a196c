#pragma once
/// Convolution with a kernel of 3 x 3 or 3 x 3 x 3 (or 1 x 3 x 3), stride 1, zeros outside, by minimal filtering.
///
/// In the two inner axes, tiles of 2 x 2 results come from 4 x 4 inputs d by Y = A^T [sum over channels U * (B^T d B)]
/// A, U = G g G^T of the kernel g: 16 products for 4 results instead of 36 (Winograd 1980; Lavin and Gray 2016,
/// doi:10.1109/CVPR.2016.435). The products are matrix products, one for each of the 16 points, over channels and the
/// kernel's slices. For processors with AVX2, on activations in blocks of 8 channels.

#include <memory>
#include <optional>
#include <span>

#include "rearrange.hpp"

namespace cardiotwin::segmentation {

class WinogradConvolution {
 public:
  /// Does this processor have what it takes, and does the plane have enough tiles that the transformed kernel, which is
  /// read for each slice, is worth its size?
  static bool suits(const Extent& size);

  /// `weight` is (outputs, inputs, slices, 3, 3); `slices` is 1 or 3. `slope` of the activation behind it, if any.
  WinogradConvolution(std::span<const float> weight, std::span<const float> bias, std::int64_t inputs,
                      std::int64_t outputs, std::int64_t slices, std::optional<float> slope);

  /// Both layouts have blocks of 8 channels and the same pixels; channels that only fill a block are zero.
  void run(const ChannelLayout& in, const float* from, const ChannelLayout& out, float* to, const Extent& size) const;

 private:
  struct Task;
  void transform_input(const Task& task, std::int64_t slice, float* points) const;
  void multiply(std::int64_t tiles, const float* const* points, float* products) const;
  void transform_output(const Task& task, std::int64_t slice, const float* products) const;

  std::int64_t inputs_, outputs_, slices_;  ///< blocks of 8 channels, and slices of the kernel
  float slope_;
  struct Free {
    void operator()(float* p) const;
  };
  using Buffer = std::unique_ptr<float[], Free>;
  static Buffer buffer(std::int64_t values);
  Buffer
      kernel_;  ///< U: for each point and pair of output blocks (slices, input channels, 16), a last single block by 8
  Buffer bias_;
};

}  // namespace cardiotwin::segmentation
