#pragma once
/// Sources of domains of flow that are no heart: their parameters, their gate, their findings.

#include <string>
#include <vector>

#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/config/config.hpp"
#include "cardiotwin/stage/context.hpp"

namespace cardiotwin::meshing {

/// Values of `meshing.source` that make a vessel_mesh in place of a heart_mesh.
const std::vector<std::string>& vessel_sources();
bool is_vessel(const std::string& source);
config::Spec vessel_parameters();

/// The mesh of the case's source, reported in the findings. Throws core::Error: configuration or input as the source
/// has it, numerical when a cell is inverted or too flat or the surface is open.
artifacts::VesselMesh make_vessel(stage::Context& context);

}  // namespace cardiotwin::meshing
