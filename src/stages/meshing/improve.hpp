#pragma once
/// The pass over bad tetrahedra that Delaunay refinement leaves behind: vertices climb to better places, edges and
/// faces are flipped, edges are split and collapsed, as long as the smallest dihedral angle of the cells concerned
/// grows. After Freitag and Ollivier-Gooch, Tetrahedral mesh improvement using swapping and smoothing (1997), and
/// Klingner and Shewchuk, Aggressive tetrahedral mesh improvement (2007).

#include <cstdint>
#include <functional>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

/// Marks a point that must stay where it is, whatever meets there.
inline constexpr std::uint32_t fixed_point = 1u << 31;

/// Puts a moved point back on all the surfaces that meet at it (bits of surface tags; 0 is never asked).
using Restrain = std::function<Vec3(const Vec3& moved, std::uint32_t surfaces)>;

struct Improvement {
  int bad_before = 0, bad_after = 0;  ///< cells under the goal
  double smallest_deg = 0;            ///< afterwards
};

/// Sweeps over all points: each goes to the mean of the circumcentres around it, weighted with volume (the optimal
/// Delaunay triangulation of Chen 2004), on a surface to the mean of its neighbours there, unless an angle would
/// suffer.
void smooth(mesh::TetMesh& mesh, const std::vector<std::uint32_t>& surfaces, const Restrain& restrain, int sweeps);

/// Works on cells under `goal_deg` until none is left, nothing helps, or after `passes`. Regions keep their shape:
/// surface points move only as `restrain` allows, and no surface edge is flipped. `surfaces` has the tags' bits for
/// each point and grows with the points. The mesh's triangles are dropped; points may be unused afterwards.
/// Deterministic.
Improvement improve(mesh::TetMesh& mesh, std::vector<std::uint32_t>& surfaces, const Restrain& restrain,
                    double goal_deg, int passes);

/// Smallest dihedral angle [deg]; negative for an inverted or flat tetrahedron.
double smallest_dihedral(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);

}  // namespace cardiotwin::meshing
