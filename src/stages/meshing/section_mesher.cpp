// Points are packed as densely as `size` allows, smallest first; then edges push like springs that are a little too
// long, with a new constrained Delaunay triangulation in every step, until all are about as long as they should be.
#include "section_mesher.hpp"

#include <CGAL/Constrained_Delaunay_triangulation_2.h>
#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Triangulation_vertex_base_with_info_2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace cardiotwin::meshing {
namespace {

using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
using Vertices = CGAL::Triangulation_vertex_base_with_info_2<std::int32_t, Kernel>;
using Faces = CGAL::Constrained_triangulation_face_base_2<Kernel>;
using Delaunay =
    CGAL::Constrained_Delaunay_triangulation_2<Kernel, CGAL::Triangulation_data_structure_2<Vertices, Faces>>;

using Loops = std::vector<std::vector<Vec2>>;
using Size = std::function<double(const Vec2&)>;

double distance(const Vec2& a, const Vec2& b) { return std::hypot(a[0] - b[0], a[1] - b[1]); }

/// Whether a ray to the right crosses the loops an odd number of times.
bool inside(const Loops& loops, const Vec2& x) {
  bool odd = false;
  for (const auto& loop : loops)
    for (std::size_t i = 0, j = loop.size() - 1; i < loop.size(); j = i++) {
      const Vec2 &a = loop[i], &b = loop[j];
      if ((a[1] > x[1]) != (b[1] > x[1]) && x[0] < a[0] + (b[0] - a[0]) * (x[1] - a[1]) / (b[1] - a[1])) odd = !odd;
    }
  return odd;
}

/// Points sorted into squares, to find those near a place.
class Grid {
 public:
  explicit Grid(double width) : width_(width) {}
  void add(const Vec2& x) { points_[key(x, 0, 0)].push_back(x); }
  bool any_within(const Vec2& x, double radius) const {
    const int reach = static_cast<int>(std::ceil(radius / width_));
    for (int i = -reach; i <= reach; ++i)
      for (int j = -reach; j <= reach; ++j)
        if (const auto found = points_.find(key(x, i, j)); found != points_.end())
          for (const Vec2& y : found->second)
            if (distance(x, y) < radius) return true;
    return false;
  }

 private:
  std::array<long, 2> key(const Vec2& x, int i, int j) const {
    return {std::lround(std::floor(x[0] / width_)) + i, std::lround(std::floor(x[1] / width_)) + j};
  }
  double width_;
  std::map<std::array<long, 2>, std::vector<Vec2>> points_;
};

/// Adds points inside: the smallest sizes first, none nearer to another than 0.9 of the size there.
void pack(const Loops& loops, const Size& size, std::vector<Vec2>& points) {
  Vec2 low = points[0], high = points[0];
  double smallest = size(points[0]), largest = smallest;
  for (const Vec2& x : points) {
    for (int d = 0; d < 2; ++d) low[d] = std::min(low[d], x[d]), high[d] = std::max(high[d], x[d]);
    smallest = std::min(smallest, size(x)), largest = std::max(largest, size(x));
  }
  struct Candidate {
    double size;
    Vec2 x;
  };
  std::vector<Candidate> candidates;
  const double step = 0.25 * smallest;
  const auto columns = static_cast<long>((high[0] - low[0]) / step),
             rows = static_cast<long>((high[1] - low[1]) / step);
  for (long i = 0; i <= columns; ++i)
    for (long j = 0; j <= rows; ++j)
      if (const Vec2 x{low[0] + (i + 0.5 * (j % 2)) * step, low[1] + j * step}; inside(loops, x))
        candidates.push_back({size(x), x});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.size < b.size; });
  Grid grid(std::sqrt(smallest * largest));
  for (const Vec2& x : points) grid.add(x);
  for (const auto& [h, x] : candidates) {
    if (grid.any_within(x, 0.9 * h)) continue;
    grid.add(x);
    points.push_back(x);
  }
}

std::vector<mesh::Triangle> delaunay(const Loops& loops, const std::vector<Vec2>& points) {
  Delaunay triangulation;
  std::vector<Delaunay::Vertex_handle> vertices;
  Delaunay::Face_handle near;
  for (std::size_t p = 0; p < points.size(); ++p) {
    vertices.push_back(triangulation.insert({points[p][0], points[p][1]}, near));
    vertices.back()->info() = static_cast<std::int32_t>(p);
    near = vertices.back()->face();
  }
  for (std::size_t l = 0, first = 0; l < loops.size(); first += loops[l++].size())
    for (std::size_t i = 0, n = loops[l].size(); i < n; ++i)
      triangulation.insert_constraint(vertices[first + i], vertices[first + (i + 1) % n]);
  std::vector<mesh::Triangle> triangles;
  for (auto face = triangulation.finite_faces_begin(); face != triangulation.finite_faces_end(); ++face) {
    const mesh::Triangle t{face->vertex(0)->info(), face->vertex(1)->info(), face->vertex(2)->info()};
    const Vec2 &a = points[t[0]], &b = points[t[1]], &c = points[t[2]];
    if (inside(loops, {(a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3})) triangles.push_back(t);
  }
  return triangles;
}

std::set<mesh::Edge> edges(const std::vector<mesh::Triangle>& triangles) {
  std::set<mesh::Edge> result;
  for (const auto& [a, b, c] : triangles)
    for (const mesh::Edge& e : {mesh::Edge{a, b}, {b, c}, {c, a}})
      result.insert({std::min(e[0], e[1]), std::max(e[0], e[1])});
  return result;
}

/// One step of the springs: an edge shorter than 1.2 of its size pushes its ends apart. `fixed` points stay. The factor
/// 1.2 keeps all under pressure, so that they spread into every corner (Persson and Strang, section 3).
void relax(const Loops& loops, const Size& size, std::size_t fixed, std::vector<Vec2>& points) {
  struct Spring {
    mesh::Edge ends;
    double length, wanted;
  };
  std::vector<Spring> springs;
  double lengths = 0, sizes = 0;
  for (const mesh::Edge& e : edges(delaunay(loops, points))) {
    const Vec2 &a = points[e[0]], &b = points[e[1]];
    const Spring s{e, distance(a, b), size({0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])})};
    lengths += s.length * s.length, sizes += s.wanted * s.wanted;
    springs.push_back(s);
  }
  const double scale = 1.2 * std::sqrt(lengths / sizes);
  std::vector<Vec2> push(points.size(), {0, 0});
  for (const auto& [e, length, wanted] : springs) {
    const double force = 0.2 * std::max(scale * wanted - length, 0.0) / length;
    for (int d = 0; d < 2; ++d) {
      const double f = force * (points[e[0]][d] - points[e[1]][d]);
      push[e[0]][d] += f, push[e[1]][d] -= f;
    }
  }
  for (std::size_t p = fixed; p < points.size(); ++p) {
    const Vec2 moved{points[p][0] + push[p][0], points[p][1] + push[p][1]};
    if (inside(loops, moved)) points[p] = moved;
  }
}

}  // namespace

Section triangulate(const Loops& loops, const Size& size) {
  Section section;
  for (const auto& loop : loops) section.points.insert(section.points.end(), loop.begin(), loop.end());
  const std::size_t fixed = section.points.size();
  pack(loops, size, section.points);
  constexpr int steps = 60;
  for (int step = 0; step < steps; ++step) relax(loops, size, fixed, section.points);
  section.triangles = delaunay(loops, section.points);
  return section;
}

}  // namespace cardiotwin::meshing
