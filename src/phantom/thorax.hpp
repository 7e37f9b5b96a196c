#pragma once
/// What surrounds the heart in a short-axis plane: lung, liver, great vessel, spine, muscle and fat of the chest wall.

#include "cardiotwin/core/vec3.hpp"
#include "random.hpp"

namespace cardiotwin::phantom {

/// Signal of each tissue, relative to blood; a balanced SSFP sequence shows blood and fat bright, muscle dark, lung
/// black.
struct Contrast {
  double blood, muscle, fat, lung, liver, skeletal, marrow;
  double blood_texture, tissue_texture;  ///< relative amplitudes
  static Contrast draw(Random& random);
};

/// Coordinates [mm] of the image stack: x along rows, y down columns, z along the normal, from the heart's centre.
class Thorax {
 public:
  static Thorax draw(Random& random);
  double signal(const Vec3& point, const Contrast& contrast) const;

 private:
  struct Disc {
    double x, y, radius_x, radius_y;
    double level(double px, double py) const;
  };
  double abdomen(const Vec3& point, const Contrast& contrast, double fine, double coarse) const;
  Disc body_, inner_, heart_sac_, aorta_, spine_;
  double tilt_, fat_mm_, muscle_mm_, vessel_threshold_;
  double diaphragm_, diaphragm_slope_, organ_border_;
  std::uint64_t texture_;
};

}  // namespace cardiotwin::phantom
