#pragma once
/// Pictures of the blood, in a heart or a vessel.

#include <string>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "picture.hpp"
#include "viewpoint.hpp"

namespace cardiotwin::report {

/// What is seen of a flow, and how; `name` is the picture's.
struct FlowShot {
  const artifacts::Flow& flow;
  const Viewpoint& view;
  std::string name;
  int height;  ///< [px]
};

/// In the cut plane: speed, and arrows along the velocity in the plane.
Picture velocity_picture(const FlowShot& shot, std::size_t frame, double top_speed, std::string caption);
/// On the wall.
Picture shear_picture(const FlowShot& shot, std::string caption);
Picture pressure_picture(const FlowShot& shot, std::size_t frame);

// Where blood rests. All at the end of the cycle, and of one view in one scale.
/// Residence time in the cut plane, or mean speed where there is none, hatched where the mean speed is below the limit
/// [m/s].
Picture stasis_picture(const FlowShot& shot, double limit);
/// On the wall, with what is below the limit [Pa] in another colour.
Picture low_shear_picture(const FlowShot& shot, double limit);
/// Relative residence time, likewise, with what is above the limit [1/Pa].
Picture high_residence_picture(const FlowShot& shot, double limit);

/// Largest speed of a frame but for the highest thousandth of the points [m/s].
double top_speed(const artifacts::Flow& flow, std::size_t frame);

/// The surfaces of a vessel by name, from `tilt` above the horizontal (as a slope; negative: from below).
Picture vessel_picture(const artifacts::VesselMesh& mesh, const Viewpoint& view, double tilt, std::string name,
                       std::string caption, int height);
/// The tetrahedra in the cut plane.
Picture vessel_cut_picture(const artifacts::VesselMesh& mesh, const Viewpoint& view, int height);

}  // namespace cardiotwin::report
