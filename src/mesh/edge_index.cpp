#include "cardiotwin/mesh/edge_index.hpp"

#include <algorithm>
#include <numeric>

namespace cardiotwin::mesh {

EdgeIndex::EdgeIndex(const TetMesh& mesh) : first_(mesh.points.size() + 1, 0) {
  // Bucket the upper ends by lower end (a counting sort), then sort the short buckets: linear in the number of cells.
  std::vector<std::int64_t> start(mesh.points.size() + 1, 0);
  for (const Cell& cell : mesh.cells)
    for (auto [i, j] : cell_edges) ++start[std::min(cell[i], cell[j]) + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::int32_t> upper(start.back());
  std::vector<std::int64_t> fill(start.begin(), start.end() - 1);
  for (const Cell& cell : mesh.cells)
    for (auto [i, j] : cell_edges) upper[fill[std::min(cell[i], cell[j])]++] = std::max(cell[i], cell[j]);
  edges_.reserve(upper.size() / 4);
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    const auto begin = upper.begin() + start[p];
    const auto end = upper.begin() + start[p + 1];
    std::sort(begin, end);
    for (auto b = begin; b != end; ++b)
      if (b == begin || *b != *(b - 1)) edges_.push_back({static_cast<std::int32_t>(p), *b});
    first_[p + 1] = static_cast<std::int32_t>(edges_.size());
  }
}

std::int32_t EdgeIndex::find(std::int32_t a, std::int32_t b) const {
  if (a > b) std::swap(a, b);
  const auto begin = edges_.begin() + first_[a];
  const auto end = edges_.begin() + first_[a + 1];
  return static_cast<std::int32_t>(std::lower_bound(begin, end, Edge{a, b}) - edges_.begin());
}

std::vector<Edge> edges(const TetMesh& mesh) { return EdgeIndex(mesh).edges(); }

std::vector<std::array<std::int32_t, 2>> triangle_cells(const TetMesh& mesh) {
  // Tagged triangles by their lowest point; only few cells have a face among them, so most faces are dismissed at once.
  std::vector<std::int32_t> start(mesh.points.size() + 1, 0);
  const auto lowest = [](const Triangle& t) { return std::min({t[0], t[1], t[2]}); };
  const auto sorted = [](Triangle t) {
    std::sort(t.begin(), t.end());
    return t;
  };
  for (const Triangle& t : mesh.triangles) ++start[lowest(t) + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::int32_t> bucket(mesh.triangles.size());
  std::vector<std::int32_t> fill(start.begin(), start.end() - 1);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    bucket[fill[lowest(mesh.triangles[t])]++] = static_cast<std::int32_t>(t);
  std::vector<std::array<std::int32_t, 2>> found(mesh.triangles.size(), {-1, -1});
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    for (auto [i, j, k] : cell_faces) {
      const Cell& cell = mesh.cells[c];
      const Triangle face = sorted({cell[i], cell[j], cell[k]});
      for (std::int32_t n = start[face[0]]; n < start[face[0] + 1]; ++n)
        if (sorted(mesh.triangles[bucket[n]]) == face)
          found[bucket[n]][found[bucket[n]][0] < 0 ? 0 : 1] = static_cast<std::int32_t>(c);
    }
  }
  return found;
}

}  // namespace cardiotwin::mesh
