#pragma once
/// Fibres from points to cells.

#include <span>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::electrophysiology {

/// Fibre of a cell: the mean of its points', whose sign means nothing.
inline Vec3 cell_fibre(std::span<const Vec3> fibres, const mesh::Cell& cell) {
  Vec3 sum = fibres[cell[0]];
  for (int i = 1; i < 4; ++i) sum = sum + (dot(fibres[cell[i]], sum) < 0 ? -1.0 : 1.0) * fibres[cell[i]];
  return normalised(sum);
}

}  // namespace cardiotwin::electrophysiology
