#pragma once
/// From a volume of many labels to smooth surfaces: sequential decisions on smoothed masks.
///
/// Regions have an order r_0, r_1, ... r_n with r_0 the outside. F_k is the mask of region k smoothed with
/// 2 G(s) - G(2s); together they sum to one. A point belongs to the first k with
///
///   D_k = F_k - (F_(k+1) + ... + F_n) - c_k > 0,
///
/// else to the last. So the surface of an earlier region runs on smoothly where two later ones meet on it, and three
/// regions leave no notch. The level c_k is the order statistic at which region k has the volume of its voxels.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::meshing {

class ChamberField {
 public:
  /// `regions`: one per voxel of an isotropic grid, each a member of `order`, whose first is the outside.
  ChamberField(const artifacts::Geometry& geometry, std::span<const std::uint8_t> regions,
               std::vector<std::uint8_t> order, double smoothing_voxels);

  int region(const Vec3& point) const;
  /// D of the region of this rank: positive inside, where no earlier region is. The last rank has none.
  double level(int rank, const Vec3& point) const;
  int ranks() const { return static_cast<int>(order_.size()); }
  int rank_of(int region) const;
  int region_of(int rank) const { return order_[static_cast<std::size_t>(rank)]; }
  /// Of its voxels [mm^3].
  double volume_mm3(int rank) const { return volume_mm3_[static_cast<std::size_t>(rank)]; }
  const artifacts::Geometry& geometry() const { return geometry_; }
  double voxel_mm() const { return geometry_.spacing[0]; }
  /// D of a rank at every voxel.
  std::span<const float> samples(int rank) const { return decisions_[static_cast<std::size_t>(rank)]; }

 private:
  void match_volumes(std::span<const std::uint8_t> regions);

  artifacts::Geometry geometry_;
  std::vector<std::uint8_t> order_;
  std::vector<std::vector<float>> decisions_;  ///< D_k per voxel, levels taken off
  std::vector<double> volume_mm3_;
};

}  // namespace cardiotwin::meshing
