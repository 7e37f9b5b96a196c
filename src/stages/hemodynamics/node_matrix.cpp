#include "node_matrix.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "cardiotwin/fem/assembly.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using GlobalPair = std::pair<PetscInt, PetscInt>;  ///< row and column of a block

/// The blocks of one part of a matrix, by rows, with the columns' global numbers.
class BlockRows {
 public:
  BlockRows(Mat part, bool blocked, const PetscInt* global_column, PetscInt first_column)
      : part_(part),
        blocked_(blocked ? PETSC_TRUE : PETSC_FALSE),
        global_column_(global_column),
        first_column_(first_column) {
    PetscBool done = PETSC_FALSE;
    fem::check(MatGetRowIJ(part_, 0, PETSC_FALSE, blocked_, &rows_, &start_, &column_, &done), "MatGetRowIJ");
  }
  ~BlockRows() {
    PetscBool done = PETSC_FALSE;
    MatRestoreRowIJ(part_, 0, PETSC_FALSE, blocked_, &rows_, &start_, &column_, &done);
  }
  BlockRows(const BlockRows&) = delete;
  BlockRows& operator=(const BlockRows&) = delete;

  std::int32_t find(PetscInt row, PetscInt global) const {
    const auto number = [&](PetscInt column) {
      return global_column_ ? global_column_[column] : first_column_ + column;
    };
    const PetscInt* end = column_ + start_[row + 1];
    const PetscInt* found = std::lower_bound(column_ + start_[row], end, global,
                                             [&](PetscInt column, PetscInt value) { return number(column) < value; });
    if (found == end || number(*found) != global) throw std::logic_error("NodeMatrix: block outside the pattern");
    return static_cast<std::int32_t>(found - column_);
  }

 private:
  Mat part_;
  PetscBool blocked_;
  const PetscInt* global_column_;
  PetscInt first_column_, rows_ = 0;
  const PetscInt *start_ = nullptr, *column_ = nullptr;
};

// PETSc's two families of functions: AIJ for numbers, BAIJ for blocks.
template <int Size>
void parts_of(Mat matrix, Mat& own, Mat& other, const PetscInt*& columns) {
  if constexpr (Size == 1)
    fem::check(MatMPIAIJGetSeqAIJ(matrix, &own, &other, &columns), "MatMPIAIJGetSeqAIJ");
  else
    fem::check(MatMPIBAIJGetSeqBAIJ(matrix, &own, &other, &columns), "MatMPIBAIJGetSeqBAIJ");
}
template <int Size>
void get_array(Mat matrix, double** values) {
  fem::check(Size == 1 ? MatSeqAIJGetArray(matrix, values) : MatSeqBAIJGetArray(matrix, values), "MatGetArray");
}
template <int Size>
void restore_array(Mat matrix, double** values) {
  fem::check(Size == 1 ? MatSeqAIJRestoreArray(matrix, values) : MatSeqBAIJRestoreArray(matrix, values), "MatArray");
}

}  // namespace

template <int Size>
NodeMatrix<Size>::NodeMatrix(const fem::Space& space, std::span<const std::int32_t> elements, int width)
    : comm_(space.comm()),
      width_(static_cast<std::size_t>(width)),
      matrix_(space.make_matrix(Size, Size == 1 ? MATAIJ : MATBAIJ)) {
  fill_pattern(space, elements);
  plan(space, elements);
}

/// PETSc keeps the places of what is set first, zeros too.
template <int Size>
void NodeMatrix<Size>::fill_pattern(const fem::Space& space, std::span<const std::int32_t> elements) {
  const std::vector<double> zeros(width_ * width_ * block_size, 0.0);
  fem::MatrixAssembly assembly(space, matrix_, Size);
  for (std::size_t first = 0; first < elements.size(); first += width_)
    assembly.add(elements.subspan(first, width_), zeros);
  for (std::int32_t n = 0; n < space.owned(); ++n)
    assembly.add({&n, 1}, std::span<const double>(zeros).first(block_size));
  assembly.finish();
}

template <int Size>
void NodeMatrix<Size>::plan(const fem::Space& space, std::span<const std::int32_t> elements) {
  const int ranks = comm_.size();
  const PetscInt* ranges = nullptr;
  const PetscInt* ghost_columns = nullptr;
  fem::check(MatGetOwnershipRanges(matrix_, &ranges), "MatGetOwnershipRanges");
  parts_[0].matrix = matrix_;
  if (ranks > 1) parts_of<Size>(matrix_, parts_[0].matrix, parts_[1].matrix, ghost_columns);
  const PetscInt first = ranges[comm_.rank()] / Size, last = ranges[comm_.rank() + 1] / Size;
  const BlockRows own(parts_[0].matrix, Size > 1, nullptr, first);
  const BlockRows other(ranks > 1 ? parts_[1].matrix : parts_[0].matrix, Size > 1, ghost_columns, first);
  const auto place = [&](PetscInt row, PetscInt column) -> Place {
    const bool mine = column >= first && column < last;
    return {mine ? 0 : 1, (mine ? own : other).find(row - first, column)};
  };

  // Rows of others, in global order: so they are in the order of their owners too.
  std::map<GlobalPair, std::int32_t> foreign;
  const auto global = space.global();
  const auto each_block = [&](auto&& visit) {
    for (std::size_t e = 0; e < elements.size(); e += width_)
      for (std::size_t a = 0; a < width_; ++a)
        for (std::size_t b = 0; b < width_; ++b)
          visit(elements[e + a] < space.owned(), GlobalPair{global[elements[e + a]], global[elements[e + b]]});
  };
  each_block([&](bool owned, const GlobalPair& pair) {
    if (!owned) foreign.emplace(pair, 0);
  });
  std::vector<PetscInt> pairs;
  send_count_.assign(ranks, 0);
  for (auto& [pair, number] : foreign) {
    number = static_cast<std::int32_t>(pairs.size() / 2);
    pairs.insert(pairs.end(), {pair.first, pair.second});
    const auto owner = std::upper_bound(ranges, ranges + ranks + 1, Size * pair.first) - ranges - 1;
    send_count_[owner] += block_size;
  }
  places_.reserve(width_ * elements.size());
  each_block([&](bool owned, const GlobalPair& pair) {
    places_.push_back(owned ? place(pair.first, pair.second) : Place{2, foreign.at(pair)});
  });
  for (std::int32_t n = 0; n < space.owned(); ++n) diagonal_.push_back(place(global[n], global[n]));

  // What others send: block_size doubles a block then, 2 numbers a block now.
  receive_count_.resize(ranks), send_start_.resize(ranks), receive_start_.resize(ranks);
  MPI_Alltoall(send_count_.data(), 1, MPI_INT, receive_count_.data(), 1, MPI_INT, comm_.get());
  std::exclusive_scan(send_count_.begin(), send_count_.end(), send_start_.begin(), 0);
  std::exclusive_scan(receive_count_.begin(), receive_count_.end(), receive_start_.begin(), 0);
  sent_.resize(foreign.size() * block_size);
  received_.resize(static_cast<std::size_t>(receive_start_.back() + receive_count_.back()));
  const auto numbers = [](std::vector<int> counts) {
    for (int& count : counts) count = count / block_size * 2;
    return counts;
  };
  std::vector<PetscInt> received_pairs(received_.size() / block_size * 2);
  MPI_Alltoallv(pairs.data(), numbers(send_count_).data(), numbers(send_start_).data(), MPIU_INT, received_pairs.data(),
                numbers(receive_count_).data(), numbers(receive_start_).data(), MPIU_INT, comm_.get());
  for (std::size_t i = 0; i < received_pairs.size(); i += 2)
    received_places_.push_back(place(received_pairs[i], received_pairs[i + 1]));
}

template <int Size>
void NodeMatrix<Size>::begin() {
  fem::check(MatZeroEntries(matrix_), "MatZeroEntries");
  std::fill(sent_.begin(), sent_.end(), 0.0);
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    if (!parts_[p].matrix) continue;
    get_array<Size>(parts_[p].matrix, &parts_[p].values);
    base_[p] = parts_[p].values;
  }
  base_[2] = sent_.data();
}

template <int Size>
void NodeMatrix<Size>::add(std::size_t e, const double* blocks) {
  const std::size_t count = width_ * width_;
  const Place* places = places_.data() + count * e;
  for (std::size_t k = 0; k < count; ++k, blocks += block_size) {
    double* values = at(places[k]);
    for (int i = 0; i < block_size; ++i) values[i] += blocks[i];
  }
}

template <int Size>
void NodeMatrix<Size>::add_diagonal(std::int32_t node, int component, double value) {
  at(diagonal_[node])[(Size + 1) * component] += value;
}

template <int Size>
void NodeMatrix<Size>::finish() {
  MPI_Alltoallv(sent_.data(), send_count_.data(), send_start_.data(), MPI_DOUBLE, received_.data(),
                receive_count_.data(), receive_start_.data(), MPI_DOUBLE, comm_.get());
  for (std::size_t k = 0; k < received_places_.size(); ++k) {
    double* values = at(received_places_[k]);
    for (int i = 0; i < block_size; ++i) values[i] += received_[block_size * k + i];
  }
  for (Part& part : parts_) {
    if (!part.matrix) continue;
    restore_array<Size>(part.matrix, &part.values);
    fem::check(MatAssemblyBegin(part.matrix, MAT_FINAL_ASSEMBLY), "MatAssemblyBegin");  // tells that it has changed
    fem::check(MatAssemblyEnd(part.matrix, MAT_FINAL_ASSEMBLY), "MatAssemblyEnd");
  }
  fem::check(MatAssemblyBegin(matrix_, MAT_FINAL_ASSEMBLY), "MatAssemblyBegin");
  fem::check(MatAssemblyEnd(matrix_, MAT_FINAL_ASSEMBLY), "MatAssemblyEnd");
}

template class NodeMatrix<1>;
template class NodeMatrix<4>;

}  // namespace cardiotwin::hemodynamics
