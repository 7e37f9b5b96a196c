#include "cardiotwin/fem/element.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace cardiotwin::fem {
namespace {

double factorial(int n) { return std::tgamma(n + 1.0); }

class Degree : public ::testing::TestWithParam<int> {};

TEST_P(Degree, TetrahedronRuleIsExact) {
  const Quadrature rule = tetrahedron_quadrature(GetParam());
  for (double w : rule.weights) EXPECT_GT(w, 0);
  for (int a = 0; a <= GetParam(); ++a)
    for (int b = 0; a + b <= GetParam(); ++b)
      for (int c = 0; a + b + c <= GetParam(); ++c) {
        double sum = 0;
        for (std::size_t q = 0; q < rule.points.size(); ++q)
          sum += rule.weights[q] * std::pow(rule.points[q][0], a) * std::pow(rule.points[q][1], b) *
                 std::pow(rule.points[q][2], c);
        EXPECT_NEAR(sum, factorial(a) * factorial(b) * factorial(c) / factorial(a + b + c + 3), 1e-15) << a << b << c;
      }
}

TEST_P(Degree, TriangleRuleIsExact) {
  const Quadrature rule = triangle_quadrature(GetParam());
  for (double w : rule.weights) EXPECT_GT(w, 0);
  for (int a = 0; a <= GetParam(); ++a)
    for (int b = 0; a + b <= GetParam(); ++b) {
      double sum = 0;
      for (std::size_t q = 0; q < rule.points.size(); ++q)
        sum += rule.weights[q] * std::pow(rule.points[q][0], a) * std::pow(rule.points[q][1], b);
      EXPECT_NEAR(sum, factorial(a) * factorial(b) / factorial(a + b + 2), 1e-14) << a << b;
    }
}

INSTANTIATE_TEST_SUITE_P(Quadrature, Degree, ::testing::Range(1, 6));

TEST(Quadrature, RefusesDegreesItDoesNotHave) {
  EXPECT_THROW(tetrahedron_quadrature(0), std::logic_error);
  EXPECT_THROW(tetrahedron_quadrature(6), std::logic_error);
  EXPECT_THROW(triangle_quadrature(6), std::logic_error);
}

TEST(Shape, IsOneAtItsNodeAndItsGradientIsTheDifferenceQuotient) {
  const std::array<Vec3, 10> nodes{{{0, 0, 0},
                                    {1, 0, 0},
                                    {0, 1, 0},
                                    {0, 0, 1},
                                    {0.5, 0, 0},
                                    {0.5, 0.5, 0},
                                    {0, 0.5, 0},
                                    {0, 0, 0.5},
                                    {0.5, 0, 0.5},
                                    {0, 0.5, 0.5}}};
  const std::array<Vec3, 6> flat{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0.5, 0, 0}, {0.5, 0.5, 0}, {0, 0.5, 0}}};
  std::array<double, 10> value{}, plus{}, minus{};
  std::array<Vec3, 10> gradient{}, unused{};
  for (int order : {1, 2}) {
    const int n3 = order == 1 ? 4 : 10, n2 = order == 1 ? 3 : 6;
    for (int j = 0; j < n3; ++j) {
      tetrahedron_shape(order, nodes[j], value, gradient);
      for (int i = 0; i < n3; ++i) EXPECT_NEAR(value[i], i == j, 1e-15);
    }
    for (int j = 0; j < n2; ++j) {
      triangle_shape(order, flat[j], value, gradient);
      for (int i = 0; i < n2; ++i) EXPECT_NEAR(value[i], i == j, 1e-15);
    }
    const Vec3 at{0.2, 0.3, 0.1};
    const double h = 1e-4;  // central differences are exact for quadratics
    for (int d = 0; d < 3; ++d) {
      Vec3 up = at, down = at;
      up[d] += h, down[d] -= h;
      tetrahedron_shape(order, at, value, gradient);
      tetrahedron_shape(order, up, plus, unused);
      tetrahedron_shape(order, down, minus, unused);
      for (int i = 0; i < n3; ++i) EXPECT_NEAR(gradient[i][d], (plus[i] - minus[i]) / (2 * h), 1e-11);
      if (d == 2) continue;
      triangle_shape(order, at, value, gradient);
      triangle_shape(order, up, plus, unused);
      triangle_shape(order, down, minus, unused);
      for (int i = 0; i < n2; ++i) EXPECT_NEAR(gradient[i][d], (plus[i] - minus[i]) / (2 * h), 1e-11);
    }
  }
}

TEST(AffineCell, HasTheGradientsOfBarycentricCoordinates) {
  const std::array<Vec3, 4> p{{{1, 2, 3}, {4, 2.5, 3}, {1, 5, 3.5}, {0.5, 2, 7}}};
  const AffineCell cell = affine_cell(p[0], p[1], p[2], p[3]);
  for (int i = 0; i < 4; ++i)
    for (int j = 1; j < 4; ++j) {
      using namespace core;
      EXPECT_NEAR(dot(cell.gradients[i], p[j] - p[0]), (i == j) - (i == 0), 1e-14);
    }
  EXPECT_GT(cell.volume, 0);
}

}  // namespace
}  // namespace cardiotwin::fem
