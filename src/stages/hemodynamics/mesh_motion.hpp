#pragma once
/// Where every node of the blood is at any time of the beat: the wall's frames are lifted into the blood once, frame by
/// frame (lifting.hpp), and then interpolated in time. So positions are a pure function of time and a resumed run needs
/// no history.
///
/// The motion lives on the blood's mesh as it was before its refinement, and refined points stay where they were in
/// their coarse cell: x = sum_a weight_a x_a. A coarse cell moves by one affine map, so a refined cell keeps its shape
/// up to that map and inverts only where the coarse cell does; and lifting costs the same however fine the flow is.

#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "motion.hpp"
#include "periodic_curve.hpp"

namespace cardiotwin::hemodynamics {

/// One beat of the wall, on the points of the blood mesh before its refinement; values off the wall are ignored.
struct WallFrames {
  std::vector<double> times_ms;                 ///< ascending from 0; the last closes the cycle
  std::vector<std::vector<Vec3>> displacement;  ///< per frame, per point [mm]
};

class MeshMotion final : public Motion {
 public:
  /// Collective. `space` is on blood.fine. Where a cell would come below `smallest_quality`, `stiffening` is raised, a
  /// bounded number of times; then throws core::Error (numerical) that says where and when.
  MeshMotion(const fem::Space& space, const mesh::NestedMesh& blood, const WallFrames& frames, double stiffening,
             double smallest_quality);

  double period() const { return curve_.period(); }
  /// Distance between the first frame and the last, largest over the wall [mm]; spread evenly over the cycle.
  double closing_gap() const { return closing_gap_; }
  double stiffening() const { return stiffening_; }

  void positions(double time, std::span<Vec3> x) const override;

 private:
  /// The worst cell of a cycle.
  struct Worst {
    double quality = 1, time = 0;
    Vec3 where{};
  };
  void set_curve(const std::vector<double>& times, const std::vector<std::vector<Vec3>>& lifted);
  Worst worst_cell() const;

  const fem::Space& space_;
  std::vector<mesh::NestedMesh::Origin> origin_;  ///< of local nodes, in numbers of anchors_
  std::vector<std::int32_t> anchors_;             ///< coarse points that local nodes hang on
  PeriodicCurve curve_;                           ///< displacement of anchors, interlaced
  double closing_gap_ = 0, stiffening_ = 0;
};

}  // namespace cardiotwin::hemodynamics
