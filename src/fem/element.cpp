#include "cardiotwin/fem/element.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::fem {

using namespace core;

namespace {

/// The orbit of a point with three equal barycentric coordinates a (four points), each of weight w (of a total of 1).
void add_vertex_orbit(Quadrature& q, double a, double w) {
  const double b = 1 - 3 * a;
  for (const Vec3& p : {Vec3{a, a, a}, {b, a, a}, {a, b, a}, {a, a, b}})
    q.points.push_back(p), q.weights.push_back(w / 6);
}

/// The orbit of (a, a, 1/2 - a, 1/2 - a): six points.
void add_edge_orbit(Quadrature& q, double a, double w) {
  const double b = 0.5 - a;
  for (const Vec3& p : {Vec3{a, a, b}, {a, b, a}, {b, a, a}, {a, b, b}, {b, a, b}, {b, b, a}})
    q.points.push_back(p), q.weights.push_back(w / 6);
}

void add_triangle_orbit(Quadrature& q, double a, double w) {
  const double b = 1 - 2 * a;
  for (const Vec3& p : {Vec3{a, a, 0}, {b, a, 0}, {a, b, 0}}) q.points.push_back(p), q.weights.push_back(w / 2);
}

/// Barycentric coordinates to Lagrange functions of order 1 or 2; `edges` names the ends of the middle nodes.
template <std::size_t Vertices, std::size_t Edges>
void lagrange(int order, const std::array<double, Vertices>& l, const std::array<Vec3, Vertices>& dl,
              const std::array<std::array<int, 2>, Edges>& edges, std::span<double> values, std::span<Vec3> gradients) {
  for (std::size_t i = 0; i < Vertices; ++i) {
    values[i] = order == 1 ? l[i] : l[i] * (2 * l[i] - 1);
    gradients[i] = order == 1 ? dl[i] : (4 * l[i] - 1) * dl[i];
  }
  if (order == 1) return;
  for (std::size_t e = 0; e < Edges; ++e) {
    const auto [i, j] = edges[e];
    values[Vertices + e] = 4 * l[i] * l[j];
    gradients[Vertices + e] = 4 * l[j] * dl[i] + 4 * l[i] * dl[j];
  }
}

[[noreturn]] void no_such_rule(const char* shape, int degree) {
  throw std::logic_error("no " + std::string(shape) + " quadrature of degree " + std::to_string(degree));
}

}  // namespace

Quadrature tetrahedron_quadrature(int degree) {
  Quadrature q;
  if (degree == 1) {
    q = {{{0.25, 0.25, 0.25}}, {1.0 / 6}};
  } else if (degree == 2) {
    add_vertex_orbit(q, (5 - std::sqrt(5.0)) / 20, 0.25);
  } else if (degree == 3) {  // two orbits, all points inside, all weights positive
    add_vertex_orbit(q, 0.3281633025163817, 0.1362178425370874);
    add_vertex_orbit(q, 0.1080472498984286, 0.1137821574629126);
  } else if (degree == 4 || degree == 5) {  // Walkington's 14 points
    add_vertex_orbit(q, 0.3108859192633006, 6 * 0.01878132095300264);
    add_vertex_orbit(q, 0.0927352503108912, 6 * 0.01224884051939366);
    add_edge_orbit(q, 0.0455037041256496, 6 * 0.007091003462846911);
  } else {
    no_such_rule("tetrahedron", degree);
  }
  return q;
}

Quadrature triangle_quadrature(int degree) {
  Quadrature q;
  if (degree == 1) {
    q = {{{1.0 / 3, 1.0 / 3, 0}}, {0.5}};
  } else if (degree == 2) {
    add_triangle_orbit(q, 1.0 / 6, 1.0 / 3);
  } else if (degree == 3 || degree == 4) {  // Dunavant 1985, doi 10.1002/nme.1620210612
    add_triangle_orbit(q, 0.445948490915965, 0.223381589678011);
    add_triangle_orbit(q, 0.091576213509771, 0.109951743655322);
  } else if (degree == 5) {  // Radon's seven points
    q = {{{1.0 / 3, 1.0 / 3, 0}}, {0.225 / 2}};
    add_triangle_orbit(q, (6 - std::sqrt(15.0)) / 21, (155 - std::sqrt(15.0)) / 1200);
    add_triangle_orbit(q, (6 + std::sqrt(15.0)) / 21, (155 + std::sqrt(15.0)) / 1200);
  } else {
    no_such_rule("triangle", degree);
  }
  return q;
}

void tetrahedron_shape(int order, const Vec3& xi, std::span<double> values, std::span<Vec3> gradients) {
  lagrange<4, 6>(order, {1 - xi[0] - xi[1] - xi[2], xi[0], xi[1], xi[2]},
                 {Vec3{-1, -1, -1}, Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}, mesh::cell_edges, values, gradients);
}

void triangle_shape(int order, const Vec3& xi, std::span<double> values, std::span<Vec3> gradients) {
  lagrange<3, 3>(order, {1 - xi[0] - xi[1], xi[0], xi[1]}, {Vec3{-1, -1, 0}, Vec3{1, 0, 0}, Vec3{0, 1, 0}},
                 mesh::triangle_edges, values, gradients);
}

AffineCell affine_cell(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  const Vec3 u = b - a, v = c - a, w = d - a;
  const double determinant = dot(cross(u, v), w);
  AffineCell cell;
  cell.volume = determinant / 6;
  cell.gradients[1] = (1 / determinant) * cross(v, w);
  cell.gradients[2] = (1 / determinant) * cross(w, u);
  cell.gradients[3] = (1 / determinant) * cross(u, v);
  cell.gradients[0] = -1.0 * (cell.gradients[1] + cell.gradients[2] + cell.gradients[3]);
  return cell;
}

}  // namespace cardiotwin::fem
