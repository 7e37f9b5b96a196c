#include "cardiotwin/fem/assembly.hpp"

#include <algorithm>
#include <numeric>

namespace cardiotwin::fem {

namespace {

/// Everyone's messages to this rank, in the order of ranks.
template <class T>
std::vector<T> exchange(const core::Comm& comm, const std::vector<std::vector<T>>& to, MPI_Datatype type) {
  const int size = comm.size();
  std::vector<int> send_count(size), send_start(size), receive_count(size), receive_start(size);
  std::vector<T> sent;
  for (int rank = 0; rank < size; ++rank) {
    send_count[rank] = static_cast<int>(to[rank].size());
    send_start[rank] = static_cast<int>(sent.size());
    sent.insert(sent.end(), to[rank].begin(), to[rank].end());
  }
  MPI_Alltoall(send_count.data(), 1, MPI_INT, receive_count.data(), 1, MPI_INT, comm.get());
  std::exclusive_scan(receive_count.begin(), receive_count.end(), receive_start.begin(), 0);
  std::vector<T> received(static_cast<std::size_t>(receive_start.back()) + receive_count.back());
  MPI_Alltoallv(sent.data(), send_count.data(), send_start.data(), type, received.data(), receive_count.data(),
                receive_start.data(), type, comm.get());
  return received;
}

}  // namespace

MatrixAssembly::MatrixAssembly(const Space& space, Mat matrix, int components)
    : space_(space),
      matrix_(matrix),
      components_(components),
      indices_(space.comm().size()),
      values_(space.comm().size()) {
  const PetscInt* ranges = nullptr;
  check(MatGetOwnershipRanges(matrix, &ranges), "MatGetOwnershipRanges");
  for (int rank = 0; rank <= space.comm().size(); ++rank) first_row_.push_back(ranges[rank] / components);
  check(MatSetOption(matrix, MAT_NO_OFF_PROC_ENTRIES, PETSC_TRUE), "MatSetOption");
}

int MatrixAssembly::owner(PetscInt row) const {
  return static_cast<int>(std::upper_bound(first_row_.begin(), first_row_.end(), row) - first_row_.begin()) - 1;
}

void MatrixAssembly::add(std::span<const std::int32_t> nodes, std::span<const double> block) {
  const std::size_t n = nodes.size(), row_values = components_ * components_ * n;
  rows_.clear(), columns_.clear();
  for (std::int32_t node : nodes) {
    columns_.push_back(space_.global()[node]);
    rows_.push_back(node < space_.owned() ? columns_.back() : -1);  // negative rows are left out by PETSc
  }
  check(MatSetValuesBlocked(matrix_, static_cast<PetscInt>(n), rows_.data(), static_cast<PetscInt>(n), columns_.data(),
                            block.data(), ADD_VALUES),
        "MatSetValuesBlocked");
  for (std::size_t i = 0; i < n; ++i) {
    if (nodes[i] < space_.owned()) continue;
    put_aside(columns_[i], block.subspan(i * row_values, row_values));
  }
}

void MatrixAssembly::add_row(std::int32_t row, std::span<const std::int32_t> columns, std::span<const double> values) {
  columns_.clear();
  for (std::int32_t node : columns) columns_.push_back(space_.global()[node]);
  const PetscInt global = space_.global()[row];
  if (row >= space_.owned()) return put_aside(global, values);
  check(MatSetValuesBlocked(matrix_, 1, &global, static_cast<PetscInt>(columns_.size()), columns_.data(), values.data(),
                            ADD_VALUES),
        "MatSetValuesBlocked");
}

void MatrixAssembly::put_aside(PetscInt row, std::span<const double> values) {
  const int rank = owner(row);
  auto& index = indices_[rank];
  index.push_back(row);
  index.push_back(static_cast<PetscInt>(columns_.size()));
  index.insert(index.end(), columns_.begin(), columns_.end());
  values_[rank].insert(values_[rank].end(), values.begin(), values.end());
}

void MatrixAssembly::finish() {
  const auto index = exchange(space_.comm(), indices_, MPIU_INT);
  const auto value = exchange(space_.comm(), values_, MPI_DOUBLE);
  for (auto& list : indices_) list.clear();
  for (auto& list : values_) list.clear();
  std::size_t v = 0;
  for (std::size_t i = 0; i < index.size();) {
    const PetscInt row = index[i], n = index[i + 1];
    check(MatSetValuesBlocked(matrix_, 1, &row, n, &index[i + 2], &value[v], ADD_VALUES), "MatSetValuesBlocked");
    i += 2 + n;
    v += static_cast<std::size_t>(components_) * components_ * n;
  }
  check(MatAssemblyBegin(matrix_, MAT_FINAL_ASSEMBLY), "MatAssemblyBegin");
  check(MatAssemblyEnd(matrix_, MAT_FINAL_ASSEMBLY), "MatAssemblyEnd");
}

}  // namespace cardiotwin::fem
