#pragma once
/// Where three regions of a ChamberField meet: the rims of valves and of walls, as lines of points.
///
/// Each voxel cell is split into six tetrahedra (Kuhn), in which the decisions D are linear, so the lines are exact:
/// {D_i = 0, D_j = 0} where no D_m with m < j, m != i, is positive. Where a third decision cuts a line, lines meet.

#include <vector>

#include "chamber_field.hpp"

namespace cardiotwin::meshing {

struct Line {
  std::vector<Vec3> points;  ///< the first one is not repeated at the end of a closed line
  bool closed = false;       ///< else its ends are shared, exactly, with other lines
};

/// Deterministic.
std::vector<Line> triple_lines(const ChamberField& field);

/// Rounds off the voxels' corners by `sweeps` steps towards the middle of both neighbours; ends stay.
void relax(Line& line, int sweeps);

/// Points at even arc length, about `step_mm` apart; ends stay.
Line resample(const Line& line, double step_mm);

double length(const Line& line);  ///< [mm]

/// Leaves out what is no rim at the scale of `edge_mm`: open lines shorter than that, closed ones shorter than four of
/// them, and, the shortest first, lines that run along another one closer than half of it (slivers of a region, whose
/// two borders no mesh of this size can tell apart).
std::vector<Line> without_slivers(std::vector<Line> lines, double edge_mm);

}  // namespace cardiotwin::meshing
