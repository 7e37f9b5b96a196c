#pragma once
/// Matrix assembly that gives the same bits every time.

#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::fem {

/// Adds element blocks to a matrix of Space::make_matrix. PETSc adds contributions to another rank's rows in the order
/// in which messages arrive, so that on three ranks and more two equal runs differ by rounding; here they are added in
/// the order of ranks. Use: construct, add() every cell's block, finish(); may be reused for the next assembly.
class MatrixAssembly {
 public:
  MatrixAssembly(const Space& space, Mat matrix, int components = 1);
  /// Local. `block` is (n components) x (n components), row major, over local `nodes`.
  void add(std::span<const std::int32_t> nodes, std::span<const double> block);
  /// Local. One row of blocks: `values` is components x (columns components), row major, at local nodes.
  void add_row(std::int32_t row, std::span<const std::int32_t> columns, std::span<const double> values);
  /// Collective. Sends what belongs to others and assembles the matrix.
  void finish();

 private:
  int owner(PetscInt row) const;
  /// Keeps a row of the columns in columns_ for its owner.
  void put_aside(PetscInt row, std::span<const double> values);
  const Space& space_;
  Mat matrix_;
  int components_;
  std::vector<PetscInt> first_row_;  ///< (block) rows of each rank
  std::vector<PetscInt> rows_, columns_;
  std::vector<std::vector<PetscInt>> indices_;  ///< to each rank: row, number of columns, columns
  std::vector<std::vector<double>> values_;     ///< to each rank: components x (columns components) a row
};

}  // namespace cardiotwin::fem
