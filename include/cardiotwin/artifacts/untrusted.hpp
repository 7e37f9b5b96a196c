#pragma once
/// Checks of what comes from a source that is not trusted.

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::artifacts {

/// Are there `values` for exactly the voxels of `volumes` volumes, at least one of each, on a grid of finite numbers?
bool is_filled(const Geometry& geometry, std::int64_t volumes, std::size_t values);

}  // namespace cardiotwin::artifacts
