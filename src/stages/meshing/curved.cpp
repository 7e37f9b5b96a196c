#include "curved.hpp"

#include <algorithm>

#include "cardiotwin/fem/element.hpp"
#include "coordinates.hpp"

namespace cardiotwin::meshing {
namespace {

/// Sum of node coordinates times the gradients of their shape functions: the columns of the Jacobian.
std::array<Vec3, 3> columns(std::span<const Vec3> nodes, std::span<const Vec3> gradients) {
  std::array<Vec3, 3> j{};
  for (std::size_t n = 0; n < nodes.size(); ++n)
    for (int d = 0; d < 3; ++d) j[d] = j[d] + gradients[n][d] * nodes[n];
  return j;
}

double determinant(const std::array<Vec3, 10>& nodes, const Vec3& xi) {
  std::array<double, 10> values;
  std::array<Vec3, 10> gradients;
  fem::tetrahedron_shape(2, xi, values, gradients);
  const auto j = columns(nodes, gradients);
  return core::dot(core::cross(j[0], j[1]), j[2]);
}

}  // namespace

CurvedMesh::CurvedMesh(const artifacts::HeartMesh& heart)
    : heart_(heart), edges_({heart.points, heart.cells, heart.region, {}, {}}) {}

Vec3 CurvedMesh::middle(std::int32_t a, std::int32_t b) const {
  if (heart_.edge_points.empty()) return 0.5 * (heart_.points[a] + heart_.points[b]);
  return heart_.edge_points[edges_.find(a, b)];
}

std::array<Vec3, 10> CurvedMesh::nodes(const mesh::Cell& cell) const {
  std::array<Vec3, 10> x;
  for (int i = 0; i < 4; ++i) x[i] = heart_.points[cell[i]];
  for (int e = 0; e < 6; ++e) x[4 + e] = middle(cell[mesh::cell_edges[e][0]], cell[mesh::cell_edges[e][1]]);
  return x;
}

double CurvedMesh::volume(std::int32_t region) const {
  const auto rule = fem::tetrahedron_quadrature(3);  // the determinant is a cubic
  double sum = 0;
  for (std::size_t c = 0; c < heart_.cells.size(); ++c) {
    if (heart_.region[c] != region) continue;
    const auto x = nodes(heart_.cells[c]);
    for (std::size_t q = 0; q < rule.points.size(); ++q) sum += rule.weights[q] * determinant(x, rule.points[q]);
  }
  return sum;
}

double CurvedMesh::cavity_volume() const {
  const Vec3 rim = find_long_axis(heart_).base_centre;
  const auto rule = fem::triangle_quadrature(4);  // x . (x_1 cross x_2) is a quartic
  double sum = 0;
  for (std::size_t t = 0; t < heart_.triangles.size(); ++t) {
    if (heart_.surface[t] != artifacts::surface_endocardium) continue;
    const auto& corners = heart_.triangles[t];
    std::array<Vec3, 6> x;
    for (int i = 0; i < 3; ++i) x[i] = heart_.points[corners[i]] - rim;
    for (int e = 0; e < 3; ++e)
      x[3 + e] = middle(corners[mesh::triangle_edges[e][0]], corners[mesh::triangle_edges[e][1]]) - rim;
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      std::array<double, 6> values;
      std::array<Vec3, 6> gradients;
      fem::triangle_shape(2, rule.points[q], values, gradients);
      const auto tangents = columns(x, gradients);
      Vec3 place{0, 0, 0};
      for (int n = 0; n < 6; ++n) place = place + values[n] * x[n];
      sum -= rule.weights[q] * core::dot(place, core::cross(tangents[0], tangents[1])) / 3;  // normals point inwards
    }
  }
  return sum;
}

double CurvedMesh::smallest_jacobian_ratio() const {
  auto points = fem::tetrahedron_quadrature(5).points;
  points.insert(points.end(), {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  double worst = 1;
  for (const auto& cell : heart_.cells) {
    const auto x = nodes(cell);
    double smallest = determinant(x, points[0]), largest = smallest;
    for (const Vec3& xi : points) {
      const double det = determinant(x, xi);
      smallest = std::min(smallest, det), largest = std::max(largest, det);
    }
    worst = std::min(worst, largest > 0 ? smallest / largest : -1);
  }
  return worst;
}

}  // namespace cardiotwin::meshing
