#pragma once
/// The faces of a tetrahedral mesh: which are surfaces, what they are called, and whether everything hangs together.

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "basal_plane.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::meshing {

/// A face with the cell on its inner side and the one beyond (-1: none). The triangle's normal points out of `cell`. A
/// face between two regions belongs to the lower region, so that the endocardium points out of the wall.
struct Face {
  mesh::Triangle triangle;
  std::int32_t cell = -1, beyond = -1;
};

/// Every face between wall and blood and every face of a single cell, in a fixed order. The two walls are one body.
/// Throws core::Error (numerical) when more than two cells share a face.
std::vector<Face> surface_faces(const mesh::TetMesh& mesh);

/// All faces, inner ones too.
std::vector<Face> all_faces(const mesh::TetMesh& mesh);

/// Fills triangles and surface tags of a heart mesh whose base is the plane; `at_rv` tells of a point on the wall's
/// outer surface whether the right cavity is beyond. Returns the number of blood faces that lie outside the base:
/// leaks, 0 in a sound mesh.
int tag_surfaces(mesh::TetMesh& mesh, const Plane& base, const Orifices& orifices,
                 const std::function<bool(const Vec3&)>& at_rv);

/// Which surfaces meet at each point: bit t stands for tag t.
std::vector<std::uint32_t> surfaces_at_points(const mesh::TetMesh& mesh);

/// Cells of a region that hang on its largest part by less than a face: given to the neighbouring region, or removed
/// where there is none. Returns the number of cells concerned. Triangles are dropped; points are kept.
int absorb_islands(mesh::TetMesh& mesh);

/// Which wall's muscle a cell is: the left ventricle's, and with it the septum, or the right one's. A cell that has
/// more neighbours of the other kind goes over to it, so that neither wall frays.
/// `left`: is a point in the left ventricle or its wall?
void divide_walls(mesh::TetMesh& mesh, const std::function<bool(const Vec3&)>& left);

/// Parts of a region that are connected through faces; number of cells in each, largest first.
std::vector<std::int64_t> parts(const mesh::TetMesh& mesh, std::int32_t region);
/// Parts of a tagged surface that are connected through edges; number of triangles in each, largest first.
std::vector<std::int64_t> surface_parts(const mesh::TetMesh& mesh, std::int32_t tag);

/// What is wrong with the surfaces: faces without a tag, triangles that are no faces, edges at which the boundary of a
/// region is open or pinched. Empty when all is well.
std::vector<std::string> surface_defects(const mesh::TetMesh& mesh);

/// Drops points that no cell uses and renumbers the rest.
void drop_unused_points(mesh::TetMesh& mesh);

}  // namespace cardiotwin::meshing
