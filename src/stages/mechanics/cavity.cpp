#include "cavity.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mechanics {
namespace {

/// Edges that belong to one triangle of the surface only.
std::vector<mesh::Edge> border(const mesh::TetMesh& mesh, std::int32_t surface) {
  std::map<mesh::Edge, int> count;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == surface)
      for (int e = 0; e < 3; ++e) {
        const std::int32_t a = mesh.triangles[t][e], b = mesh.triangles[t][(e + 1) % 3];
        ++count[{std::min(a, b), std::max(a, b)}];
      }
  std::vector<mesh::Edge> edges;
  for (const auto& [edge, n] : count)
    if (n == 1) edges.push_back(edge);
  return edges;
}

/// Nodes of the mesh of the given order on the border of a surface.
std::set<std::int32_t> rim_nodes(const mesh::TetMesh& mesh, std::int32_t surface, int order) {
  const mesh::EdgeIndex edges(mesh);
  std::set<std::int32_t> nodes;
  for (const auto& edge : border(mesh, surface)) {
    nodes.insert({edge[0], edge[1]});
    if (order == 2) nodes.insert(static_cast<std::int32_t>(mesh.points.size()) + edges.find(edge[0], edge[1]));
  }
  return nodes;
}

struct Geometry {
  Vec3 x{}, x1{}, x2{};  ///< position and its derivatives on the reference triangle
};

template <class At, class Nodes>
Geometry geometry(const At& at, const Nodes& node, int nodes, std::span<const double> position) {
  Geometry g;
  for (int a = 0; a < nodes; ++a)
    for (int i = 0; i < 3; ++i) {
      const double x = position[3 * static_cast<std::size_t>(node[a]) + i];
      g.x[i] += at.n[a] * x;
      g.x1[i] += at.gradient[a][0] * x;
      g.x2[i] += at.gradient[a][1] * x;
    }
  return g;
}

}  // namespace

std::size_t rims(const mesh::TetMesh& mesh, std::int32_t surface) {
  std::map<std::int32_t, std::int32_t> parent;
  const auto root = [&](std::int32_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  const std::vector<mesh::Edge> edges = border(mesh, surface);
  for (const auto& [a, b] : edges) parent.emplace(a, a), parent.emplace(b, b);
  for (const auto& [a, b] : edges) parent[root(a)] = root(b);
  return static_cast<std::size_t>(std::ranges::count_if(parent, [](const auto& p) { return p.first == p.second; }));
}

CavitySurface::CavitySurface(const mesh::TetMesh& mesh, const fem::Space& space, std::int32_t surface,
                             const BlockPattern& uu) {
  if (surface == 0) return;
  exists_ = true;
  per_side_ = space.nodes_per_triangle();
  const fem::Quadrature rule = fem::triangle_quadrature(4);  // exact: x . (x_1 x x_2) is of degree 4 when quadratic
  for (std::size_t q = 0; q < rule.points.size(); ++q) {
    At at{rule.weights[q], {}, {}};
    std::array<Vec3, 6> gradient;
    fem::triangle_shape(space.order(), rule.points[q], std::span(at.n).first(per_side_),
                        std::span(gradient).first(per_side_));
    for (int a = 0; a < per_side_; ++a) at.gradient[a] = {gradient[a][0], gradient[a][1]};
    at_.push_back(at);
  }
  std::vector<std::int32_t> slot(space.locals(), -1);
  const auto place = [&](std::int32_t node) {
    if (slot[node] < 0) {
      slot[node] = static_cast<std::int32_t>(nodes_.size());
      nodes_.push_back(node);
    }
    return slot[node];
  };
  for (std::size_t t = 0; t < space.triangles().size(); ++t) {
    if (mesh.surface[space.triangles()[t]] != surface) continue;
    Side side{};
    std::copy_n(space.triangle_nodes().begin() + static_cast<std::ptrdiff_t>(per_side_ * t), per_side_,
                side.node.begin());
    for (int a = 0; a < per_side_; ++a) {
      side.slot[a] = place(side.node[a]);
      for (int b = 0; b < per_side_; ++b) side.block[per_side_ * a + b] = uu.find(side.node[a], side.node[b]);
    }
    sides_.push_back(side);
  }
  const auto rim = rim_nodes(mesh, surface, space.order());
  if (!rim.empty()) rim_weight_ = 1.0 / static_cast<double>(rim.size());
  for (std::int32_t i = 0; i < space.owned(); ++i)
    if (rim.contains(space.node()[i])) rim_slot_.push_back(place(i));
}

CavitySurface::Values CavitySurface::evaluate(const core::Comm& comm, std::span<const double> position) const {
  Values values;
  if (!exists_) return values;
  std::vector<double> c(3, 0.0);
  for (std::int32_t slot : rim_slot_)
    for (int i = 0; i < 3; ++i) c[i] += rim_weight_ * position[3 * static_cast<std::size_t>(nodes_[slot]) + i];
  comm.sum(c);
  const Vec3 centre{c[0], c[1], c[2]};
  values.load.assign(3 * nodes_.size(), 0.0);
  values.gradient.assign(3 * nodes_.size(), 0.0);
  std::vector<double> total(4, 0.0);  // 3 V and the vector area
  for (const Side& side : sides_)
    for (const At& at : at_) {
      const Geometry g = geometry(at, side.node, per_side_, position);
      // The stored normal points out of the wall, into the cavity.
      const Vec3 area = -at.weight * core::cross(g.x1, g.x2), arm = g.x - centre;
      const Vec3 by1 = -at.weight * core::cross(g.x2, arm), by2 = -at.weight * core::cross(arm, g.x1);
      total[0] += core::dot(arm, area);
      for (int i = 0; i < 3; ++i) {
        total[1 + i] += area[i];
        for (int a = 0; a < per_side_; ++a) {
          const std::size_t k = 3 * static_cast<std::size_t>(side.slot[a]) + i;
          values.load[k] += at.n[a] * area[i];
          values.gradient[k] += (at.n[a] * area[i] + at.gradient[a][0] * by1[i] + at.gradient[a][1] * by2[i]) / 3;
        }
      }
    }
  comm.sum(total);
  values.volume = total[0] / 3;
  for (std::int32_t slot : rim_slot_)
    for (int i = 0; i < 3; ++i)
      values.gradient[3 * static_cast<std::size_t>(slot) + i] -= rim_weight_ * total[1 + i] / 3;
  return values;
}

void CavitySurface::add_stiffness(std::span<const double> position, double pressure, std::span<double> blocks) const {
  for (const Side& side : sides_)
    for (const At& at : at_) {
      const Geometry g = geometry(at, side.node, per_side_, position);
      for (int b = 0; b < per_side_; ++b) {
        // d(x1 x x2) = N_b1 du x x2 + N_b2 x1 x du = [w]x du with w = N_b2 x1 - N_b1 x2
        const Vec3 w = at.gradient[b][1] * g.x1 - at.gradient[b][0] * g.x2;
        const double skew[9] = {0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0};
        for (int a = 0; a < per_side_; ++a) {
          const double factor = pressure * at.weight * at.n[a];  // -P dL, and L has the opposite normal
          double* block = &blocks[9 * static_cast<std::size_t>(side.block[per_side_ * a + b])];
          for (int ij = 0; ij < 9; ++ij) block[ij] += factor * skew[ij];
        }
      }
    }
}

}  // namespace cardiotwin::mechanics
