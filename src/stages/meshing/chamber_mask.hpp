#pragma once
/// The labels of a whole heart made fit to be meshed: one region a voxel, no islands, no cracks between chambers,
/// muscle around both ventricles wherever they do not open into an atrium or a vessel.

#include <cstdint>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/labels.hpp"
#include "voxels.hpp"

namespace cardiotwin::meshing {

struct ChamberMask {
  artifacts::Geometry geometry;
  std::vector<std::uint8_t> region;   ///< per voxel: 0 outside, artifacts::Region; both walls are region_lv_wall
  Mask left;                          ///< left ventricle with its wall and the septum
  std::vector<std::string> warnings;  ///< what was repaired
};

struct Walls {
  int least_voxels = 3;  ///< of the left ventricle
  double right_mm = 3;   ///< of the right one, made around its blood
};

/// `margin_mm` of outside on all sides. Throws core::Error (input) where a chamber that a whole heart must have is
/// missing, or the left ventricle opens into neither atrium nor aorta.
ChamberMask chamber_mask(const artifacts::Anatomy& anatomy, const Walls& walls, double margin_mm);

}  // namespace cardiotwin::meshing
