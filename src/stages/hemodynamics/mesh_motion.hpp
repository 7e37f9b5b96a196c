#pragma once
/// Where every node of the blood is at any time of the beat: the wall's frames are lifted into the blood once, frame by
/// frame, and then interpolated in time. So positions are a pure function of time and a resumed run needs no history.

#include <span>
#include <vector>

#include "halo.hpp"
#include "motion.hpp"
#include "periodic_curve.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

/// One beat of the wall, on the points of the (refined) blood mesh; values off the wall are ignored.
struct WallFrames {
  std::vector<double> times_ms;                 ///< ascending from 0; the last closes the cycle
  std::vector<std::vector<Vec3>> displacement;  ///< per frame, per point [mm]
};

class MeshMotion final : public Motion {
 public:
  /// Collective. Nodes of `wall` follow the frames, those of `lid` follow the wall's rim within their own surface, the
  /// rest is lifted into the volume. Where a cell would come below `smallest_quality`,
  /// `stiffening` is raised, a bounded number of times; then throws core::Error (numerical) that says where and when.
  MeshMotion(Halo& halo, const WallFrames& frames, const SurfaceSet& wall, const SurfaceSet& lid, double stiffening,
             double smallest_quality);

  double period() const { return curve_.period(); }
  /// Distance between the first frame and the last, largest over the wall [mm]; spread evenly over the cycle.
  double closing_gap() const { return closing_gap_; }
  double stiffening() const { return stiffening_; }

  void positions(double time, std::span<Vec3> x) const override;

 private:
  std::vector<Vectors> closed_frames(const WallFrames& frames, const std::vector<std::uint8_t>& wall);
  struct Worst {
    double quality = 1, time = 0;
    Vec3 where{};
  };
  void look_for_worst(std::span<const Vec3> x, double time, Worst& worst) const;
  double quality_of(const Vectors& displacement) const;
  Worst worst_cell() const;

  Halo& halo_;
  PeriodicCurve curve_;
  double closing_gap_ = 0, stiffening_ = 0;
};

}  // namespace cardiotwin::hemodynamics
