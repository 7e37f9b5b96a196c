#include "chamber_field.hpp"

#include <algorithm>
#include <functional>

#include "voxels.hpp"

namespace cardiotwin::meshing {

using artifacts::Geometry;

ChamberField::ChamberField(const Geometry& geometry, std::span<const std::uint8_t> regions,
                           std::vector<std::uint8_t> order, double smoothing_voxels)
    : geometry_(geometry), order_(std::move(order)) {
  std::vector<float> later(regions.size(), 0);
  decisions_.resize(order_.size());
  volume_mm3_.resize(order_.size());
  for (std::size_t k = order_.size(); k-- > 0;) {
    Mask mask(regions.size());
    std::ranges::transform(regions, mask.begin(), [&](std::uint8_t r) { return r == order_[k]; });
    volume_mm3_[k] = static_cast<double>(std::ranges::count(mask, 1)) * geometry_.voxel_volume();
    std::vector<float> field = smooth(geometry_, mask, smoothing_voxels);
    if (k + 1 < order_.size()) {
      decisions_[k].resize(field.size());
      std::ranges::transform(field, later, decisions_[k].begin(), std::minus<>());
    }
    std::ranges::transform(field, later, later.begin(), std::plus<>());
  }
  match_volumes(regions);
}

/// Samples every voxel at 2 x 2 x 2 points; those taken by a region are no longer there for the next. Far from the
/// surface the voxel speaks for all its samples.
void ChamberField::match_volumes(std::span<const std::uint8_t> regions) {
  constexpr float far = 0.9F;
  struct Sample {
    float value;
    std::int64_t voxel;
    std::uint8_t bit;
  };
  std::vector<std::uint8_t> taken(regions.size(), 0);  // bits of the samples
  for (std::size_t k = 0; k + 1 < order_.size(); ++k) {
    std::vector<float>& field = decisions_[k];
    std::int64_t wanted = 8 * std::ranges::count(regions, order_[k]);
    std::vector<Sample> near;
    for_each_voxel(geometry_, [&](const Voxel& v, std::int64_t n) {
      if (field[n] < -far) return;
      for (int s = 0; s < 8; ++s) {
        const auto bit = static_cast<std::uint8_t>(1 << s);
        if (taken[n] & bit) continue;
        if (field[n] > far) {
          --wanted, taken[n] |= bit;
          continue;
        }
        const Vec3 x{static_cast<double>(v[0]) + (s & 1 ? 0.25 : -0.25),
                     static_cast<double>(v[1]) + (s & 2 ? 0.25 : -0.25),
                     static_cast<double>(v[2]) + (s & 4 ? 0.25 : -0.25)};
        near.push_back({static_cast<float>(sample(geometry_, field, geometry_.to_world(x))), n, bit});
      }
    });
    // Half-way between the last sample inside and the first one outside.
    const auto more = [](const Sample& a, const Sample& b) { return a.value > b.value; };
    const auto outside = near.begin() + std::clamp<std::int64_t>(wanted, 1, std::ssize(near) - 1);
    std::nth_element(near.begin(), outside, near.end(), more);
    const float level = 0.5F * (outside->value + std::max_element(near.begin(), outside, more)->value);
    for (float& d : field) d -= level;
    for (const Sample& s : near)
      if (s.value > level) taken[static_cast<std::size_t>(s.voxel)] |= s.bit;
  }
}

int ChamberField::region(const Vec3& point) const {
  for (std::size_t k = 0; k + 1 < order_.size(); ++k)
    if (sample(geometry_, decisions_[k], point) > 0) return order_[k];
  return order_.back();
}

double ChamberField::level(int rank, const Vec3& point) const {
  return sample(geometry_, decisions_[static_cast<std::size_t>(rank)], point);
}

int ChamberField::rank_of(int region) const {
  return static_cast<int>(std::ranges::find(order_, static_cast<std::uint8_t>(region)) - order_.begin());
}

}  // namespace cardiotwin::meshing
