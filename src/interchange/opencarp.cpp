#include <spdlog/fmt/fmt.h>

#include <set>

#include "cardiotwin/interchange/interchange.hpp"
#include "cardiotwin/io/files.hpp"

namespace cardiotwin::interchange {

namespace {

constexpr double um_per_mm = 1000;

std::string points_text(const Body& wall) {
  std::string text = fmt::format("{}\n", wall.mesh.points.size());
  for (const Vec3& x : wall.mesh.points)
    text += fmt::format("{:.9g} {:.9g} {:.9g}\n", um_per_mm * x[0], um_per_mm * x[1], um_per_mm * x[2]);
  return text;
}

std::string elements_text(const Body& wall) {
  std::string text = fmt::format("{}\n", wall.mesh.cells.size());
  for (std::size_t c = 0; c < wall.mesh.cells.size(); ++c)
    text += fmt::format("Tt {} {}\n", fmt::join(wall.mesh.cells[c], " "), wall.mesh.region[c]);
  return text;
}

/// Two directions a cell: along the fibres and, orthogonal to them, along the sheets.
std::string directions_text(const Body& wall) {
  const auto fibres = cell_directions(wall, wall.fibre), sheets = cell_directions(wall, wall.sheet);
  std::string text = "2\n";
  for (std::size_t c = 0; c < fibres.size(); ++c) {
    const Vec3 across = sheets[c] - core::dot(sheets[c], fibres[c]) * fibres[c];
    const Vec3 sheet = core::norm(across) > 0 ? core::normalised(across) : across;
    text += fmt::format("{:.7f} {:.7f}\n", fmt::join(fibres[c], " "), fmt::join(sheet, " "));
  }
  return text;
}

std::string nodes_text(const Body& wall, std::int32_t tag) {
  std::set<std::int32_t> nodes;
  for (std::size_t t = 0; t < wall.mesh.triangles.size(); ++t)
    if (wall.mesh.surface[t] == tag) nodes.insert(wall.mesh.triangles[t].begin(), wall.mesh.triangles[t].end());
  if (nodes.empty()) return {};
  return fmt::format("{}\nextra\n{}\n", nodes.size(), fmt::join(nodes, "\n"));
}

}  // namespace

void write_opencarp(const Body& wall, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  io::replace_file(folder / (wall.name + ".pts"), points_text(wall));
  io::replace_file(folder / (wall.name + ".elem"), elements_text(wall));
  if (!wall.fibre.empty()) io::replace_file(folder / (wall.name + ".lon"), directions_text(wall));
  for (std::size_t tag = 0; tag < wall.faces.size(); ++tag)
    if (const std::string nodes = nodes_text(wall, static_cast<std::int32_t>(tag)); !nodes.empty())
      io::replace_file(folder / (wall.faces[tag] + ".vtx"), nodes);
}

}  // namespace cardiotwin::interchange
