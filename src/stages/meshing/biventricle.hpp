#pragma once
/// Two ventricles by formula, as the label volume of a heart that nobody has: for studies without a patient.
///
/// Left ventricle: cavity and wall between two ellipsoids of revolution about z with a common centre, the widest
/// section at three quarters of the cavity's length from the apex, cut there and a quarter higher by the basal plane.
/// Right cavity: what of a third ellipsoid lies outside the left ventricle, on the side of -x (the patient's right). It
/// meets the left ventricle's widest section at 60 degrees to both sides, so that the septum spans the 120 degrees that
/// the AHA segments take it to span. The anterior wall is at -y, the base at +z. The outflow tracts are not modelled.
///
/// The defaults are a healthy adult at end diastole: left cavity 139 ml (women 135 +- 26, men 160 +- 29: Hudsmith et
/// al., J Cardiovasc Magn Reson 7 (2005) 775), right cavity 72 mm long (71 +- 6) and 40 mm wide (upper limit 41), its
/// wall 4 mm thick (1 to 5): Lang et al., J Am Soc Echocardiogr 28 (2015), doi 10.1016/j.echo.2014.10.003. Without its
/// outflow tract the right cavity holds 103 ml.

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::meshing {

struct Biventricle {
  double lv_radius_mm = 27, lv_length_mm = 82, lv_wall_mm = 7;  ///< of the cavity, from apex to base; of the wall
  double rv_width_mm = 40, rv_length_mm = 72;  ///< of the cavity: from septum to free wall at the widest, apex to base
};

/// Labels of both cavities and the left wall on voxels of 1 mm; the origin is the centre of the ellipsoids. The right
/// wall is meshing's to make.
artifacts::Anatomy make_biventricle(const Biventricle& shape);

}  // namespace cardiotwin::meshing
