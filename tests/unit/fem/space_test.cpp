#include "cardiotwin/fem/space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cardiotwin/fem/assembly.hpp"
#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::fem {
namespace {

using namespace core;
using std::numbers::pi;

mesh::TetMesh cubes(int n) { return mesh::box({0, 0, 0}, {1, 1, 1}, {n, n, n}); }

std::array<Vec3, 4> corners(const mesh::TetMesh& mesh, std::int32_t cell) {
  const mesh::Cell& v = mesh.cells[cell];
  return {mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]};
}

Vec3 map(const std::array<Vec3, 4>& p, const Vec3& xi) {
  return (1 - xi[0] - xi[1] - xi[2]) * p[0] + xi[0] * p[1] + xi[1] * p[2] + xi[2] * p[3];
}

/// Integrates a(i, j) = sum_q w c0 N_i N_j + c1 grad N_i . grad N_j over this rank's cells.
Matrix assemble(const Space& space, const mesh::TetMesh& mesh, double c0, double c1) {
  const Quadrature rule = tetrahedron_quadrature(4);
  const int n = space.nodes_per_cell();
  Matrix matrix = space.make_matrix();
  std::vector<double> shape(n), block(n * n);
  std::vector<Vec3> reference(n), gradient(n);
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const auto p = corners(mesh, space.cells()[c]);
    const AffineCell affine = affine_cell(p[0], p[1], p[2], p[3]);
    std::fill(block.begin(), block.end(), 0);
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      tetrahedron_shape(space.order(), rule.points[q], shape, reference);
      for (int i = 0; i < n; ++i)
        gradient[i] = reference[i][0] * affine.gradients[1] + reference[i][1] * affine.gradients[2] +
                      reference[i][2] * affine.gradients[3];
      const double w = 6 * affine.volume * rule.weights[q];
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          block[i * n + j] += w * (c0 * shape[i] * shape[j] + c1 * dot(gradient[i], gradient[j]));
    }
    const PetscInt* nodes = &space.cell_nodes()[c * n];
    check(MatSetValuesLocal(matrix, n, nodes, n, nodes, block.data(), ADD_VALUES));
  }
  check(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  check(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  return matrix;
}

double exact(const Vec3& x) { return std::cos(pi * x[0]) * std::cos(2 * pi * x[1]) * std::cos(pi * x[2]); }
double source(const Vec3& x) { return (1 + 6 * pi * pi) * exact(x); }  // -laplace u + u, no flux

/// L2 error of the discrete solution of -laplace u + u = f with natural boundary conditions.
double laplace_error(Comm comm, int order, int n_cubes) {
  const auto mesh = cubes(n_cubes);
  const Space space(comm, mesh, order);
  const Matrix matrix = assemble(space, mesh, 1, 1);
  const Vector b = space.make_vector(), x = space.make_vector();
  const Quadrature rule = tetrahedron_quadrature(5);
  const int n = space.nodes_per_cell();
  std::vector<double> shape(n);
  std::vector<Vec3> unused(n);
  {
    LocalArray values(b);
    for (std::size_t c = 0; c < space.cells().size(); ++c) {
      const auto p = corners(mesh, space.cells()[c]);
      const double volume = mesh::signed_volume(mesh, mesh.cells[space.cells()[c]]);
      for (std::size_t q = 0; q < rule.points.size(); ++q) {
        tetrahedron_shape(order, rule.points[q], shape, unused);
        const double f = 6 * volume * rule.weights[q] * source(map(p, rule.points[q]));
        for (int i = 0; i < n; ++i) values[space.cell_nodes()[c * n + i]] += f * shape[i];
      }
    }
  }
  Space::add_ghosts(b);
  LinearSolver solver(comm, "test_laplace_", "-ksp_type cg -pc_type jacobi -ksp_rtol 1e-12 -ksp_max_it 2000");
  solver.set_matrix(matrix);
  EXPECT_GT(solver.solve(b, x, false), 3);
  Space::update_ghosts(x);
  double error = 0;
  LocalArray u(x);
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const auto p = corners(mesh, space.cells()[c]);
    const double volume = mesh::signed_volume(mesh, mesh.cells[space.cells()[c]]);
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      tetrahedron_shape(order, rule.points[q], shape, unused);
      double uh = 0;
      for (int i = 0; i < n; ++i) uh += shape[i] * u[space.cell_nodes()[c * n + i]];
      const double e = uh - exact(map(p, rule.points[q]));
      error += 6 * volume * rule.weights[q] * e * e;
    }
  }
  return std::sqrt(comm.sum(error));
}

class Order : public ::testing::TestWithParam<int> {};

TEST_P(Order, NumbersEveryNodeAndCellOnce) {
  const Comm comm;
  const auto mesh = cubes(4);
  const Space space(comm, mesh, GetParam());
  const auto expected = mesh.points.size() + (GetParam() == 2 ? mesh::edges(mesh).size() : 0);
  EXPECT_EQ(space.nodes(), static_cast<std::int32_t>(expected));
  EXPECT_EQ(comm.sum(std::int64_t{space.owned()}), space.nodes());
  EXPECT_EQ(comm.sum(static_cast<std::int64_t>(space.cells().size())), static_cast<std::int64_t>(mesh.cells.size()));
  EXPECT_EQ(comm.sum(static_cast<std::int64_t>(space.triangles().size())),
            static_cast<std::int64_t>(mesh.triangles.size()));
  std::vector<double> owners(space.nodes(), 0.0);
  for (std::int32_t i = 0; i < space.owned(); ++i) owners[space.node()[i]] += 1;
  comm.sum(owners);
  EXPECT_THAT(owners, ::testing::Each(1.0));
  for (std::size_t c = 0; c < space.cells().size(); ++c)
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(space.node()[space.cell_nodes()[c * space.nodes_per_cell() + i]], mesh.cells[space.cells()[c]][i]);
  for (std::size_t t = 0; t < space.triangles().size(); ++t)
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(space.node()[space.triangle_nodes()[t * space.nodes_per_triangle() + i]],
                mesh.triangles[space.triangles()[t]][i]);
  if (GetParam() == 2) {  // middle nodes lie in the middle
    for (std::size_t c = 0; c < space.cells().size(); ++c)
      for (int e = 0; e < 6; ++e) {
        const auto* nodes = &space.cell_nodes()[10 * c];
        const auto [i, j] = mesh::cell_edges[e];
        const Vec3 middle = 0.5 * (space.coordinates()[nodes[i]] + space.coordinates()[nodes[j]]);
        EXPECT_LT(norm(space.coordinates()[nodes[4 + e]] - middle), 1e-14);
      }
    const Space linear(comm, mesh, 1);
    EXPECT_TRUE(std::equal(space.cells().begin(), space.cells().end(), linear.cells().begin(), linear.cells().end()));
  }
}

TEST_P(Order, ScatterThenGatherGivesTheSame) {
  const Comm comm;
  const Space space(comm, cubes(3), GetParam());
  std::vector<double> values(3 * space.nodes());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.1 * static_cast<double>(i));
  const Vector vector = space.make_vector(3);
  space.scatter(values, vector, 3);
  const auto gathered = space.gather(vector, 3);
  EXPECT_EQ(gathered, comm.is_root() ? values : std::vector<double>{});
  {
    LocalArray local(vector);
    for (std::int32_t i = 3 * space.owned(); i < 3 * space.locals(); ++i) local[i] = -7;
  }
  Space::update_ghosts(vector);
  LocalArray local(vector);
  for (std::int32_t i = 0; i < 3 * space.locals(); ++i) EXPECT_EQ(local[i], values[3 * space.node()[i / 3] + i % 3]);
}

TEST_P(Order, AddingGhostsCountsTheCellsOfEachNode) {
  const Comm comm;
  const auto mesh = cubes(3);
  const Space space(comm, mesh, GetParam());
  const Vector count = space.make_vector();
  {
    LocalArray values(count);
    for (std::int32_t n : space.cell_nodes()) values[n] += 1;
  }
  Space::add_ghosts(count);
  PetscReal sum = 0;
  check(VecSum(count, &sum));
  EXPECT_EQ(sum, static_cast<double>(mesh.cells.size() * space.nodes_per_cell()));
  LocalArray values(count);
  for (std::int32_t i = space.owned(); i < space.locals(); ++i) EXPECT_EQ(values[i], 0);
}

TEST_P(Order, MassMatrixSumsToTheVolumeWithoutSpareRoom) {
  const Comm comm;
  const auto mesh = mesh::box({0, 0, 0}, {2, 3, 0.5}, {4, 5, 2});
  const Space space(comm, mesh, GetParam());
  const Matrix mass = assemble(space, mesh, 1, 0);
  const Vector one = space.make_vector(), row = space.make_vector();
  check(VecSet(one, 1));
  check(MatMult(mass, one, row));
  PetscReal sum = 0;
  check(VecSum(row, &sum));
  EXPECT_NEAR(sum, 3, 1e-12);
  MatInfo info;
  check(MatGetInfo(mass, MAT_GLOBAL_SUM, &info));
  EXPECT_EQ(info.mallocs, 0);
  EXPECT_EQ(info.nz_used, info.nz_allocated);
}

TEST_P(Order, LaplaceConvergesWithTheExpectedOrder) {
  const Comm comm;
  const int order = GetParam();
  const double coarse = laplace_error(comm, order, order == 1 ? 8 : 4);
  const double fine = laplace_error(comm, order, order == 1 ? 16 : 8);
  const double observed = std::log2(coarse / fine);
  EXPECT_GT(observed, order + 1 - 0.15);
  EXPECT_LT(observed, order + 1 + 0.3);
  // The same error on any number of ranks, to solver tolerance: measured on one.
  EXPECT_NEAR(fine, order == 1 ? 0.0115873072662 : 0.0017219558780, 1e-11);
}

INSTANTIATE_TEST_SUITE_P(Space, Order, ::testing::Values(1, 2));

TEST(Space, BlockMatrixTakesBlocksByLocalNode) {
  const Comm comm;
  const auto mesh = cubes(3);
  const Space space(comm, mesh, 1);
  const Matrix matrix = space.make_matrix(3);
  std::vector<double> block(12 * 12, 0.0);
  for (int i = 0; i < 12; ++i) block[12 * i + i] = 1 + i % 3;
  for (std::size_t c = 0; c < space.cells().size(); ++c)
    check(MatSetValuesBlockedLocal(matrix, 4, &space.cell_nodes()[4 * c], 4, &space.cell_nodes()[4 * c], block.data(),
                                   ADD_VALUES));
  check(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  check(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  const Vector one = space.make_vector(3), product = space.make_vector(3);
  check(VecSet(one, 1));
  check(MatMult(matrix, one, product));
  PetscReal sum = 0;
  check(VecSum(product, &sum));
  EXPECT_EQ(sum, static_cast<double>(mesh.cells.size()) * 4 * (1 + 2 + 3));
  MatInfo info;
  check(MatGetInfo(matrix, MAT_GLOBAL_SUM, &info));
  EXPECT_EQ(info.mallocs, 0);
}

/// A block of numbers that rounding notices, for a cell of the mesh.
std::vector<double> some_block(std::int32_t cell, int components) {
  std::vector<double> block(16 * components * components);
  for (std::size_t k = 0; k < block.size(); ++k) block[k] = std::sin(1.0 + 17.0 * cell + 0.3 * static_cast<double>(k));
  return block;
}

TEST(MatrixAssembly, EqualsPetscsOwnAndGivesTheSameBitsEveryTime) {
  const Comm comm;
  const auto mesh = cubes(5);
  const Space space(comm, mesh, 1);
  for (int components : {1, 3}) {
    const Matrix theirs = space.make_matrix(components);
    for (std::size_t c = 0; c < space.cells().size(); ++c)
      check(MatSetValuesBlockedLocal(theirs, 4, &space.cell_nodes()[4 * c], 4, &space.cell_nodes()[4 * c],
                                     some_block(space.cells()[c], components).data(), ADD_VALUES));
    check(MatAssemblyBegin(theirs, MAT_FINAL_ASSEMBLY));
    check(MatAssemblyEnd(theirs, MAT_FINAL_ASSEMBLY));
    Matrix first;
    for (int repeat = 0; repeat < 20; ++repeat) {
      Matrix ours = space.make_matrix(components);
      MatrixAssembly assembly(space, ours, components);
      for (std::size_t c = 0; c < space.cells().size(); ++c)
        assembly.add(space.cell_nodes().subspan(4 * c, 4), some_block(space.cells()[c], components));
      assembly.finish();
      if (repeat == 0) {
        first = std::move(ours);
        continue;
      }
      PetscBool same = PETSC_FALSE;
      check(MatEqual(first, ours, &same));
      EXPECT_TRUE(same);
    }
    PetscReal difference = 0;
    check(MatAXPY(first, -1, theirs, SAME_NONZERO_PATTERN));
    check(MatNorm(first, NORM_FROBENIUS, &difference));
    EXPECT_LT(difference, 1e-12);
  }
}

TEST(MatrixAssembly, RowsGiveTheSameAsWholeBlocksInBothTypes) {
  const Comm comm;
  const auto mesh = cubes(3);
  const Space space(comm, mesh, 1);
  const Matrix whole = space.make_matrix(3), rows = space.make_matrix(3, MATBAIJ);
  MatrixAssembly by_cell(space, whole, 3), by_row(space, rows, 3);
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const auto nodes = space.cell_nodes().subspan(4 * c, 4);
    const auto block = some_block(space.cells()[c], 3);
    by_cell.add(nodes, block);
    for (std::size_t i = 0; i < 4; ++i) by_row.add_row(nodes[i], nodes, std::span(block).subspan(36 * i, 36));
  }
  by_cell.finish();
  by_row.finish();
  Vector x = space.make_vector(3), expected = space.make_vector(3), found = space.make_vector(3);
  {
    LocalArray values(x);
    for (std::int32_t i = 0; i < 3 * space.owned(); ++i) values[i] = std::sin(1.0 + space.global()[i / 3] + i % 3);
  }
  check(MatMult(whole, x, expected));
  check(MatMult(rows, x, found));
  check(VecAXPY(found, -1, expected));
  PetscReal difference = 0;
  check(VecNorm(found, NORM_INFINITY, &difference));
  EXPECT_LT(difference, 1e-12);
}

TEST(Space, RefusesPointsWithoutACell) {
  auto mesh = cubes(2);
  mesh.points.push_back({5, 5, 5});
  try {
    const Space space(Comm{}, mesh, 1);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("1 points without one"));
  }
}

TEST(LinearSolver, DivergenceIsAnErrorThatNamesTheSolver) {
  const Comm comm;
  const auto mesh = cubes(4);
  const Space space(comm, mesh, 1);
  const Matrix matrix = assemble(space, mesh, 1, 1);
  const Vector b = space.make_vector(), x = space.make_vector();
  check(VecSet(b, 1));
  LinearSolver solver(comm, "test_short_", "-ksp_type cg -pc_type none -ksp_rtol 1e-14 -ksp_max_it 2");
  solver.set_matrix(matrix);
  try {
    solver.solve(b, x, false);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("test_short_"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("DIVERGED_ITS after 2 iterations"));
  }
}

TEST(LinearSolver, ResultThatIsNotFiniteIsAnErrorEvenWithoutANorm) {
  const Comm comm;
  const auto mesh = cubes(2);
  const Space space(comm, mesh, 1);
  const Matrix matrix = assemble(space, mesh, 1, 1);
  const Vector b = space.make_vector(), x = space.make_vector();
  check(VecSet(b, std::nan("")));
  LinearSolver solver(comm, "test_only_", "-ksp_type preonly -pc_type jacobi");
  solver.set_matrix(matrix);
  EXPECT_THROW(solver.solve(b, x, false), core::Error);
}

TEST(LinearSolver, OptionsOfTheUserWin) {
  const Comm comm;
  check(PetscOptionsSetValue(nullptr, "-test_user_ksp_max_it", "7"));
  const auto limit = [&](const std::string& options) {
    LinearSolver solver(comm, "test_user_", options);
    PetscInt max_it = 0;
    check(KSPGetTolerances(solver.ksp(), nullptr, nullptr, nullptr, &max_it));
    return max_it;
  };
  EXPECT_EQ(limit("-ksp_type cg -ksp_max_it 50"), 7);
  check(PetscOptionsClearValue(nullptr, "-test_user_ksp_max_it"));
  EXPECT_EQ(limit("-ksp_max_it 51"), 51);
  EXPECT_EQ(limit("-ksp_max_it 52"), 52);  // a second solver of the same prefix is no user
}

TEST(Petsc, ErrorsOfPetscBecomeOurs) {
  Vector vector;
  check(VecCreate(Comm{}.get(), vector.out()));
  try {
    check(VecSetType(vector, "no_such_type"), "VecSetType");
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("no_such_type"));
  }
}

}  // namespace
}  // namespace cardiotwin::fem
