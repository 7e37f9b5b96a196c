#pragma once
/// A left ventricle by formula: the wall between two truncated ellipsoids of revolution, as the benchmarks of cardiac
/// mechanics have it, and the blood inside if asked.
///
/// Wall coordinates: depth t (0 endocardium, 1 epicardium), polar fraction s (0 apex, 1 base), angle phi:
///     a(t), b(t), h(t)   short and long semi-axis, height of the base above the centre [mm], all linear in t
///     mu = s arccos(-h / b),   x = (a sin(mu) cos(phi), a sin(mu) sin(phi), -b cos(mu))
/// The centre is the origin, z points from apex to base. Directions at constant t: e_c = dx/dphi (circumferential),
/// e_l = dx/dmu (to the base), n = e_c x e_l (outwards), each normalised. Fibre
///     f = cos(alpha) e_c + sin(alpha) e_l,   alpha linear in t,
/// so that a positive angle makes a right-handed helix. This is the angle of Land et al., Proc R Soc A 471 (2015),
/// doi 10.1098/rspa.2015.0641, whose polar coordinate also grows towards the base. That of Arostica et al., Comput
/// Methods Appl Mech Eng 435 (2025) 117485, grows towards the apex, so their -60 to 60 degrees are 60 to -60 here; and
/// what they call sheet lies in the wall's tangent plane, across the fibre (`Sheet::tangential`).

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

enum class Sheet {
  transmural,  ///< s = n
  tangential,  ///< s = n x f
};

/// The default is a human left ventricle of about 95 ml.
struct Ellipsoid {
  double inner_short = 24, inner_long = 54, inner_base = 18;  ///< of the endocardium: a, b, h [mm]
  double outer_short = 34, outer_long = 62, outer_base = 18;  ///< of the epicardium
  double fibre_endo_deg = 60, fibre_epi_deg = -60;            ///< helix angle
  Sheet sheet = Sheet::transmural;
  int around = 4;       ///< elements along an eighth of the circumference
  int along = 3;        ///< elements from the base halfway down to the apex; `around` of them make the other half
  int across = 2;       ///< layers of the wall
  int core_layers = 2;  ///< layers of blood between the core block and the wall
  bool with_blood = true;
  /// Above 1: elements become smaller towards the apex, where fibres of constant angle are singular. The k-th of n
  /// rings around it ends at (k/n)^apex_grading of their width.
  double apex_grading = 1;
};

/// Six tetrahedra a hexahedron of a half cube that is rounded onto the ellipsoids: no degenerate apex. Middles of
/// edges, fibres and sheets are exact; the edges in the blood are straight but for those on the wall. All the surface
/// tags of the artifact; without blood only endocardium, epicardium and base. The septum is taken to be at phi = 0.
/// Throws core::Error (configuration) when the ellipsoids are not one inside the other or a base misses its ellipsoid.
artifacts::HeartMesh make_ellipsoid(const Ellipsoid& shape);

/// Exact, not the mesh's [mm^3]. The cavity ends at the plane through the endocardium's rim.
struct EllipsoidVolumes {
  double wall, cavity;
};
EllipsoidVolumes volumes(const Ellipsoid& shape);

}  // namespace cardiotwin::meshing
