#pragma once
/// Masks and fields on a voxel grid: components, smoothing, interpolation.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::meshing {

using Mask = std::vector<std::uint8_t>;  ///< 0 or 1 per voxel
using Voxel = std::array<std::int64_t, 3>;

/// f(voxel, index) in the order of memory.
template <class F>
void for_each_voxel(const artifacts::Geometry& g, const F& f) {
  std::int64_t n = 0;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++n) f(Voxel{i, j, k}, n);
}

Vec3 centre_of(const artifacts::Geometry& grid, const Voxel& voxel);
bool inside(const artifacts::Geometry& grid, const Voxel& voxel);

/// Face-connected components of the voxels where mask == value: component number per voxel (-1 elsewhere), sizes, and
/// whether each touches the border of the grid.
struct Components {
  std::vector<std::int32_t> of;
  std::vector<std::int64_t> size;
  std::vector<bool> at_border;
  int largest() const { return static_cast<int>(std::max_element(size.begin(), size.end()) - size.begin()); }
};
Components components(const artifacts::Geometry& grid, const Mask& mask, std::uint8_t value);

/// Keeps the largest component and fills the holes that no path leads out of. Returns the number of voxels changed.
std::int64_t tidy(const artifacts::Geometry& grid, Mask& mask);

/// Every offset within `radius` voxels.
std::vector<Voxel> ball(double radius);

/// 2 G(s) - G(2s) of a mask, G a Gaussian of s voxels, the border's value carried on outwards.
std::vector<float> smooth(const artifacts::Geometry& grid, const Mask& mask, double sigma);

/// Trilinear interpolation, the border's value carried on outwards.
double sample(const artifacts::Geometry& grid, std::span<const float> field, const Vec3& point);

}  // namespace cardiotwin::meshing
