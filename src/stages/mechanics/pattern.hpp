#pragma once
/// Which nodes share a cell: rows of blocks with sorted columns.

#include <cstdint>
#include <span>
#include <vector>

namespace cardiotwin::mechanics {

struct BlockPattern {
  std::vector<std::int32_t> start, column;
  /// Rows are nodes of `row_nodes` (cells x rows_per_cell), columns nodes of `column_nodes`.
  BlockPattern() = default;
  BlockPattern(std::int32_t rows, std::span<const std::int32_t> row_nodes, int rows_per_cell,
               std::span<const std::int32_t> column_nodes, int columns_per_cell);
  std::size_t blocks() const { return column.size(); }
  /// Position of block (row, column); both must share a cell.
  std::int32_t find(std::int32_t row, std::int32_t col) const;
};

}  // namespace cardiotwin::mechanics
