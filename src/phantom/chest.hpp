#pragma once
/// What surrounds the heart in computed tomography, in Hounsfield units: lungs with their vessels, chest wall, ribs,
/// sternum, spine, liver and stomach under the diaphragm, the fat of the mediastinum.

#include "cardiotwin/core/vec3.hpp"
#include "random.hpp"

namespace cardiotwin::phantom {

/// Coordinates are the patient's (left, posterior, superior) [mm] from the middle of the heart's base.
class Chest {
 public:
  explicit Chest(Random& random);
  double hounsfield(const Vec3& point) const;

 private:
  struct Oval {
    double x, y, radius_x, radius_y;
    double level(const Vec3& p, double shrink = 0) const {
      const double dx = (p[0] - x) / (radius_x - shrink), dy = (p[1] - y) / (radius_y - shrink);
      return dx * dx + dy * dy;
    }
  };
  double chest_wall(const Vec3& point, double fine, double coarse) const;
  double abdomen(const Vec3& point, double fine, double coarse) const;

  Oval body_, spine_, canal_, mediastinum_, gullet_;
  double midline_, fat_mm_, muscle_mm_, rib_gap_, rib_tilt_, rib_phase_, diaphragm_, dome_;
  double fat_, muscle_, lung_, liver_, stomach_, marrow_, cortex_, lung_vessel_, vessel_threshold_, strands_;
  std::uint64_t texture_;
};

}  // namespace cardiotwin::phantom
