#pragma once
/// A scalar matrix over the nodes of a space that is assembled again at every step: element matrices lie in one flat
/// array, and PETSc's coordinate format adds them into rows by a permutation computed once.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::hemodynamics {

class NodalMatrix {
 public:
  /// Collective. `elements` are local nodes, `width` an element (4: tetrahedra, 3: triangles).
  NodalMatrix(const fem::Space& space, std::span<const std::int32_t> elements, int width);

  /// Entries of element `e`, row major (width x width).
  std::span<double> element(std::size_t e) {
    return {values_.data() + e * width_ * width_, static_cast<std::size_t>(width_) * width_};
  }
  /// What is added to the diagonal of each owned node.
  std::span<double> diagonal() { return {values_.data() + values_.size() - owned_, static_cast<std::size_t>(owned_)}; }
  /// Collective. Adds everything up.
  void assemble();
  Mat get() const { return matrix_.get(); }

 private:
  int width_;
  std::int32_t owned_;
  std::vector<double> values_;
  fem::Matrix matrix_;
};

}  // namespace cardiotwin::hemodynamics
