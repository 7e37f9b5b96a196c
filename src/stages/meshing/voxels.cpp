#include "voxels.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::meshing {

using artifacts::Geometry;

namespace {

/// Normalised Gaussian along one axis, the border value carried on outwards.
void blur_axis(const Geometry& g, std::vector<float>& field, int axis, double sigma) {
  const int reach = static_cast<int>(std::ceil(4 * sigma));
  std::vector<double> kernel(2 * reach + 1);
  double sum = 0;
  for (int o = -reach; o <= reach; ++o) sum += kernel[o + reach] = std::exp(-0.5 * o * o / (sigma * sigma));
  for (double& w : kernel) w /= sum;

  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? g.size[0] : g.size[0] * g.size[1];
  const std::int64_t length = g.size[axis];
  std::vector<double> line(length + 2 * reach);
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (v[axis] != 0) return;
    for (std::int64_t i = 0; i < length + 2 * reach; ++i)
      line[i] = field[n + stride * std::clamp<std::int64_t>(i - reach, 0, length - 1)];
    for (std::int64_t i = 0; i < length; ++i) {
      double value = 0;
      for (int o = 0; o <= 2 * reach; ++o) value += kernel[o] * line[i + o];
      field[n + stride * i] = static_cast<float>(value);
    }
  });
}

}  // namespace

Vec3 centre_of(const Geometry& g, const Voxel& v) {
  return g.to_world({static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])});
}

bool inside(const Geometry& g, const Voxel& v) {
  return v[0] >= 0 && v[1] >= 0 && v[2] >= 0 && v[0] < g.size[0] && v[1] < g.size[1] && v[2] < g.size[2];
}

Components components(const Geometry& g, const Mask& mask, std::uint8_t value) {
  Components result;
  result.of.assign(mask.size(), -1);
  std::vector<Voxel> front;
  for_each_voxel(g, [&](const Voxel& seed, std::int64_t n) {
    if (mask[n] != value || result.of[n] >= 0) return;
    const auto number = static_cast<std::int32_t>(result.size.size());
    result.size.push_back(0);
    result.at_border.push_back(false);
    result.of[n] = number;
    front.assign(1, seed);
    while (!front.empty()) {
      const Voxel v = front.back();
      front.pop_back();
      ++result.size[number];
      for (int side = 0; side < 6; ++side) {
        Voxel w = v;
        w[side / 2] += side % 2 ? 1 : -1;
        if (!inside(g, w)) {
          result.at_border[number] = true;
          continue;
        }
        const std::int64_t m = g.index(w[0], w[1], w[2]);
        if (mask[m] != value || result.of[m] >= 0) continue;
        result.of[m] = number;
        front.push_back(w);
      }
    }
  });
  return result;
}

std::int64_t tidy(const Geometry& g, Mask& mask) {
  std::int64_t changed = 0;
  const Components islands = components(g, mask, 1);
  if (islands.size.empty()) return 0;
  const int keep = islands.largest();
  for (std::size_t n = 0; n < mask.size(); ++n)
    if (mask[n] && islands.of[n] != keep) mask[n] = 0, ++changed;
  const Components holes = components(g, mask, 0);
  for (std::size_t n = 0; n < mask.size(); ++n)
    if (!mask[n] && !holes.at_border[holes.of[n]]) mask[n] = 1, ++changed;
  return changed;
}

std::vector<Voxel> ball(double radius) {
  std::vector<Voxel> result;
  const int reach = static_cast<int>(radius);
  for (int k = -reach; k <= reach; ++k)
    for (int j = -reach; j <= reach; ++j)
      for (int i = -reach; i <= reach; ++i)
        if (i * i + j * j + k * k <= radius * radius) result.push_back({i, j, k});
  return result;
}

std::vector<float> smooth(const Geometry& g, const Mask& mask, double sigma) {
  std::vector<float> narrow(mask.begin(), mask.end()), wide = narrow;
  for (int axis = 0; axis < 3; ++axis) {
    blur_axis(g, narrow, axis, sigma);
    blur_axis(g, wide, axis, 2 * sigma);
  }
  for (std::size_t n = 0; n < narrow.size(); ++n) narrow[n] = 2 * narrow[n] - wide[n];
  return narrow;
}

double sample(const Geometry& g, std::span<const float> field, const Vec3& point) {
  const Vec3 at = g.to_index(point);
  std::int64_t corner = 0, stride = 1;
  double fraction[3];
  std::int64_t step[3];
  for (int a = 0; a < 3; ++a) {
    const double clamped = std::clamp(at[a], 0.0, g.size[a] - 1.000001);
    const auto cell = static_cast<std::int64_t>(clamped);
    fraction[a] = clamped - static_cast<double>(cell);
    step[a] = stride;
    corner += cell * stride;
    stride *= g.size[a];
  }
  const float* f = field.data() + corner;
  auto along_x = [&](std::int64_t o) { return f[o] + fraction[0] * (static_cast<double>(f[o + step[0]]) - f[o]); };
  auto along_y = [&](std::int64_t o) {
    const double low = along_x(o);
    return low + fraction[1] * (along_x(o + step[1]) - low);
  };
  const double low = along_y(0);
  return low + fraction[2] * (along_y(step[2]) - low);
}

}  // namespace cardiotwin::meshing
