#pragma once
/// What a mesh must be before any physics runs on it.

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

/// Volumes that the regions should have [mm^3]; 0 where nothing is known. Both walls together.
struct Target {
  double wall_mm3 = 0, blood_mm3 = 0;
};

struct Verdict {
  mesh::Quality quality;
  double wall_mm3 = 0, rv_wall_mm3 = 0, blood_mm3 = 0;  ///< left wall, right wall, left cavity
  double wall_error_percent = 0, blood_error_percent = 0;
  std::vector<std::string> faults;  ///< each with figure and limit; empty when the mesh passes
  bool passed() const { return faults.empty(); }
  std::string text() const;  ///< all faults in one line
};

Verdict judge(const mesh::TetMesh& mesh, const Limits& limits, const Target& target);

}  // namespace cardiotwin::meshing
