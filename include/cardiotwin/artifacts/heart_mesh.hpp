#pragma once
/// Artifact `heart_mesh`: ONE conforming tetrahedral mesh of walls and blood. Written by meshing.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::artifacts {

/// Values of HeartMesh::region. Short-axis stacks have the first two or three; a whole heart has them all.
enum Region : std::int32_t {
  region_lv_wall = 1,  ///< the septum belongs to it
  region_lv_blood = 2,
  region_rv_wall = 3,  ///< free wall of the right ventricle
  region_rv_blood = 4,
  region_left_atrium = 5,  ///< blood, as those that follow; their walls are not meshed
  region_right_atrium = 6,
  region_aorta = 7,
  region_pulmonary_artery = 8,
};
inline constexpr std::int32_t last_region = region_pulmonary_artery;
std::string_view region_name(std::int32_t region);
/// Both walls are one body: where one ends and the other begins is no surface.
constexpr bool is_wall(std::int32_t region) { return region == region_lv_wall || region == region_rv_wall; }

/// Values of HeartMesh::surface. Every triangle of the outer boundary and of the wall-blood interface has one.
enum Surface : std::int32_t {
  surface_endocardium = 1,     ///< between LV wall and LV blood (or outside, where there is no blood region)
  surface_epicardium = 2,      ///< wall to outside
  surface_base = 3,            ///< wall, cut by the basal plane, or to atria and vessels where there are such
  surface_mitral = 4,          ///< the mitral orifice: on the basal lid, or LV blood to left atrium
  surface_aortic = 5,          ///< the aortic orifice: on the basal lid, or LV blood to aorta
  surface_lid = 6,             ///< blood, the rest of the basal lid (annulus, closed leaflets)
  surface_rv_endocardium = 7,  ///< wall to the right ventricle's cavity: its free wall and the septum's right side
  surface_tricuspid = 8,       ///< RV blood to right atrium
  surface_pulmonary = 9,       ///< RV blood to pulmonary artery
  surface_left_atrium = 10,    ///< to outside, as those that follow
  surface_right_atrium = 11,
  surface_aorta = 12,
  surface_pulmonary_artery = 13,
  surface_partition = 14,  ///< between atria and vessels: walls without thickness
};
inline constexpr std::int32_t last_surface = surface_partition;
std::string_view surface_name(std::int32_t tag);

/// Places within a tetrahedron where fields of HeartMesh are given: the points of the quadrature rule of degree 2.
/// Point k lies near vertex k; the weights are its barycentric coordinates.
inline constexpr std::size_t cell_points = 4;
constexpr double cell_point_weight(std::size_t point, std::size_t vertex) {
  return point == vertex ? 0.5854101966249685 : 0.1381966011250105;  // (5 + 3 sqrt 5)/20, (5 - sqrt 5)/20
}

/// Lengths in mm, patient coordinates (LPS). Cells are positively oriented: det(p1-p0, p2-p0, p3-p0) > 0.
/// Endocardial triangles have their normal pointing out of the WALL (into the blood); the others point out of the mesh.
struct HeartMesh {
  static constexpr std::string_view id = "heart_mesh";
  std::vector<Vec3> points;
  std::vector<std::array<std::int32_t, 4>> cells;
  std::vector<std::int32_t> region;  ///< per cell
  std::vector<std::array<std::int32_t, 3>> triangles;
  std::vector<std::int32_t> surface;  ///< per triangle

  // Per point; zero at points that belong to no wall cell.
  std::vector<Vec3> fibre, sheet;  ///< unit vectors, orthogonal
  std::vector<double> transmural;  ///< 0 at either endocardium, 1 at the epicardium, 1/2 in the middle of the septum
  std::vector<double> apicobasal;  ///< 0 at the left ventricle's apex, 1 at the base
  std::vector<double>
      rotational;  ///< angle around the LV's axis [rad], -pi to pi, 0 at the septum's middle (towards the RV)
  std::vector<std::int32_t> aha_segment;  ///< per cell: 1 to 17 in the LV wall, 0 elsewhere
  std::vector<std::int32_t> tissue;       ///< per cell: class given by a label volume, 0 healthy; empty: all healthy

  // What quadratic elements see between the points. Empty where the source knows no better than straight edges and
  // fibres interpolated from their ends.
  std::vector<Vec3> edge_points;  ///< per edge (mesh::edges() of the whole mesh): its middle, on the true surface
  std::vector<Vec3> cell_fibre,
      cell_sheet;  ///< cell_points per cell, at the places of cell_point_weight; zero off the wall

  Vec3 long_axis{0, 0, 1};  ///< unit vector from apex to base
};
void save(io::Writer& file, const HeartMesh& mesh);
/// Throws core::Error (integrity) when cells name points that are not there or per-edge fields are of a wrong length.
void load(const io::Reader& file, HeartMesh& mesh);

}  // namespace cardiotwin::artifacts
