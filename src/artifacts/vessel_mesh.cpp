#include "cardiotwin/artifacts/vessel_mesh.hpp"

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/vtkhdf.hpp"

namespace cardiotwin::artifacts {
namespace {

std::string at(const char* dataset) { return std::string("/state/vessel_mesh/") + dataset; }

void require_below(const io::Reader& file, const char* dataset, std::int32_t value, std::size_t bound) {
  if (value >= 0 && static_cast<std::size_t>(value) < bound) return;
  core::fail_integrity({file.path().string() + ": " + at(dataset), "numbers below " + std::to_string(bound),
                        std::to_string(value), "rerun meshing"});
}

}  // namespace

void save(io::Writer& file, const VesselMesh& mesh) {
  io::write_unstructured_grid(file, mesh.points, mesh.cells, {}, {});
  file.write(at("cells"), mesh.cells);
  file.write(at("triangles"), mesh.triangles);
  file.write(at("surface"), mesh.surface);
  file.write(at("surface_names"), mesh.surface_names);
}

void load(const io::Reader& file, VesselMesh& mesh) {
  mesh.points = file.read_vec3("/VTKHDF/Points");
  mesh.cells = file.read_cells(at("cells"));
  mesh.triangles = file.read_triangles(at("triangles"));
  mesh.surface = file.read<std::int32_t>(at("surface"));
  mesh.surface_names = file.read_texts(at("surface_names"));
  for (const auto& cell : mesh.cells)
    for (const std::int32_t p : cell) require_below(file, "cells", p, mesh.points.size());
  for (const auto& triangle : mesh.triangles)
    for (const std::int32_t p : triangle) require_below(file, "triangles", p, mesh.points.size());
  for (const std::int32_t s : mesh.surface) require_below(file, "surface", s, mesh.surface_names.size());
}

}  // namespace cardiotwin::artifacts
