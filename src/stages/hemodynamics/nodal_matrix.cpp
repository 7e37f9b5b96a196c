#include "nodal_matrix.hpp"

namespace cardiotwin::hemodynamics {

NodalMatrix::NodalMatrix(const fem::Space& space, std::span<const std::int32_t> elements, int width)
    : width_(width), owned_(space.owned()) {
  const auto global = space.global();
  std::vector<PetscInt> rows, columns;
  rows.reserve(elements.size() * width + owned_);
  columns.reserve(rows.capacity());
  for (std::size_t first = 0; first < elements.size(); first += width) {
    for (int a = 0; a < width; ++a) {
      for (int b = 0; b < width; ++b) {
        rows.push_back(global[elements[first + a]]);
        columns.push_back(global[elements[first + b]]);
      }
    }
  }
  for (std::int32_t n = 0; n < owned_; ++n) {
    rows.push_back(global[n]);
    columns.push_back(global[n]);
  }
  values_.assign(rows.size(), 0.0);
  fem::check(MatCreate(space.comm().get(), matrix_.out()), "MatCreate");
  fem::check(MatSetSizes(matrix_, owned_, owned_, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes");
  fem::check(MatSetType(matrix_, MATAIJ), "MatSetType");
  fem::check(MatSetPreallocationCOO(matrix_, static_cast<PetscCount>(rows.size()), rows.data(), columns.data()),
             "MatSetPreallocationCOO");
}

void NodalMatrix::assemble() { fem::check(MatSetValuesCOO(matrix_, values_.data(), INSERT_VALUES), "MatSetValuesCOO"); }

}  // namespace cardiotwin::hemodynamics
