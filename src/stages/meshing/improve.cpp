#include "improve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <set>

namespace cardiotwin::meshing {
namespace {

using core::cross;
using core::dot;
using core::norm;
using mesh::Cell;

constexpr int longest_ring = 7;

/// Cells by vertex on top of the plain arrays, kept up to date through every change.
class Workshop {
 public:
  Workshop(mesh::TetMesh& mesh, std::vector<std::uint32_t>& surfaces, const Restrain& restrain)
      : mesh_(mesh),
        surfaces_(surfaces),
        restrain_(restrain),
        alive_(mesh.cells.size(), 1),
        around_(mesh.points.size()) {
    for (std::size_t c = 0; c < mesh.cells.size(); ++c)
      for (const auto p : mesh.cells[c]) around_[p].push_back(static_cast<std::int32_t>(c));
  }

  std::vector<std::int32_t> below(double goal) const {
    std::vector<std::pair<double, std::int32_t>> bad;
    for (std::size_t c = 0; c < alive_.size(); ++c)
      if (alive_[c])
        if (const double q = quality(mesh_.cells[c]); q < goal) bad.emplace_back(q, static_cast<std::int32_t>(c));
    std::sort(bad.begin(), bad.end());
    std::vector<std::int32_t> cells;
    for (const auto& [q, c] : bad) cells.push_back(c);
    return cells;
  }

  bool alive(std::int32_t c) const { return alive_[c]; }
  double quality(const Cell& c) const {
    return smallest_dihedral(mesh_.points[c[0]], mesh_.points[c[1]], mesh_.points[c[2]], mesh_.points[c[3]]);
  }
  double quality(std::int32_t c) const { return quality(mesh_.cells[c]); }

  bool climb(std::int32_t point);
  bool remove_edge(std::int32_t a, std::int32_t b);
  bool flip_face(std::int32_t cell, int corner);
  bool collapse(std::int32_t from, std::int32_t onto);
  bool split_edge(std::int32_t a, std::int32_t b);
  bool shave(std::int32_t cell);

  /// One step of smooth() for one point.
  void relax(std::int32_t point);

  /// Tries everything on one bad cell, the cheapest first.
  bool mend(std::int32_t cell, bool aggressive);

  void finish() {
    std::size_t kept = 0;
    for (std::size_t c = 0; c < alive_.size(); ++c) {
      if (!alive_[c]) continue;
      mesh_.cells[kept] = mesh_.cells[c];
      mesh_.region[kept++] = mesh_.region[c];
    }
    mesh_.cells.resize(kept);
    mesh_.region.resize(kept);
    mesh_.triangles.clear();
    mesh_.surface.clear();
  }

 private:
  double worst_around(std::int32_t point) const {
    double worst = 180;
    for (const auto c : around_[point]) worst = std::min(worst, quality(c));
    return worst;
  }
  double worst_of(const std::vector<std::int32_t>& cells) const {
    double worst = 180;
    for (const auto c : cells) worst = std::min(worst, quality(c));
    return worst;
  }
  double worst_of(const std::vector<Cell>& cells) const {
    double worst = 180;
    for (const Cell& c : cells) worst = std::min(worst, quality(c));
    return worst;
  }
  std::vector<std::int32_t> cells_at(std::int32_t a, std::int32_t b) const {
    std::vector<std::int32_t> cells;
    for (const auto c : around_[a])
      if (std::find(mesh_.cells[c].begin(), mesh_.cells[c].end(), b) != mesh_.cells[c].end()) cells.push_back(c);
    return cells;
  }
  /// The cell on the other side of the face opposite to `corner`, or -1.
  std::int32_t neighbour(std::int32_t cell, int corner) const {
    const Cell& p = mesh_.cells[cell];
    const std::int32_t i = p[(corner + 1) % 4], j = p[(corner + 2) % 4], k = p[(corner + 3) % 4];
    for (const auto c : around_[i]) {
      if (c == cell) continue;
      const Cell& q = mesh_.cells[c];
      if (std::find(q.begin(), q.end(), j) != q.end() && std::find(q.begin(), q.end(), k) != q.end()) return c;
    }
    return -1;
  }
  void remove(std::int32_t cell) {
    alive_[cell] = 0;
    for (const auto p : mesh_.cells[cell]) std::erase(around_[p], cell);
  }
  void add(const Cell& cell, std::int32_t region) {
    const auto c = static_cast<std::int32_t>(mesh_.cells.size());
    mesh_.cells.push_back(cell);
    mesh_.region.push_back(region);
    alive_.push_back(1);
    for (const auto p : cell) around_[p].push_back(c);
  }
  void replace(const std::vector<std::int32_t>& old_cells, const std::vector<Cell>& new_cells) {
    const std::int32_t region = mesh_.region[old_cells.front()];
    for (const auto c : old_cells) remove(c);
    for (const Cell& c : new_cells) add(c, region);
  }
  /// The ring of points around edge a-b when it lies inside one region: p[i], p[i+1] with a and b make a cell, and
  /// (a, b, p[i], p[i+1]) is positively oriented.
  std::optional<std::vector<std::int32_t>> ring(std::int32_t a, std::int32_t b,
                                                const std::vector<std::int32_t>& cells) const;

  mesh::TetMesh& mesh_;
  std::vector<std::uint32_t>& surfaces_;
  const Restrain& restrain_;
  std::vector<char> alive_;
  std::vector<std::vector<std::int32_t>> around_;
};

/// The other two corners of a cell, in the order that makes (a, b, first, second) positively oriented.
std::array<std::int32_t, 2> opposite(const Cell& cell, std::int32_t a, std::int32_t b) {
  std::array<int, 4> order{-1, -1, -1, -1};
  int next = 2;
  for (int i = 0; i < 4; ++i) {
    if (cell[i] == a)
      order[0] = i;
    else if (cell[i] == b)
      order[1] = i;
    else
      order[next++] = i;
  }
  int inversions = 0;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j) inversions += order[i] > order[j];
  if (inversions % 2) std::swap(order[2], order[3]);
  return {cell[order[2]], cell[order[3]]};
}

std::optional<std::vector<std::int32_t>> Workshop::ring(std::int32_t a, std::int32_t b,
                                                        const std::vector<std::int32_t>& cells) const {
  std::vector<std::array<std::int32_t, 2>> links;
  for (const auto c : cells) {
    if (mesh_.region[c] != mesh_.region[cells.front()]) return std::nullopt;
    links.push_back(opposite(mesh_.cells[c], a, b));
  }
  std::vector<std::int32_t> points{links[0][0]};
  for (std::int32_t at = links[0][1]; at != links[0][0];) {
    points.push_back(at);
    const auto link = std::find_if(links.begin(), links.end(), [&](const auto& l) { return l[0] == at; });
    if (link == links.end() || points.size() > links.size()) return std::nullopt;
    at = (*link)[1];
  }
  if (points.size() != links.size()) return std::nullopt;
  return points;
}

bool Workshop::climb(std::int32_t point) {
  if (surfaces_[point] & fixed_point) return false;
  double best = worst_around(point);
  const double start = best;
  double size = 0;
  for (const auto c : around_[point])
    for (const auto p : mesh_.cells[c]) size = std::max(size, norm(mesh_.points[p] - mesh_.points[point]));
  const std::uint32_t surfaces = surfaces_[point];
  for (double step = 0.2 * size; step > 2e-3 * size; step *= 0.5) {
    bool moved = true;
    for (int tries = 0; moved && tries < 8; ++tries) {
      moved = false;
      const Vec3 from = mesh_.points[point];
      Vec3 best_place = from;
      for (int d = 0; d < 27; ++d) {
        if (d == 13) continue;
        const int i = d % 3 - 1, j = d / 3 % 3 - 1, k = d / 9 - 1;
        const Vec3 direction{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        Vec3 place = from + (step / norm(direction)) * direction;
        if (surfaces) place = restrain_(place, surfaces);
        mesh_.points[point] = place;
        if (const double worst = worst_around(point); worst > best + 1e-6)
          best = worst, best_place = place, moved = true;
      }
      mesh_.points[point] = best_place;
    }
  }
  return best > start + 1e-3;
}

/// Centre of the sphere through four points.
Vec3 circumcentre(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  const Vec3 u = b - a, v = c - a, w = d - a;
  const double six_volumes = dot(cross(u, v), w);
  return a + (0.5 / six_volumes) * (dot(u, u) * cross(v, w) + dot(v, v) * cross(w, u) + dot(w, w) * cross(u, v));
}

void Workshop::relax(std::int32_t point) {
  const std::uint32_t surfaces = surfaces_[point];
  if (surfaces & fixed_point || around_[point].empty()) return;
  Vec3 sum{};
  double weight = 0;
  if (surfaces == 0) {
    for (const auto c : around_[point]) {
      const auto& [p, q, r, s] = mesh_.cells[c];
      const double volume = mesh::signed_volume(mesh_, mesh_.cells[c]);
      sum = sum + volume * circumcentre(mesh_.points[p], mesh_.points[q], mesh_.points[r], mesh_.points[s]);
      weight += volume;
    }
  } else {
    std::set<std::int32_t> beside;  // points on at least the same surfaces
    for (const auto c : around_[point])
      for (const auto p : mesh_.cells[c])
        if (p != point && (surfaces_[p] & surfaces) == surfaces) beside.insert(p);
    for (const auto p : beside) sum = sum + mesh_.points[p];
    weight = static_cast<double>(beside.size());
  }
  if (weight <= 0) return;
  const Vec3 from = mesh_.points[point];
  const double before = worst_around(point);
  Vec3 place = from + 0.7 * ((1 / weight) * sum - from);
  if (surfaces) place = restrain_(place, surfaces);
  mesh_.points[point] = place;
  constexpr double good_deg = 35;
  const double after = worst_around(point);
  if (after < before && after < good_deg) mesh_.points[point] = from;
}

bool Workshop::remove_edge(std::int32_t a, std::int32_t b) {
  const std::vector<std::int32_t> cells = cells_at(a, b);
  if (cells.size() < 3 || cells.size() > longest_ring) return false;
  const auto points = ring(a, b, cells);
  if (!points) return false;
  const auto& p = *points;
  const int n = static_cast<int>(p.size());
  // Best triangulation of the ring by dynamic programming; every triangle makes a cell with a and one with b.
  std::array<std::array<double, longest_ring>, longest_ring> best{};
  std::array<std::array<int, longest_ring>, longest_ring> cut{};
  auto triangle = [&](int i, int k, int j) {
    return std::min(quality(Cell{a, p[i], p[k], p[j]}), quality(Cell{p[i], p[k], p[j], b}));
  };
  for (int i = 0; i + 1 < n; ++i) best[i][i + 1] = 180;
  for (int span = 2; span < n; ++span)
    for (int i = 0; i + span < n; ++i) {
      const int j = i + span;
      best[i][j] = -std::numeric_limits<double>::max();
      for (int k = i + 1; k < j; ++k)
        if (const double q = std::min({best[i][k], best[k][j], triangle(i, k, j)}); q > best[i][j])
          best[i][j] = q, cut[i][j] = k;
    }
  if (best[0][n - 1] <= worst_of(cells) + 1e-3) return false;
  std::vector<Cell> made;
  std::vector<std::array<int, 2>> open{{0, n - 1}};
  while (!open.empty()) {
    const auto [i, j] = open.back();
    open.pop_back();
    if (j - i < 2) continue;
    // A new diagonal must not be an edge already: the mesh would touch itself there.
    if (j - i < n - 1 && !cells_at(p[i], p[j]).empty()) return false;
    const int k = cut[i][j];
    made.push_back({a, p[i], p[k], p[j]});
    made.push_back({p[i], p[k], p[j], b});
    open.push_back({i, k});
    open.push_back({k, j});
  }
  replace(cells, made);
  return true;
}

bool Workshop::flip_face(std::int32_t cell, int corner) {
  const std::int32_t other = neighbour(cell, corner);
  if (other < 0 || mesh_.region[other] != mesh_.region[cell]) return false;
  const Cell c = mesh_.cells[cell];
  const std::int32_t a = c[corner];
  std::int32_t b = -1;
  for (const auto p : mesh_.cells[other])
    if (std::find(c.begin(), c.end(), p) == c.end()) b = p;
  if (b < 0 || !cells_at(a, b).empty()) return false;
  std::array<std::int32_t, 3> face;
  for (int i = 0, n = 0; i < 4; ++i)
    if (i != corner) face[n++] = c[i];
  if (corner % 2 == 1) std::swap(face[1], face[2]);  // so that (a, face) is positively oriented
  std::vector<Cell> made;
  for (int e = 0; e < 3; ++e) made.push_back({a, b, face[e], face[(e + 1) % 3]});
  const std::vector<std::int32_t> old_cells{cell, other};
  if (worst_of(made) <= worst_of(old_cells) + 1e-3) return false;
  replace(old_cells, made);
  return true;
}

bool Workshop::collapse(std::int32_t from, std::int32_t onto) {
  if (surfaces_[from] != 0) return false;
  const std::vector<std::int32_t> cells = around_[from];
  std::vector<Cell> made;
  std::set<std::int32_t> beside_from, beside_both;
  for (const auto c : cells) {
    if (mesh_.region[c] != mesh_.region[cells.front()]) return false;
    const bool vanishes = std::find(mesh_.cells[c].begin(), mesh_.cells[c].end(), onto) != mesh_.cells[c].end();
    for (const auto p : mesh_.cells[c]) {
      beside_from.insert(p);
      if (vanishes) beside_both.insert(p);
    }
    if (vanishes) continue;
    Cell moved = mesh_.cells[c];
    std::replace(moved.begin(), moved.end(), from, onto);
    made.push_back(moved);
  }
  // Link condition: neighbours common to both ends must all be in the vanishing cells.
  for (const auto c : around_[onto])
    for (const auto p : mesh_.cells[c])
      if (beside_from.contains(p) && !beside_both.contains(p)) return false;
  if (made.empty() || worst_of(made) <= worst_of(cells) + 1e-3) return false;
  // And so must common edges: no face may come to be shared by more than two cells.
  std::map<mesh::Triangle, int> uses;
  const auto use = [&](const Cell& cell) {
    for (int f = 0; f < 4; ++f) {
      mesh::Triangle face;
      for (int i = 0, n = 0; i < 4; ++i)
        if (i != f) face[n++] = cell[i];
      std::ranges::sort(face);
      if (++uses[face] > 2) return false;
    }
    return true;
  };
  for (const Cell& cell : made)
    if (!use(cell)) return false;
  for (const auto c : around_[onto])
    if (std::ranges::find(mesh_.cells[c], from) == mesh_.cells[c].end() && !use(mesh_.cells[c])) return false;
  replace(cells, made);
  return true;
}

bool Workshop::split_edge(std::int32_t a, std::int32_t b) {
  const std::vector<std::int32_t> cells = cells_at(a, b);
  if (cells.size() < 3) return false;
  const auto points = ring(a, b, cells);
  if (!points) return false;
  const double before = worst_of(cells);
  const auto middle = static_cast<std::int32_t>(mesh_.points.size());
  const std::size_t n_cells = mesh_.cells.size();
  const std::int32_t region = mesh_.region[cells.front()];
  std::vector<Cell> old_cells;
  for (const auto c : cells) old_cells.push_back(mesh_.cells[c]);
  mesh_.points.push_back(0.5 * (mesh_.points[a] + mesh_.points[b]));
  surfaces_.push_back(0);
  around_.emplace_back();
  for (const auto c : cells) remove(c);
  for (const Cell& c : old_cells) {
    Cell near_a = c, near_b = c;
    std::replace(near_a.begin(), near_a.end(), b, middle);
    std::replace(near_b.begin(), near_b.end(), a, middle);
    add(near_a, region);
    add(near_b, region);
  }
  climb(middle);
  if (worst_around(middle) > before + 1e-3) return true;
  // Back to where it was.
  for (std::size_t c = n_cells; c < mesh_.cells.size(); ++c) remove(static_cast<std::int32_t>(c));
  mesh_.cells.resize(n_cells);
  mesh_.region.resize(n_cells);
  alive_.resize(n_cells);
  for (const Cell& c : old_cells) add(c, region);
  mesh_.points.pop_back();
  surfaces_.pop_back();
  around_.pop_back();
  return false;
}

/// A flat cell with two faces on one surface: it changes sides, or goes where nothing is beyond.
bool Workshop::shave(std::int32_t cell) {
  std::array<int, 4> beyond{};  // region beyond each face; 0 outside
  int own = 0;
  const std::int32_t region = mesh_.region[cell];
  for (int f = 0; f < 4; ++f) {
    const std::int32_t c = neighbour(cell, f);
    beyond[f] = c < 0 ? 0 : mesh_.region[c];
    own += beyond[f] == region;
  }
  if (own != 2) return false;
  int other = -1;
  std::array<std::int32_t, 2> ends{};  // of the edge that becomes a surface edge: opposite to the two outer faces
  for (int f = 0, n = 0; f < 4; ++f) {
    if (beyond[f] == region) continue;
    if (other >= 0 && beyond[f] != other) return false;
    other = beyond[f];
    ends[n++] = mesh_.cells[cell][f];
  }
  // That edge must be inside so far, or the surface would be pinched there; and the faces must lie on one smooth
  // surface.
  for (const auto c : cells_at(ends[0], ends[1]))
    if (mesh_.region[c] != region) return false;
  if (!ring(ends[0], ends[1], cells_at(ends[0], ends[1]))) return false;
  std::uint32_t common = ~0u;
  for (const auto p : mesh_.cells[cell]) common &= surfaces_[p];
  if (common == 0) return false;
  const Cell c = mesh_.cells[cell];
  remove(cell);
  if (other > 0) add(c, other);
  return true;
}

bool Workshop::mend(std::int32_t cell, bool aggressive) {
  const Cell c = mesh_.cells[cell];
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j)
      if (remove_edge(c[i], c[j])) return true;
  for (int f = 0; f < 4; ++f)
    if (flip_face(cell, f)) return true;
  bool better = false;
  for (const auto p : c) better |= climb(p);
  if (better || !aggressive) return better;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      if (i != j && collapse(c[i], c[j])) return true;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j)
      if (split_edge(c[i], c[j])) return true;
  return false;
}

}  // namespace

double smallest_dihedral(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  const Vec3 ab = b - a, ac = c - a, ad = d - a, bc = c - b, bd = d - b;
  if (dot(cross(ab, ac), ad) <= 0) return -1;
  const std::array<Vec3, 4> n{core::normalised(cross(bc, bd)), core::normalised(cross(ad, ac)),
                              core::normalised(cross(ab, ad)), core::normalised(cross(ac, ab))};
  double largest_cosine = -1;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j) largest_cosine = std::max(largest_cosine, -dot(n[i], n[j]));
  return std::acos(std::min(1.0, largest_cosine)) * 180 / std::numbers::pi;
}

void smooth(mesh::TetMesh& mesh, const std::vector<std::uint32_t>& surfaces, const Restrain& restrain, int sweeps) {
  std::vector<std::uint32_t> own(surfaces);
  Workshop workshop(mesh, own, restrain);
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (std::size_t p = 0; p < mesh.points.size(); ++p) workshop.relax(static_cast<std::int32_t>(p));
}

Improvement improve(mesh::TetMesh& mesh, std::vector<std::uint32_t>& surfaces, const Restrain& restrain,
                    double goal_deg, int passes) {
  Workshop workshop(mesh, surfaces, restrain);
  Improvement result;
  std::vector<std::int32_t> bad = workshop.below(goal_deg);
  result.bad_before = static_cast<int>(bad.size());
  for (int pass = 0; pass < passes && !bad.empty(); ++pass) {
    bool changed = false;
    for (const auto cell : bad)
      if (workshop.alive(cell) && workshop.quality(cell) < goal_deg) changed |= workshop.mend(cell, pass >= 2);
    if (pass >= 4)
      for (const auto cell : workshop.below(0.5 * goal_deg))
        if (workshop.alive(cell)) changed |= workshop.shave(cell);
    bad = workshop.below(goal_deg);
    if (!changed && pass >= 4) break;
  }
  result.bad_after = static_cast<int>(bad.size());
  result.smallest_deg = bad.empty() ? goal_deg : workshop.quality(bad.front());
  workshop.finish();
  return result;
}

}  // namespace cardiotwin::meshing
