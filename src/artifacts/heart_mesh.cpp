#include "cardiotwin/artifacts/heart_mesh.hpp"

#include <algorithm>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/vtkhdf.hpp"

namespace cardiotwin::artifacts {
namespace {

std::string at(std::string_view dataset) { return "/state/heart_mesh/" + std::string(dataset); }

/// What quadratic elements see, and its names in the file.
template <class Mesh>
auto fine_fields(Mesh& mesh) {
  return std::array{std::pair{"edge_points", &mesh.edge_points}, std::pair{"cell_fibre", &mesh.cell_fibre},
                    std::pair{"cell_sheet", &mesh.cell_sheet}};
}

std::size_t number_of_edges(const HeartMesh& mesh) {
  std::vector<std::array<std::int32_t, 2>> edges;
  edges.reserve(6 * mesh.cells.size());
  for (const auto& cell : mesh.cells)
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j) edges.push_back({std::min(cell[i], cell[j]), std::max(cell[i], cell[j])});
  std::sort(edges.begin(), edges.end());
  return static_cast<std::size_t>(std::unique(edges.begin(), edges.end()) - edges.begin());
}

[[noreturn]] void fail(const io::Reader& file, std::string_view dataset, const std::string& expected,
                       const std::string& found) {
  core::fail_integrity({file.path().string() + ": " + at(dataset), expected, found, "rerun meshing"});
}

void load_fine_fields(const io::Reader& file, HeartMesh& mesh) {
  for (const auto& [name, field] : fine_fields(mesh)) {
    field->clear();
    if (!file.has(at(name))) continue;
    *field = file.read_vec3(at(name));
    const bool edges = field == &mesh.edge_points;
    const std::size_t wanted = edges ? number_of_edges(mesh) : cell_points * mesh.cells.size();
    if (field->size() != wanted)
      fail(file, name, std::to_string(wanted) + (edges ? " values, one an edge" : " values, four a cell"),
           std::to_string(field->size()));
  }
}

}  // namespace

std::string_view region_name(std::int32_t region) {
  static constexpr std::string_view names[last_region + 1] = {
      "none", "lv_wall", "lv_blood", "rv_wall", "rv_blood", "left_atrium", "right_atrium", "aorta", "pulmonary_artery"};
  return region >= 1 && region <= last_region ? names[region] : names[0];
}

std::string_view surface_name(std::int32_t tag) {
  static constexpr std::string_view names[last_surface + 1] = {
      "untagged", "endocardium",      "epicardium", "base",      "mitral",      "aortic",
      "lid",      "rv_endocardium",   "tricuspid",  "pulmonary", "left_atrium", "right_atrium",
      "aorta",    "pulmonary_artery", "partition"};
  return tag >= 1 && tag <= last_surface ? names[tag] : names[0];
}

void save(io::Writer& file, const HeartMesh& mesh) {
  const std::vector<double> region(mesh.region.begin(), mesh.region.end());
  const std::vector<double> segment(mesh.aha_segment.begin(), mesh.aha_segment.end());
  io::write_unstructured_grid(
      file, mesh.points, mesh.cells,
      {io::field("fibre", mesh.fibre), io::field("sheet", mesh.sheet), io::field("transmural", mesh.transmural),
       io::field("apicobasal", mesh.apicobasal), io::field("rotational", mesh.rotational)},
      {io::field("region", region), io::field("aha_segment", segment)});
  file.write(at("cells"), mesh.cells);
  file.write(at("region"), mesh.region);
  file.write(at("triangles"), mesh.triangles);
  file.write(at("surface"), mesh.surface);
  file.write(at("aha_segment"), mesh.aha_segment);
  if (!mesh.tissue.empty()) file.write(at("tissue"), mesh.tissue);
  for (const auto& [name, field] : fine_fields(mesh))
    if (!field->empty()) file.write(at(name), *field);
  file.write(at("long_axis"), std::span<const double>(mesh.long_axis));
}

void load(const io::Reader& file, HeartMesh& mesh) {
  const std::string points = "/VTKHDF/PointData/";
  mesh.points = file.read_vec3("/VTKHDF/Points");
  mesh.cells = file.read_cells(at("cells"));
  mesh.region = file.read<std::int32_t>(at("region"));
  mesh.triangles = file.read_triangles(at("triangles"));
  mesh.surface = file.read<std::int32_t>(at("surface"));
  mesh.aha_segment = file.read<std::int32_t>(at("aha_segment"));
  mesh.tissue.clear();
  if (file.has(at("tissue"))) mesh.tissue = file.read<std::int32_t>(at("tissue"));
  mesh.fibre = file.read_vec3(points + "fibre");
  mesh.sheet = file.read_vec3(points + "sheet");
  mesh.transmural = file.read<double>(points + "transmural");
  mesh.apicobasal = file.read<double>(points + "apicobasal");
  mesh.rotational = file.read<double>(points + "rotational");
  const auto axis = file.read<double>(at("long_axis"));
  mesh.long_axis = {axis.at(0), axis.at(1), axis.at(2)};
  const auto n = static_cast<std::int32_t>(mesh.points.size());
  for (const auto& cell : mesh.cells)
    for (const auto p : cell)
      if (p < 0 || p >= n) fail(file, "cells", "point numbers below " + std::to_string(n), std::to_string(p));
  load_fine_fields(file, mesh);
}

}  // namespace cardiotwin::artifacts
