#include <algorithm>
#include <numeric>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mesh {

namespace {

using namespace core;

/// Gives the cells listed in `cells` to parts first .. first + parts - 1, cutting across the longest side of their box.
void bisect(std::span<std::int32_t> cells, const std::vector<Vec3>& centre, int first, int parts,
            std::vector<std::int32_t>& owner) {
  if (parts == 1) {
    for (std::int32_t c : cells) owner[c] = first;
    return;
  }
  Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  for (std::int32_t c : cells)
    for (int d = 0; d < 3; ++d) low[d] = std::min(low[d], centre[c][d]), high[d] = std::max(high[d], centre[c][d]);
  const Vec3 extent = high - low;
  const auto axis = std::max_element(extent.begin(), extent.end()) - extent.begin();
  const int left = parts / 2;
  const std::size_t cut = cells.size() * left / parts;
  // The cell number breaks ties, so that the order is total and the same on every rank.
  std::nth_element(cells.begin(), cells.begin() + cut, cells.end(), [&](std::int32_t a, std::int32_t b) {
    return centre[a][axis] != centre[b][axis] ? centre[a][axis] < centre[b][axis] : a < b;
  });
  bisect(cells.first(cut), centre, first, left, owner);
  bisect(cells.subspan(cut), centre, first + left, parts - left, owner);
}

}  // namespace

std::vector<std::int32_t> partition(const TetMesh& mesh, int parts) {
  std::vector<std::int32_t> owner(mesh.cells.size(), 0), cells(mesh.cells.size());
  if (parts == 1) return owner;
  std::vector<Vec3> centre(mesh.cells.size());
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const Cell& v = mesh.cells[c];
    centre[c] = 0.25 * (mesh.points[v[0]] + mesh.points[v[1]] + mesh.points[v[2]] + mesh.points[v[3]]);
  }
  std::iota(cells.begin(), cells.end(), 0);
  bisect(cells, centre, 0, parts, owner);
  return owner;
}

}  // namespace cardiotwin::mesh
