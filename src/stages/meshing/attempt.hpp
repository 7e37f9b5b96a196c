#pragma once
/// One try at a mesh, and how much is done for it.

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "improve.hpp"

namespace cardiotwin::meshing {

struct Attempt {
  mesh::TetMesh mesh;
  Improvement improvement;
  int leaks = 0;    ///< faces at which a ventricle's blood touches what it must not touch
  int islands = 0;  ///< cells that had come loose from their region
};

struct Effort {
  int smoothing_sweeps = 6;
  double goal_deg = 18;
  int passes = 12;
};

}  // namespace cardiotwin::meshing
