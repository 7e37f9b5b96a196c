#pragma once
/// Intensities to network input.

#include <span>

#include "model.hpp"
#include "rearrange.hpp"

namespace cardiotwin::segmentation {

/// Array size (k, j, i).
using Size = Extent;
inline std::int64_t count(const Size& size) { return size[0] * size[1] * size[2]; }

/// In place. Where `mask` is not empty, only voxels in it are measured and changed; the others become 0.
void normalise(const Normalisation& normalisation, std::span<float> values, std::span<const std::uint8_t> mask = {});

/// Voxels that are not zero, and zeros that those enclose (no path through faces to the border).
std::vector<std::uint8_t> nonzero_region(std::span<const float> values, const Size& size);

}  // namespace cardiotwin::segmentation
