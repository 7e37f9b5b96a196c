#include "pattern.hpp"

#include <algorithm>

namespace cardiotwin::mechanics {

BlockPattern::BlockPattern(std::int32_t rows, std::span<const std::int32_t> row_nodes, int rows_per_cell,
                           std::span<const std::int32_t> column_nodes, int columns_per_cell) {
  std::vector<std::vector<std::int32_t>> neighbours(rows);
  const std::size_t cells = row_nodes.size() / rows_per_cell;
  for (std::size_t c = 0; c < cells; ++c)
    for (int a = 0; a < rows_per_cell; ++a) {
      auto& list = neighbours[row_nodes[c * rows_per_cell + a]];
      const auto columns = column_nodes.subspan(c * columns_per_cell, columns_per_cell);
      list.insert(list.end(), columns.begin(), columns.end());
    }
  start.assign(1, 0);
  for (auto& list : neighbours) {
    std::sort(list.begin(), list.end());
    column.insert(column.end(), list.begin(), std::unique(list.begin(), list.end()));
    start.push_back(static_cast<std::int32_t>(column.size()));
  }
}

std::int32_t BlockPattern::find(std::int32_t row, std::int32_t col) const {
  const auto first = column.begin() + start[row], last = column.begin() + start[row + 1];
  return static_cast<std::int32_t>(std::lower_bound(first, last, col) - column.begin());
}

}  // namespace cardiotwin::mechanics
