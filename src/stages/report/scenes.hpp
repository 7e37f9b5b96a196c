#pragma once
/// The pictures of the report: scenes built from artifacts, rendered, with caption and colour scale.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "raster.hpp"

namespace cardiotwin::report {

struct Picture {
  std::string name, caption;  ///< name: snake_case, also a file name
  Pixels pixels;
  std::optional<Scale> scale;
  std::vector<std::pair<std::string, Rgb>> legend;
};

/// How every picture of one heart is looked at: base above, the long axis upright.
struct Viewpoint {
  Vec3 centre{}, axis{0, 0, 1};  ///< of the wall; unit vector apex to base
  Vec3 across{1, 0, 0};   ///< in the cut plane, horizontal: from the aortic to the mitral orifice where there are both
  Vec3 towards{0, 1, 0};  ///< from the cut plane to the viewer
  Plane cut() const { return {centre, towards}; }
};
Viewpoint viewpoint(const artifacts::HeartMesh& mesh);
/// The view turned about its axis so that what moves to one side, as a bending beam does, is seen doing so.
Viewpoint across_motion(const Viewpoint& view, const std::vector<Vec3>& displacement);

Picture mesh_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, int height);
Picture orifice_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, int height);
Picture fibre_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, bool inside, int height);
Picture activation_picture(const artifacts::HeartMesh& mesh, const artifacts::Activation& activation,
                           const Viewpoint& view, bool inside, int height);
/// The wall where `displacement` takes it, cut open, coloured by a strain a point; `caption` and `label` say which.
Picture strain_picture(const artifacts::HeartMesh& mesh, const std::vector<Vec3>& displacement,
                       const std::vector<double>& strain, const Viewpoint& view, std::string name, std::string label,
                       std::string caption, int height);
Picture velocity_picture(const artifacts::Flow& flow, std::size_t frame, const Viewpoint& view, double top_speed,
                         std::string name, std::string caption, int height);
Picture shear_picture(const artifacts::Flow& flow, const Viewpoint& view, bool from_behind, int height);

/// Largest speed of a frame but for the highest thousandth of the points [m/s].
double top_speed(const artifacts::Flow& flow, std::size_t frame);

}  // namespace cardiotwin::report
