#include "chapters.hpp"
#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {

std::string mesh_html(Draft& draft, const StageRecord& record) {
  if (!draft.dossier.mesh) return {};
  const auto& mesh = *draft.dossier.mesh;
  std::string html = draft.picture([&] { return mesh_picture(mesh, draft.view, draft.options.picture_height); });
  html += draft.picture([&] { return orifice_picture(mesh, draft.view, draft.options.picture_height); });
  html += draft.picture([&] { return fibre_picture(mesh, draft.view, false, draft.options.picture_height); });
  html += draft.picture([&] { return fibre_picture(mesh, draft.view, true, draft.options.picture_height); });
  std::string angles = "The smallest of each tetrahedron's six angles.";
  // Structured meshes make no attempts: their elements may be flat on purpose.
  if (record.quantity("attempts"))
    angles += " The gate asks for more than 15 degrees everywhere, unless smallest_dihedral_deg is set.";
  html += plot(
      histogram({"Quality of the tetrahedra", "smallest dihedral angle [deg]", "share of cells [%]", {}, true, false},
                smallest_dihedral_angles(mesh), {}),
      angles);
  return grid(html);
}

}  // namespace cardiotwin::report
