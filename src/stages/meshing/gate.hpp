#pragma once
/// What a mesh must be before any physics runs on it.

#include <map>
#include <string>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

struct Limits {
  double smallest_dihedral_deg = 15;
  double largest_aspect_ratio = 1000;
  double volume_error_percent = 1;
  int orifice_triangles = 12;
};

/// Volumes that regions should have [mm^3]; both walls together under region_lv_wall. Empty where nothing is known.
using Target = std::map<std::int32_t, double>;

struct Verdict {
  mesh::Quality quality;
  std::map<std::int32_t, double> volume_mm3;     ///< by region
  std::map<std::int32_t, double> error_percent;  ///< by the target's regions
  double roughness_deg = 0;                      ///< interface_roughness()
  std::vector<std::string> faults;               ///< each with figure and limit; empty when the mesh passes
  bool passed() const { return faults.empty(); }
  std::string text() const;  ///< all faults in one line
  double volume(std::int32_t region) const;
  double largest_error_percent() const;  ///< in amount
};

/// How rough the surfaces are: the 95th percentile, over the edges between two triangles of one surface, of the angle
/// between their normals [deg]. A smooth body of radius R meshed with edges h has about h / R (in radians); a staircase
/// has 90 degrees.
double interface_roughness(const mesh::TetMesh& mesh);

Verdict judge(const mesh::TetMesh& mesh, const Limits& limits, const Target& target);

}  // namespace cardiotwin::meshing
