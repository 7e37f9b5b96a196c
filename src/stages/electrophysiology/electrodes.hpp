#pragma once
/// Where the electrodes of a 12-lead electrocardiogram stand, when nobody has measured it.
///
/// The torso is an elliptic cylinder with semi-axes of 150 mm to the side and 100 mm to the front. The middle of the
/// left ventricle's wall lies 40 mm to the left and 25 mm to the front of the cylinder's axis, 10 mm above the fifth
/// intercostal space. V1 and V2 stand 20 mm to the right and left of the midline in the fourth
/// intercostal space (20 mm above the middle of the wall); V4, V5 and V6 at the midclavicular (80 mm), the anterior
/// axillary (120 mm) and the midaxillary line (150 mm) 10 mm below it; V3 between V2 and V4. An arm or a leg has the
/// potential of its root: RA and LA stand 140 mm to the side and 130 mm up, LL 80 mm to the left and 220 mm down, in
/// the middle of the torso's depth. These are round figures of an adult; no patient has them.

#include <array>

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::electrophysiology {

enum Electrode { electrode_RA, electrode_LA, electrode_LL, electrode_V1, electrode_count = electrode_V1 + 6 };
using Electrodes = std::array<Vec3, electrode_count>;  ///< RA, LA, LL, V1 to V6 [mm]

/// Directions of the body, as unit vectors in the coordinates of the mesh. The default is what patient coordinates are.
struct BodyAxes {
  Vec3 left{1, 0, 0}, back{0, 1, 0}, up{0, 0, 1};
};

/// The body around a ventricle that lies in it as ventricles do on average: the apex 46 degrees to the front of left in
/// the transverse plane and 38 degrees below left in the frontal one (Engblom et al., Am Heart J 150:507, 2005), the
/// right ventricle to the right and to the front. The default when the mesh does not tell where the septum is.
BodyAxes usual_body_axes(const artifacts::HeartMesh& heart);

/// Angle of the rotation that turns one body into the other [deg].
double angle_between_deg(const BodyAxes& a, const BodyAxes& b);

Electrodes place_electrodes(const Vec3& middle_of_wall, const BodyAxes& body);

struct Placement {
  Electrodes electrodes;
  bool in_patient_coordinates;  ///< false: the mesh lies in its coordinates as no heart does; the usual body was taken
};
/// Around the wall of a mesh: in patient coordinates, unless the ventricle lies in them at more than 60 degrees from
/// the usual, as it does in meshes that were made by formula.
Placement place_electrodes(const artifacts::HeartMesh& heart);

}  // namespace cardiotwin::electrophysiology
