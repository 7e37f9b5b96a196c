#pragma once
/// A vessel that divides in two: the smooth union of three tapered tubes with flat, round openings.

#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "improve.hpp"

namespace cardiotwin::meshing {

/// Lengths in mm. The parent comes along +z to the origin, where the daughters leave in the plane y = 0: the left one
/// towards +x. Radii change linearly along a tube.
struct Tube {
  double radius_at_junction, radius_at_opening, length;
};
struct Bifurcation {
  Tube parent{3.2, 3.2, 20}, left{3.2, 2.5, 25}, right{2.4, 2, 25};
  double left_angle_deg = 25, right_angle_deg = 30;  ///< between a daughter and the parent's axis
  double blend = 1.5;                                ///< surfaces nearer to each other than this flow together
  double edge = 0.6;                                 ///< mean edge length
};

/// Surfaces wall, inlet, outlet_left, outlet_right. Throws core::Error (configuration) when daughters or openings run
/// into each other, std::runtime_error when the mesher breaks down. Deterministic.
artifacts::VesselMesh make_bifurcation(const Bifurcation& shape, double goal_deg, int passes, Improvement& improvement);

}  // namespace cardiotwin::meshing
