#pragma once
/// How a voxel grid stands in a checkpoint; shared by the artifacts that are volumes.

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/io/vtkhdf.hpp"

namespace cardiotwin::artifacts {

void save_geometry(io::Writer& file, const std::string& group, const Geometry& geometry);
Geometry load_geometry(const io::Reader& file, const std::string& group);
/// /VTKHDF with the fields on this grid.
void show_image(io::Writer& file, const Geometry& geometry, const std::vector<io::ImageField>& fields);

}  // namespace cardiotwin::artifacts
