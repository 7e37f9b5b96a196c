#include "gate.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"

namespace cardiotwin::meshing {

std::string Verdict::text() const { return fmt::format("{}", fmt::join(faults, "; ")); }

double Verdict::volume(std::int32_t region) const {
  const auto found = volume_mm3.find(region);
  return found == volume_mm3.end() ? 0 : found->second;
}

double Verdict::largest_error_percent() const {
  double largest = 0;
  for (const auto& [region, error] : error_percent) largest = std::max(largest, std::abs(error));
  return largest;
}

double interface_roughness(const mesh::TetMesh& mesh) {
  std::map<std::pair<std::int32_t, mesh::Edge>, std::vector<std::size_t>> beside;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    for (int e = 0; e < 3; ++e) {
      const auto [a, b] = std::minmax(mesh.triangles[t][e], mesh.triangles[t][(e + 1) % 3]);
      beside[{mesh.surface[t], {a, b}}].push_back(t);
    }
  std::vector<double> angles;
  for (const auto& [edge, triangles] : beside) {
    if (triangles.size() != 2) continue;
    const Vec3 n = mesh::vector_area(mesh.points, mesh.triangles[triangles[0]]);
    const Vec3 m = mesh::vector_area(mesh.points, mesh.triangles[triangles[1]]);
    angles.push_back(std::atan2(core::norm(core::cross(n, m)), core::dot(n, m)) * 180 / std::numbers::pi);
  }
  if (angles.empty()) return 0;
  const auto at = angles.begin() + static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(angles.size() - 1));
  std::nth_element(angles.begin(), at, angles.end());
  return *at;
}

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
  for (std::int32_t region = region_lv_wall; region <= last_region; ++region) {
    if (region != region_lv_wall && !has(region)) continue;
    if (const auto found = parts(mesh, region); found.size() != 1)
      faults.push_back(fmt::format("region {} has {} separate parts", region_name(region), found.size()));
  }
  for (const auto& [tag, side] : {std::pair{surface_mitral, region_lv_blood},
                                  {surface_aortic, region_lv_blood},
                                  {surface_tricuspid, region_rv_blood},
                                  {surface_pulmonary, region_rv_blood}}) {
    if (!has(side)) continue;
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

  verdict.roughness_deg = interface_roughness(mesh);
  for (std::int32_t region = region_lv_wall; region <= last_region; ++region)
    if (has(region)) verdict.volume_mm3[region] = mesh::volume(mesh, region);
  for (const auto& [region, wanted] : target) {
    const double rv_wall = region == region_lv_wall ? verdict.volume(region_rv_wall) : 0;
    const double volume = verdict.volume(region) + rv_wall;
    const double error = verdict.error_percent[region] = 100 * (volume - wanted) / wanted;
    if (std::abs(error) > limits.volume_error_percent)
      faults.push_back(fmt::format("{} volume {:.2f} ml is {:+.2f} % off the labels, limit {:g} %",
                                   region == region_lv_wall ? "wall" : region_name(region), volume / 1000, error,
                                   limits.volume_error_percent));
  }
  return verdict;
}

}  // namespace cardiotwin::meshing
