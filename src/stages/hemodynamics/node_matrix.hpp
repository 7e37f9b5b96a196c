#pragma once
/// A matrix of Size x Size blocks over the nodes of a space that is assembled again at every step. Where each block of
/// an element lies among PETSc's values is found once, so that adding it is no search; what belongs to other ranks is
/// sent in a fixed pattern and added in the order of ranks, so that equal runs give the same bits.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::hemodynamics {

template <int Size>
class NodeMatrix {
 public:
  static constexpr int block_size = Size * Size;

  /// Collective. `elements` are local nodes, `width` an element (4: tetrahedra, 3: triangles).
  NodeMatrix(const fem::Space& space, std::span<const std::int32_t> elements, int width);

  /// Collective. All entries become zero, and elements may be added.
  void begin();
  /// Local. The width x width blocks of element `e`, row after row; within a block column after column.
  void add(std::size_t e, const double* blocks);
  /// Local. To diagonal entry `component` of an owned node.
  void add_diagonal(std::int32_t node, int component, double value);
  /// Collective. Adds what other ranks hold of this rank's rows.
  void finish();
  Mat get() const { return matrix_.get(); }

 private:
  /// PETSc's values of the columns of this rank, or of the others'.
  struct Part {
    Mat matrix = nullptr;
    double* values = nullptr;
  };
  struct Place {
    std::int32_t part;   ///< 0 or 1: parts_; 2: sent_
    std::int32_t block;  ///< number of the block there
  };
  void fill_pattern(const fem::Space& space, std::span<const std::int32_t> elements);
  void plan(const fem::Space& space, std::span<const std::int32_t> elements);
  double* at(Place place) { return base_[place.part] + static_cast<std::size_t>(place.block) * block_size; }

  core::Comm comm_;
  std::size_t width_;
  fem::Matrix matrix_;
  std::array<Part, 2> parts_;
  std::array<double*, 3> base_{};  ///< where the blocks of each kind of place begin, between begin() and finish()
  std::vector<Place> places_;      ///< width x width an element
  std::vector<Place> diagonal_;    ///< one an owned node
  std::vector<double> sent_, received_;
  std::vector<int> send_count_, send_start_, receive_count_, receive_start_;  ///< in doubles, a rank
  std::vector<Place> received_places_;
};

extern template class NodeMatrix<1>;
extern template class NodeMatrix<4>;

}  // namespace cardiotwin::hemodynamics
