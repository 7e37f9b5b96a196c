#pragma once
/// Artifact `vessel_mesh`: the lumen of a vessel, or any other domain of flow whose walls stand still. Written by
/// meshing in place of `heart_mesh`, for sources that are no heart.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::artifacts {

/// Lengths in mm. Cells are positively oriented; triangles cover the whole boundary, with normals out of the lumen.
struct VesselMesh {
  static constexpr std::string_view id = "vessel_mesh";
  std::vector<Vec3> points;
  std::vector<std::array<std::int32_t, 4>> cells;
  std::vector<std::array<std::int32_t, 3>> triangles;
  std::vector<std::int32_t> surface;       ///< per triangle: an index into surface_names
  std::vector<std::string> surface_names;  ///< "wall", "inlet", ...; what a name means is said by the stage that reads
};
void save(io::Writer& file, const VesselMesh& mesh);
/// Throws core::Error (integrity) when cells, triangles or surfaces name what is not there.
void load(const io::Reader& file, VesselMesh& mesh);

}  // namespace cardiotwin::artifacts
