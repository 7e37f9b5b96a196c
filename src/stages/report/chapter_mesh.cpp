#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "chapters.hpp"
#include "flow_scenes.hpp"
#include "measures.hpp"
#include "plots.hpp"
#include "scenes.hpp"

namespace cardiotwin::report {

namespace {

std::string quality_plot(std::span<const Vec3> points, std::span<const Cell> cells, const StageRecord& record) {
  std::string angles = "The smallest of each tetrahedron's six angles.";
  // Structured meshes make no attempts: their elements may be flat on purpose.
  if (record.quantity("attempts"))
    angles += " The gate asks for more than 15 degrees everywhere, unless smallest_dihedral_deg is set.";
  return plot(
      histogram({"Quality of the tetrahedra", "smallest dihedral angle [deg]", "share of cells [%]", {}, true, false},
                smallest_dihedral_angles(points, cells), {}),
      angles);
}

std::string vessel_html(Draft& draft, const StageRecord& record) {
  const auto& mesh = *draft.dossier.vessel;
  const int height = draft.options.picture_height;
  std::string html = draft.picture(
      [&] {
        return vessel_picture(mesh, draft.view, 0.6, "surfaces_above", "The named surfaces, from above.", height);
      },
      "");
  html += draft.picture(
      [&] {
        return vessel_picture(mesh, from_behind(draft.view), -0.6, "surfaces_below",
                              "The named surfaces, from the other side and below.", height);
      },
      "");
  html += draft.picture([&] { return vessel_cut_picture(mesh, draft.view, height); }, "");
  std::vector<std::vector<std::string>> rows;
  for (std::size_t s = 0; s < mesh.surface_names.size(); ++s) {
    const auto triangles = std::ranges::count(mesh.surface, static_cast<std::int32_t>(s));
    const auto* area = record.quantity("area." + mesh.surface_names[s]);
    rows.push_back(
        {escape(words(mesh.surface_names[s])), std::to_string(triangles), area ? number(area->value) + " mm^2" : ""});
  }
  html = fmt::format("<p>{} points, {} tetrahedra, {} triangles on {} surfaces.</p>\n", mesh.points.size(),
                     mesh.cells.size(), mesh.triangles.size(), mesh.surface_names.size()) +
         row(html, 3) + "<h3>Surfaces</h3>" + table({"surface", "triangles", "area"}, rows);
  return html + grid(quality_plot(mesh.points, mesh.cells, record));
}

}  // namespace

std::string mesh_html(Draft& draft, const StageRecord& record) {
  if (draft.dossier.vessel) return vessel_html(draft, record);
  if (!draft.dossier.mesh) return {};
  const auto& mesh = *draft.dossier.mesh;
  std::string html = draft.picture([&] { return mesh_picture(mesh, draft.view, draft.options.picture_height); });
  html += draft.picture([&] { return orifice_picture(mesh, draft.view, draft.options.picture_height); });
  html += draft.picture([&] { return fibre_picture(mesh, draft.view, false, draft.options.picture_height); });
  html += draft.picture([&] { return fibre_picture(mesh, draft.view, true, draft.options.picture_height); });
  return grid(html + quality_plot(mesh.points, mesh.cells, record));
}

}  // namespace cardiotwin::report
