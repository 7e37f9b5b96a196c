#pragma once
/// Artifact `heart_mesh`: ONE conforming tetrahedral mesh of wall and blood. Written by meshing.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::artifacts {

/// Values of HeartMesh::region.
enum Region : std::int32_t { region_lv_wall = 1, region_lv_blood = 2 };

/// Values of HeartMesh::surface. Every triangle of the outer boundary and of the wall-blood interface has one.
enum Surface : std::int32_t {
  surface_endocardium = 1,  ///< between LV wall and LV blood (or outside, where there is no blood region)
  surface_epicardium = 2,   ///< LV wall to outside
  surface_base = 3,         ///< LV wall, cut by the basal plane
  surface_mitral = 4,       ///< blood, on the basal lid: the mitral orifice
  surface_aortic = 5,       ///< blood, on the basal lid: the aortic orifice
  surface_lid = 6,          ///< blood, the rest of the basal lid (annulus, closed leaflets)
};
std::string_view surface_name(std::int32_t tag);

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
  std::vector<double> transmural;  ///< 0 at the endocardium, 1 at the epicardium
  std::vector<double> apicobasal;  ///< 0 at the apex, 1 at the base
  std::vector<double>
      rotational;  ///< circumferential angle [rad], -pi to pi, 0 at the septum's middle (towards the RV)
  std::vector<std::int32_t> aha_segment;  ///< per cell: 1 to 17 in the wall, 0 elsewhere

  Vec3 long_axis{0, 0, 1};  ///< unit vector from apex to base
};
void save(io::Writer& file, const HeartMesh& mesh);
void load(const io::Reader& file, HeartMesh& mesh);

}  // namespace cardiotwin::artifacts
