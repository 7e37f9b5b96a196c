#pragma once
/// A heart mesh made elsewhere, from a VTK XML unstructured grid (.vtu). What the file must hold is in
/// docs/theory/meshing.md.

#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

/// Points times `scale` are mm. Cells come out positively oriented and triangles turned as the artifact wants them,
/// whatever their order in the file; fibre and sheet are empty where the file has none. Throws core::Error (input) that
/// names the file and what it lacks.
artifacts::HeartMesh import_vtu(const std::filesystem::path& file, double scale, std::vector<std::string>& warnings);

}  // namespace cardiotwin::meshing
