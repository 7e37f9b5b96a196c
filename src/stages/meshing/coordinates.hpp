#pragma once
/// Where a point of the wall is, anatomically, and how its fibres run.
///
/// Transmural coordinate phi: div grad phi = 0, 0 on the endocardium, 1 on the epicardium, no flux through the base.
/// Apicobasal coordinate psi: div grad psi = 0, 0 around the apex, 1 on the base, no flux elsewhere.
/// Axes: e_t = grad phi / |grad phi| (outwards), e_l = the part of grad psi across e_t, normalised (to the base),
/// e_c = e_l x e_t (circumferential). Fibre f = cos(a) e_c + sin(a) e_l with the helix angle a linear in phi; sheet s =
/// e_t. Positive angles make a right-handed helix, as at the human endocardium. Source: Bayer, Blake, Plank, Trayanova,
/// A novel rule-based algorithm for assigning myocardial fiber orientation to computational heart models, Ann Biomed
/// Eng 40 (2012), doi 10.1007/s10439-012-0593-5. Segments: Cerqueira et al., Standardized myocardial segmentation,
/// Circulation 105 (2002), doi 10.1161/hc0402.102975.

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
/// junction stands at +60 and the inferior one at -60 degrees.
void assign_coordinates(artifacts::HeartMesh& mesh, const Vec3& rv_direction, const FibreAngles& angles);

/// AHA segment (1 to 17): `level` runs from 0 at the end of the cavity to 1 at the base, `angle` as `rotational` [rad].
int aha_segment(double level, double angle);

}  // namespace cardiotwin::meshing
