#include "gate.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

std::string Verdict::text() const { return fmt::format("{}", fmt::join(faults, "; ")); }

Verdict judge(const mesh::TetMesh& mesh, const Limits& limits, const Target& target) {
  using namespace artifacts;
  Verdict verdict;
  auto& faults = verdict.faults;
  const mesh::Quality& q = verdict.quality = mesh::quality(mesh);
  if (q.inverted > 0) faults.push_back(fmt::format("{} inverted cells", q.inverted));
  if (q.smallest_dihedral_deg <= limits.smallest_dihedral_deg)
    faults.push_back(fmt::format("smallest dihedral angle {:.2f} deg, limit {:g} deg", q.smallest_dihedral_deg,
                                 limits.smallest_dihedral_deg));
  if (!(q.largest_aspect_ratio < limits.largest_aspect_ratio))
    faults.push_back(
        fmt::format("largest aspect ratio {:.1f}, limit {:g}", q.largest_aspect_ratio, limits.largest_aspect_ratio));

  const auto has = [&](std::int32_t region) { return std::ranges::count(mesh.region, region) > 0; };
  std::vector<std::int32_t> regions{region_lv_wall};
  for (const auto region : {region_lv_blood, region_rv_wall})
    if (has(region)) regions.push_back(region);
  for (const auto region : regions)
    if (const auto found = parts(mesh, region); found.size() != 1)
      faults.push_back(fmt::format("region {} has {} separate parts", region, found.size()));
  for (const auto tag : {surface_mitral, surface_aortic}) {
    if (!has(region_lv_blood)) break;
    const auto found = surface_parts(mesh, tag);
    if (found.size() != 1)
      faults.push_back(fmt::format("surface {} has {} parts instead of one", surface_name(tag), found.size()));
    else if (found[0] < limits.orifice_triangles)
      faults.push_back(fmt::format("surface {} has {} triangles, at least {} needed", surface_name(tag), found[0],
                                   limits.orifice_triangles));
  }
  if (has(region_rv_wall))
    if (const auto found = surface_parts(mesh, surface_rv_endocardium); found.size() != 1)
      faults.push_back(
          fmt::format("surface {} has {} parts instead of one", surface_name(surface_rv_endocardium), found.size()));
  for (std::string& defect : surface_defects(mesh)) faults.push_back(std::move(defect));

  verdict.wall_mm3 = mesh::volume(mesh, region_lv_wall);
  verdict.rv_wall_mm3 = mesh::volume(mesh, region_rv_wall);
  verdict.blood_mm3 = mesh::volume(mesh, region_lv_blood);
  auto compare = [&](const char* name, double volume, double wanted, double& error) {
    if (wanted <= 0) return;
    error = 100 * (volume - wanted) / wanted;
    if (std::abs(error) > limits.volume_error_percent)
      faults.push_back(fmt::format("{} volume {:.2f} ml is {:+.2f} % off the labels, limit {:g} %", name, volume / 1000,
                                   error, limits.volume_error_percent));
  };
  compare("wall", verdict.wall_mm3 + verdict.rv_wall_mm3, target.wall_mm3, verdict.wall_error_percent);
  compare("blood", verdict.blood_mm3, target.blood_mm3, verdict.blood_error_percent);
  return verdict;
}

}  // namespace cardiotwin::meshing
