/// A manufactured finite-strain solution with volume kept: x = (X + f(Y,Z), Y + g(Z), Z) has J = 1 for any f and g. The
/// stress is written down here a second time, as first Piola-Kirchhoff stress, and its divergence taken by differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "newton.hpp"

namespace cardiotwin::mechanics {
namespace {

using Matrix3 = std::array<Vec3, 3>;

struct Exact {
  std::function<Vec3(const Vec3&)> u;
  std::function<Matrix3(const Vec3&)> f;  ///< deformation gradient
  std::function<double(const Vec3&)> p;
};
constexpr double mu = 4, active = 6;
const Vec3 fibre{0.6, 0.0, 0.8};

/// P = mu (F - I1/3 F^-T) + p F^-T + T (F f) x f for J = 1; F^-T of the upper triangular F with unit diagonal.
Matrix3 stress(const Exact& exact, const Vec3& x) {
  const Matrix3 f = exact.f(x);
  const double a = f[0][1], b = f[0][2], c = f[1][2];
  const Matrix3 inverse_t{Vec3{1, 0, 0}, Vec3{-a, 1, 0}, Vec3{a * c - b, -c, 1}};
  const double i1 = 3 + a * a + b * b + c * c;
  Matrix3 result;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      result[i][j] = mu * (f[i][j] - i1 / 3 * inverse_t[i][j]) + exact.p(x) * inverse_t[i][j] +
                     active * core::dot(f[i], fibre) * fibre[j];
  return result;
}

/// -Div P by differences of fourth order.
Vec3 body_force(const Exact& exact, const Vec3& x) {
  constexpr double h = 2e-3;
  Vec3 b{0, 0, 0};
  for (int j = 0; j < 3; ++j)
    for (auto [k, w] : {std::pair{-2, 1.0}, {-1, -8.0}, {1, 8.0}, {2, -1.0}}) {
      Vec3 y = x;
      y[j] += k * h;
      const Matrix3 s = stress(exact, y);
      for (int i = 0; i < 3; ++i) b[i] -= w * s[i][j] / (12 * h);
    }
  return b;
}

/// Nodal forces of the body force and of the traction on the face x = 1.
std::vector<double> external(const Wall& wall, const Exact& exact) {
  const auto& space = wall.displacement_space();
  const auto& mesh = wall.mesh();
  std::vector<double> force(3 * space.locals(), 0.0);
  std::array<double, 10> n;
  std::array<Vec3, 10> gradient;
  const auto body = fem::tetrahedron_quadrature(5);
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const auto& v = mesh.cells[space.cells()[c]];
    const double volume = mesh::signed_volume(mesh, v);
    for (std::size_t q = 0; q < body.points.size(); ++q) {
      const Vec3& xi = body.points[q];
      fem::tetrahedron_shape(2, xi, n, gradient);
      const Vec3 x = (1 - xi[0] - xi[1] - xi[2]) * mesh.points[v[0]] + xi[0] * mesh.points[v[1]] +
                     xi[1] * mesh.points[v[2]] + xi[2] * mesh.points[v[3]];
      const Vec3 b = body_force(exact, x);
      for (int a = 0; a < 10; ++a)
        for (int i = 0; i < 3; ++i)
          force[3 * space.cell_nodes()[10 * c + a] + i] += 6 * volume * body.weights[q] * n[a] * b[i];
    }
  }
  const auto face = fem::triangle_quadrature(5);
  for (std::size_t t = 0; t < space.triangles().size(); ++t) {
    if (mesh.surface[space.triangles()[t]] != 2) continue;
    const auto& v = mesh.triangles[space.triangles()[t]];
    const double area = core::norm(mesh::vector_area(mesh.points, v));
    for (std::size_t q = 0; q < face.points.size(); ++q) {
      const Vec3& xi = face.points[q];
      fem::triangle_shape(2, xi, std::span(n).first(6), std::span(gradient).first(6));
      const Vec3 x = (1 - xi[0] - xi[1]) * mesh.points[v[0]] + xi[0] * mesh.points[v[1]] + xi[1] * mesh.points[v[2]];
      const Matrix3 s = stress(exact, x);
      for (int a = 0; a < 6; ++a)
        for (int i = 0; i < 3; ++i)
          force[3 * space.triangle_nodes()[6 * t + a] + i] += 2 * area * face.weights[q] * n[a] * s[i][0];
    }
  }
  return force;
}

struct Errors {
  double displacement = 0, pressure = 0;  ///< root of the integral of the square
};

/// All faces but x = 1 are held at the exact displacement; x = 1 carries the exact traction.
Errors solve(int cubes, const Exact& exact) {
  const mesh::TetMesh mesh = mesh::box({0, 0, 0}, {1, 1, 1}, {cubes, cubes, cubes});
  WallSetup setup;
  setup.tissue.material = NeoHooke{mu};
  setup.tissue.augmentation = 3;  // does nothing where J = 1
  setup.fibre.assign(mesh.points.size(), fibre);
  setup.activation.assign(mesh.points.size(), 0.0);
  const auto inner = [](double s) { return s > 1e-9 && s < 1 - 1e-9; };
  setup.fixed = [&](const Vec3& x) {
    const bool held = x[0] < 1e-9 || !inner(x[1]) || !inner(x[2]);
    return std::array{held, held, held};
  };
  Wall wall(core::Comm(), mesh, setup);
  std::ranges::fill(wall.tension().amplitude, active);
  wall.set_external(external(wall, exact));
  WallState state = wall.zero();
  const auto& space = wall.displacement_space();
  for (std::int32_t n = 0; n < space.locals(); ++n)
    for (int i = 0; i < 3; ++i) state.u[3 * n + i] = exact.u(space.coordinates()[n])[i];  // also the start inside
  NewtonOptions options;
  options.tolerance = 1e-11;
  Newton newton(wall, options);
  const NewtonReport report = newton.solve(state, state, 0, [](double, double p) { return CavityEquation{p, 0, 1}; });
  EXPECT_TRUE(report.converged) << report.reason << " " << report.residual;

  const auto rule = fem::tetrahedron_quadrature(5);
  std::array<double, 10> n;
  std::array<double, 4> q4;
  std::array<Vec3, 10> gradient;
  std::vector<double> sums(2, 0.0);
  for (std::size_t c = 0; c < space.cells().size(); ++c) {
    const auto& v = mesh.cells[space.cells()[c]];
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      const Vec3& xi = rule.points[q];
      fem::tetrahedron_shape(2, xi, n, gradient);
      fem::tetrahedron_shape(1, xi, q4, std::span(gradient).first(4));
      Vec3 x{0, 0, 0}, u{0, 0, 0};
      double p = 0;
      for (int a = 0; a < 4; ++a) {
        x = x + q4[a] * mesh.points[v[a]];
        p += q4[a] * state.p[wall.pressure_space().cell_nodes()[4 * c + a]];
      }
      for (int a = 0; a < 10; ++a)
        for (int i = 0; i < 3; ++i) u[i] += n[a] * state.u[3 * space.cell_nodes()[10 * c + a] + i];
      const double weight = 6 * mesh::signed_volume(mesh, v) * rule.weights[q];
      const Vec3 difference = u - exact.u(x);
      sums[0] += weight * core::dot(difference, difference);
      sums[1] += weight * std::pow(p - exact.p(x), 2);
    }
  }
  wall.comm().sum(sums);
  return {std::sqrt(sums[0]), std::sqrt(sums[1])};
}

TEST(Manufactured, PatchOfHomogeneousStrainIsExact) {
  const Exact exact{[](const Vec3& x) {
                      return Vec3{0.2 * x[1] - 0.1 * x[2], 0.15 * x[2], 0};
                    },
                    [](const Vec3&) {
                      return Matrix3{Vec3{1, 0.2, -0.1}, Vec3{0, 1, 0.15}, Vec3{0, 0, 1}};
                    },
                    [](const Vec3&) { return 2.0; }};
  const Errors errors = solve(2, exact);
  EXPECT_LT(errors.displacement, 1e-10);
  EXPECT_LT(errors.pressure, 1e-8);
}

TEST(Manufactured, OrderThreeInDisplacementAndTwoInPressure) {
  constexpr double a = 0.15, b = 0.1;
  const Exact exact{[](const Vec3& x) {
                      return Vec3{a * std::sin(2 * x[1]) * std::cos(2 * x[2]), b * std::sin(3 * x[2]), 0};
                    },
                    [](const Vec3& x) {
                      return Matrix3{Vec3{1, 2 * a * std::cos(2 * x[1]) * std::cos(2 * x[2]),
                                          -2 * a * std::sin(2 * x[1]) * std::sin(2 * x[2])},
                                     Vec3{0, 1, 3 * b * std::cos(3 * x[2])}, Vec3{0, 0, 1}};
                    },
                    [](const Vec3& x) { return 2 * std::sin(2 * x[0]) * std::cos(x[1]) + x[2]; }};
  const Errors coarse = solve(3, exact), fine = solve(6, exact);
  const double order_u = std::log2(coarse.displacement / fine.displacement),
               order_p = std::log2(coarse.pressure / fine.pressure);
  RecordProperty("order_displacement", std::to_string(order_u));
  RecordProperty("order_pressure", std::to_string(order_p));
  std::printf("errors %.3e %.3e, orders %.3f %.3f\n", fine.displacement, fine.pressure, order_u, order_p);
  EXPECT_NEAR(order_u, 3.0, 0.25);
  EXPECT_GT(order_p, 1.85);
  EXPECT_LT(fine.displacement, 2e-4);
}

}  // namespace
}  // namespace cardiotwin::mechanics
