#include "cardiotwin/artifacts/heart_mesh.hpp"

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/vtkhdf.hpp"

namespace cardiotwin::artifacts {

std::string_view surface_name(std::int32_t tag) {
  static constexpr std::string_view names[] = {"untagged", "endocardium", "epicardium", "base",
                                               "mitral",   "aortic",      "lid",        "rv_endocardium"};
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
  const std::string group = "/state/heart_mesh";
  file.write(group + "/cells", mesh.cells);
  file.write(group + "/region", mesh.region);
  file.write(group + "/triangles", mesh.triangles);
  file.write(group + "/surface", mesh.surface);
  file.write(group + "/aha_segment", mesh.aha_segment);
  if (!mesh.tissue.empty()) file.write(group + "/tissue", mesh.tissue);
  file.write(group + "/long_axis", std::span<const double>(mesh.long_axis));
}

void load(const io::Reader& file, HeartMesh& mesh) {
  const std::string group = "/state/heart_mesh", points = "/VTKHDF/PointData/";
  mesh.points = file.read_vec3("/VTKHDF/Points");
  mesh.cells = file.read_cells(group + "/cells");
  mesh.region = file.read<std::int32_t>(group + "/region");
  mesh.triangles = file.read_triangles(group + "/triangles");
  mesh.surface = file.read<std::int32_t>(group + "/surface");
  mesh.aha_segment = file.read<std::int32_t>(group + "/aha_segment");
  mesh.tissue.clear();
  if (file.has(group + "/tissue")) mesh.tissue = file.read<std::int32_t>(group + "/tissue");
  mesh.fibre = file.read_vec3(points + "fibre");
  mesh.sheet = file.read_vec3(points + "sheet");
  mesh.transmural = file.read<double>(points + "transmural");
  mesh.apicobasal = file.read<double>(points + "apicobasal");
  mesh.rotational = file.read<double>(points + "rotational");
  const auto axis = file.read<double>(group + "/long_axis");
  mesh.long_axis = {axis.at(0), axis.at(1), axis.at(2)};
  const auto n = static_cast<std::int32_t>(mesh.points.size());
  for (const auto& cell : mesh.cells)
    for (const auto p : cell)
      if (p < 0 || p >= n)
        core::fail_integrity({file.path().string() + ": " + group + "/cells",
                              "point numbers below " + std::to_string(n), std::to_string(p), "rerun meshing"});
}

}  // namespace cardiotwin::artifacts
