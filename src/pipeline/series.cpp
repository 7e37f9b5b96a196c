#include "series.hpp"

#include <algorithm>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "checkpoint.hpp"

namespace cardiotwin::pipeline {
namespace {

/// A series on the mesh at `points` and `cells` of `mesh_file`; paths of the fields are relative to `group`.
io::Series series_of(const std::filesystem::path& run_folder, const std::string& mesh_file, const std::string& points,
                     const std::string& cells, const std::string& series_file, const std::string& group,
                     std::vector<io::SeriesField> fields) {
  const io::Reader mesh(run_folder / mesh_file), results(run_folder / series_file);
  for (auto& field : fields) field.path = group + field.path;
  return {.mesh_file = mesh_file,
          .points = points,
          .cells = cells,
          .point_count = mesh.shape(points)[0],
          .cell_count = mesh.shape(cells)[0],
          .series_file = series_file,
          .times_ms = results.read<double>(group + "frame_times_ms"),
          .fields = std::move(fields)};
}

}  // namespace

void write_series(const std::filesystem::path& run_folder, const StageTable& table, const StageTable::Entry& entry) {
  const auto& writes = entry.contract.writes;
  const std::string own = entry.contract.name + ".h5";
  const auto path = run_folder / (entry.contract.name + ".xdmf");
  if (std::ranges::find(writes, artifacts::WallMotion::id) != writes.end()) {
    const std::string mesh = table.writer_of(artifacts::HeartMesh::id) + ".h5";
    io::write_xdmf(path,
                   series_of(run_folder, mesh, "/VTKHDF/Points", "/state/heart_mesh/cells", own, "/state/wall_motion/",
                             {{.name = "displacement", .path = "displacement", .components = 3},
                              {.name = "fibre_strain", .path = "fibre_strain", .components = 1}}));
  }
  if (std::ranges::find(writes, artifacts::Flow::id) != writes.end())
    io::write_xdmf(path, series_of(run_folder, own, "/state/flow/points", "/state/flow/cells", own, "/state/flow/",
                                   {{.name = "velocity", .path = "velocity", .components = 3},
                                    {.name = "displacement", .path = "displacement", .components = 3},
                                    {.name = "pressure_kPa", .path = "pressure_kPa", .components = 1}}));
}

}  // namespace cardiotwin::pipeline
