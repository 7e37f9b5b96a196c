#pragma once
/// A plane domain with fixed boundary points filled with triangles of prescribed size: the one place where CGAL's
/// plane triangulations are used.

#include <functional>
#include <vector>

#include "sweep.hpp"

namespace cardiotwin::meshing {

/// Triangulates what lies within the first loop and outside the others. Loops are closed lines of points, the first not
/// repeated, that do not meet; all of them stay where they are, come first in the result, in order, and each step of a
/// loop is an edge. Edges inside become about `size(x)` long [mm]; `size` should change slowly. Deterministic.
/// After Persson and Strang, A simple mesh generator in MATLAB (2004), doi 10.1137/S0036144503429121.
Section triangulate(const std::vector<std::vector<Vec2>>& loops, const std::function<double(const Vec2&)>& size);

}  // namespace cardiotwin::meshing
