#pragma once
/// Meshes in the layouts of other programs, so that they can run on ours. What each file holds: docs/file_formats.md.
/// Sources: the manuals of openCARP ("File formats") and svMultiPhysics ("Mesh files", "Fiber direction").

#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::interchange {

/// A mesh with the names of its surfaces. Lengths in mm.
struct Body {
  std::string name;  ///< "heart", "wall", "blood", "lumen"
  mesh::TetMesh mesh;
  std::vector<std::string> faces;  ///< name of each value of mesh.surface, from 1 on
  std::vector<Vec3> fibre, sheet;  ///< per point, unit vectors; zero off the wall; empty where there are none
};
Body whole(const artifacts::HeartMesh& heart);
Body whole(const artifacts::VesselMesh& vessel);
/// Cells of these regions, with their faces outward.
Body part(const Body& body, const std::string& name, std::vector<std::int32_t> regions);
/// Of a cell: the mean of its points' directions, which have no sign. Zero where they have none.
std::vector<Vec3> cell_directions(const Body& body, const std::vector<Vec3>& directions);

/// Each makes the folders it needs and throws core::Error (input) where a file cannot be written. Local.
void write_vtu(const Body& body, const std::filesystem::path& file);
void write_opencarp(const Body& wall, const std::filesystem::path& folder);
void write_svmultiphysics(const Body& body, const std::filesystem::path& folder);

}  // namespace cardiotwin::interchange
