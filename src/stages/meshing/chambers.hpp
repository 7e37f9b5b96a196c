#pragma once
/// From the regions of a whole heart to one conforming mesh: muscle around both ventricles, the blood of all four
/// chambers, aorta and pulmonary artery, orifices where a ventricle's blood meets its atrium or vessel.

#include <string>
#include <vector>

#include "attempt.hpp"
#include "chamber_field.hpp"
#include "chamber_mask.hpp"
#include "gate.hpp"
#include "triple_lines.hpp"
#include "volume_mesher.hpp"

namespace cardiotwin::meshing {

/// What stays the same in every attempt.
struct Chambers {
  ChamberField field;
  std::vector<float> left;  ///< smoothed mask of the left ventricle and its wall, on the field's grid
  std::vector<Line> rims;   ///< where three regions meet
  std::vector<Cavity> cavities;
  Vec3 centre{};
  double radius_mm = 0;
};

Chambers make_chambers(const ChamberMask& mask, double smoothing_voxels);

/// Volumes of the labels.
Target target_of(const Chambers& chambers);

Attempt mesh_chambers(const Chambers& chambers, const Sizes& sizes, const Effort& effort);

}  // namespace cardiotwin::meshing
