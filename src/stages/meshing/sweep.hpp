#pragma once
/// Domains made of layers: a plane triangulation swept along a third direction. Plain functions on plain arrays.

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

using Vec2 = std::array<double, 2>;

/// A plane triangulation, lengths in mm. Triangles run anticlockwise.
struct Section {
  std::vector<Vec2> points;
  std::vector<mesh::Triangle> triangles;
};

/// Places from `from` to `to`, both included, a step about `size` apart there: the number of steps is the integral of
/// dx / size, rounded to the next whole number from 1, and every step has the same share of it.
std::vector<double> graded(double from, double to, const std::function<double(double)>& size);

/// Concentric rings about the origin: ring i has `count[i]` points, equidistant, exactly on the circle of `radius[i]`
/// (ascending, above 0). The centre is a point of its own; triangles join each ring with the next by the shorter
/// diagonal. Triangles come in order of their rings: those within ring i stand before those beyond it.
Section disc(const std::vector<double>& radius, const std::vector<int>& count);

/// Layers 0 .. `layers` of a section. A triangle's prisms begin at layer `first[triangle]`; empty: all at 0.
struct Sweep {
  int layers = 1;
  std::function<Vec3(const Vec2&, int layer)> place;
  std::vector<int> first = {};
};

/// Three tetrahedra for each prism between two layers; each of its quadrilaterals is cut by the diagonal from its
/// smallest point, which makes neighbours agree. Region 1, no triangles, no unused points. All cells have the same
/// sense, the one that makes the whole volume positive.
mesh::TetMesh sweep(const Section& section, const Sweep& along);

/// All faces of one cell as the triangles of a vessel, named by `name_of` their centre: an index into `names`.
artifacts::VesselMesh with_surfaces(mesh::TetMesh mesh, std::vector<std::string> names,
                                    const std::function<std::int32_t(const Vec3& centre)>& name_of);

}  // namespace cardiotwin::meshing
