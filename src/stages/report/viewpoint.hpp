#pragma once
/// How every picture of one heart or vessel is looked at.

#include <span>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "patch.hpp"

namespace cardiotwin::report {

/// A heart has its base above and its long axis upright.
struct Viewpoint {
  Vec3 centre{}, axis{0, 0, 1};  ///< of what is looked at; unit vector upwards: of a heart, from apex to base
  Vec3 across{1, 0, 0};   ///< in the cut plane, horizontal: from the aortic to the mitral orifice where there are both
  Vec3 towards{0, 1, 0};  ///< from the cut plane to the viewer
  Plane cut() const { return {centre, towards}; }
};
Viewpoint viewpoint(const artifacts::HeartMesh& mesh);
/// Of any lumen, along its principal axes of inertia: the longest upright, with its largest coordinate upwards, and the
/// shortest towards the viewer.
Viewpoint viewpoint(std::span<const Vec3> points, std::span<const Cell> cells);
/// The view turned about its axis so that what moves to one side, as a bending beam does, is seen doing so.
Viewpoint across_motion(const Viewpoint& view, const std::vector<Vec3>& displacement);
/// The same from the other side.
Viewpoint from_behind(const Viewpoint& view);

}  // namespace cardiotwin::report
