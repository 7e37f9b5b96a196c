#include "cardiotwin/interchange/interchange.hpp"

namespace cardiotwin::interchange {

Body whole(const artifacts::HeartMesh& heart) {
  Body body{"heart",
            {heart.points, heart.cells, heart.region, heart.triangles, heart.surface},
            {""},
            heart.fibre,
            heart.sheet};
  for (std::int32_t tag = 1; tag <= artifacts::last_surface; ++tag)
    body.faces.emplace_back(artifacts::surface_name(tag));
  return body;
}

/// Tags begin at 1, as for a heart.
Body whole(const artifacts::VesselMesh& vessel) {
  const std::vector<std::int32_t> region(vessel.cells.size(), 1);
  Body body{"lumen", {vessel.points, vessel.cells, region, vessel.triangles, vessel.surface}, {""}, {}, {}};
  for (std::int32_t& tag : body.mesh.surface) ++tag;
  body.faces.insert(body.faces.end(), vessel.surface_names.begin(), vessel.surface_names.end());
  return body;
}

Body part(const Body& body, const std::string& name, std::vector<std::int32_t> regions) {
  mesh::SubMesh sub = mesh::extract(body.mesh, regions);
  Body result{name, std::move(sub.mesh), body.faces, {}, {}};
  const auto at_points = [&](const std::vector<Vec3>& of_body, std::vector<Vec3>& of_part) {
    for (std::int32_t p : sub.parent_point)
      if (!of_body.empty()) of_part.push_back(of_body[p]);
  };
  at_points(body.fibre, result.fibre);
  at_points(body.sheet, result.sheet);
  return result;
}

std::vector<Vec3> cell_directions(const Body& body, const std::vector<Vec3>& directions) {
  std::vector<Vec3> mean;
  for (const mesh::Cell& cell : body.mesh.cells) {
    Vec3 sum{};
    for (std::int32_t p : cell) sum = sum + (core::dot(sum, directions[p]) < 0 ? -1.0 : 1.0) * directions[p];
    mean.push_back(core::norm(sum) > 0 ? core::normalised(sum) : sum);
  }
  return mean;
}

}  // namespace cardiotwin::interchange
