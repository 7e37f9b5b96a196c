#include "laplace.hpp"

#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::meshing {
namespace {

fem::AffineCell affine(const mesh::TetMesh& mesh, const mesh::Cell& c) {
  return fem::affine_cell(mesh.points[c[0]], mesh.points[c[1]], mesh.points[c[2]], mesh.points[c[3]]);
}

}  // namespace

std::vector<double> harmonic(const mesh::TetMesh& mesh, std::span<const Given> given) {
  const core::Comm self(MPI_COMM_SELF);
  const fem::Space space(self, mesh, 1);
  const fem::Matrix stiffness = space.make_matrix();
  const auto nodes = space.cell_nodes();
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const fem::AffineCell cell = affine(mesh, mesh.cells[space.cells()[c]]);
    std::array<PetscScalar, 16> local;
    std::array<PetscInt, 4> rows;
    for (int i = 0; i < 4; ++i) {
      rows[i] = nodes[4 * c + i];
      for (int j = 0; j < 4; ++j) local[4 * i + j] = cell.volume * core::dot(cell.gradients[i], cell.gradients[j]);
    }
    fem::check(MatSetValuesLocal(stiffness, 4, rows.data(), 4, rows.data(), local.data(), ADD_VALUES));
  }
  fem::check(MatAssemblyBegin(stiffness, MAT_FINAL_ASSEMBLY));
  fem::check(MatAssemblyEnd(stiffness, MAT_FINAL_ASSEMBLY));

  std::vector<double> start(mesh.points.size(), 0.5);
  std::vector<char> is_given(mesh.points.size(), 0);
  for (const auto& [point, value] : given) start[point] = value, is_given[point] = 1;
  std::vector<PetscInt> rows;
  for (std::int32_t n = 0; n < space.owned(); ++n)
    if (is_given[space.node()[n]]) rows.push_back(n);
  const fem::Vector x = space.make_vector(), b = space.make_vector();
  space.scatter(start, x);
  fem::check(MatZeroRowsColumnsLocal(stiffness, static_cast<PetscInt>(rows.size()), rows.data(), 1.0, x, b));
  fem::LinearSolver solver(self, "meshing_laplace_", "-ksp_type cg -pc_type icc -ksp_rtol 1e-10 -ksp_max_it 5000");
  solver.set_matrix(stiffness);
  solver.solve(b, x);
  return space.gather(x);
}

std::vector<Vec3> point_gradient(const mesh::TetMesh& mesh, std::span<const double> values) {
  std::vector<Vec3> sum(mesh.points.size(), Vec3{0, 0, 0});
  std::vector<double> weight(mesh.points.size(), 0);
  for (const mesh::Cell& c : mesh.cells) {
    const fem::AffineCell cell = affine(mesh, c);
    Vec3 gradient{};
    for (int i = 0; i < 4; ++i) gradient = gradient + values[c[i]] * cell.gradients[i];
    for (const auto p : c) {
      sum[p] = sum[p] + cell.volume * gradient;
      weight[p] += cell.volume;
    }
  }
  for (std::size_t p = 0; p < sum.size(); ++p)
    if (weight[p] > 0) sum[p] = (1 / weight[p]) * sum[p];
  return sum;
}

}  // namespace cardiotwin::meshing
