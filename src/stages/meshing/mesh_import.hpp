#pragma once
/// A mesh of a heart or a vessel made elsewhere, from a VTK XML unstructured grid (.vtu). What the file must hold is in
/// docs/theory/meshing.md.

#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/vessel_mesh.hpp"

namespace cardiotwin::meshing {

/// Points times `scale` are mm. Cells come out positively oriented and triangles turned as the artifact wants them,
/// whatever their order in the file; fibre and sheet are empty where the file has none. Throws core::Error (input) that
/// names the file and what it lacks.
artifacts::HeartMesh import_vtu(const std::filesystem::path& file, double scale, std::vector<std::string>& warnings);

/// Likewise a vessel: surface tag t of the file is called names[t - 1]; other cell and point data are ignored.
artifacts::VesselMesh import_vessel(const std::filesystem::path& file, double scale,
                                    const std::vector<std::string>& names, std::vector<std::string>& warnings);

}  // namespace cardiotwin::meshing
