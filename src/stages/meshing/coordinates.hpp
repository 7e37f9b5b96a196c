#pragma once
/// Where a point of the wall is, anatomically, and how its fibres run.
///
/// Depth d_v from ventricle v (left or right): div grad d_v = 0, 0 on its endocardium, 1 on the epicardium and on the
/// other endocardium, no flux through the base. Transmural coordinate phi = min(d_left, d_right): 0 at either
/// endocardium, 1 at the epicardium, and 1/2 in the middle of the septum, whose both sides are endocardial.
/// Apicobasal coordinate psi: div grad psi = 0, 0 around the apex, 1 on the base, no flux elsewhere.
/// Axes of v: e_t = grad d_v / |grad d_v| (outwards), e_l = the part of grad psi across e_t, normalised (to the base),
/// e_c = e_l x e_t (circumferential). Fibre of v: f_v = cos(a) e_c + sin(a) e_l with the harmonic helix angle
///     a = a_endo on v's endocardium, a_epi on the epicardium, -a_endo on the other endocardium,
/// linear in d_v where one ventricle is alone; -a_endo on the septum's far side is +a_endo as seen from there. Fibre f:
/// f_left and f_right, which are one line in the septum, with weights |grad d_v|, which vanish where v is far. Sheet s
/// = e_t of the nearer ventricle, made perpendicular to f. Positive angles make a right-handed helix, as at the human
/// endocardium. After Bayer, Blake, Plank, Trayanova, A novel rule-based algorithm for assigning myocardial fiber
/// orientation to computational heart models, Ann Biomed Eng 40 (2012), doi 10.1007/s10439-012-0593-5, who interpolate
/// quaternions instead and so make the angle quadratic in depth. Segments: Cerqueira et al., Standardized myocardial
/// segmentation, Circulation 105 (2002), doi 10.1161/hc0402.102975.

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

struct FibreAngles {
  double endo_deg = 60, epi_deg = -60;
};

/// The mesh's own frame: apex and axis.
struct LongAxis {
  Vec3 endo_apex{}, epi_apex{};  ///< where the axis leaves blood and wall
  Vec3 base_centre{};            ///< middle of the basal lid
  Vec3 direction{0, 0, 1};       ///< unit vector from apex to base
};

/// From tagged surfaces alone. Throws core::Error (input) when endocardium, epicardium or base are missing.
LongAxis find_long_axis(const artifacts::HeartMesh& mesh);

/// Fills transmural, apicobasal, rotational, aha_segment and long_axis; and sheet and fibre where they are empty.
/// `rv_direction` points from the left to the right ventricle; it is where the septum's middle is. The rotational angle
/// grows from there towards the anterior wall; the septum is taken to span 120 degrees, so that the anterior septal
/// junction stands at +60 and the inferior one at -60 degrees. Segments are of the left wall alone.
void assign_coordinates(artifacts::HeartMesh& mesh, const Vec3& rv_direction, const FibreAngles& angles);

/// AHA segment (1 to 17): `level` runs from 0 at the end of the cavity to 1 at the base, `angle` as `rotational` [rad].
int aha_segment(double level, double angle);

}  // namespace cardiotwin::meshing
