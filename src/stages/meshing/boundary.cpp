#include "boundary.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::meshing {
namespace {

using mesh::Triangle;

/// The faces of a positively oriented tetrahedron, normals outwards; face f lies opposite to corner f.
constexpr int face_corners[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

Triangle sorted(Triangle t) {
  std::sort(t.begin(), t.end());
  return t;
}

/// The region, with both walls as one.
std::int32_t body(std::int32_t region) { return artifacts::is_wall(region) ? artifacts::region_lv_wall : region; }

/// Disjoint sets.
struct Groups {
  std::vector<std::int32_t> parent;
  explicit Groups(std::size_t n) : parent(n) { std::iota(parent.begin(), parent.end(), 0); }
  std::int32_t find(std::int32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  }
  void join(std::int32_t a, std::int32_t b) { parent[find(a)] = find(b); }
};

template <class Select>
std::vector<std::int64_t> sizes(Groups& groups, const Select& selected) {
  std::map<std::int32_t, std::int64_t> count;
  for (std::size_t i = 0; i < groups.parent.size(); ++i)
    if (selected(i)) ++count[groups.find(static_cast<std::int32_t>(i))];
  std::vector<std::int64_t> result;
  for (const auto& [group, n] : count) result.push_back(n);
  std::sort(result.rbegin(), result.rend());
  return result;
}

Groups cell_groups(const mesh::TetMesh& mesh, const std::vector<Face>& faces) {
  Groups groups(mesh.cells.size());
  for (const Face& f : faces)
    if (f.beyond >= 0 && mesh.region[f.cell] == mesh.region[f.beyond]) groups.join(f.cell, f.beyond);
  return groups;
}

}  // namespace

std::vector<Face> all_faces(const mesh::TetMesh& mesh) {
  struct Side {
    Triangle key;
    std::int32_t cell;
    int face;
  };
  std::vector<Side> sides;
  sides.reserve(4 * mesh.cells.size());
  for (std::size_t c = 0; c < mesh.cells.size(); ++c)
    for (int f = 0; f < 4; ++f) {
      const auto& [i, j, k] = face_corners[f];
      const mesh::Cell& p = mesh.cells[c];
      sides.push_back({sorted({p[i], p[j], p[k]}), static_cast<std::int32_t>(c), f});
    }
  std::sort(sides.begin(), sides.end(),
            [](const Side& a, const Side& b) { return a.key != b.key ? a.key < b.key : a.cell < b.cell; });
  std::vector<Face> faces;
  for (std::size_t s = 0; s < sides.size();) {
    std::size_t end = s + 1;
    while (end < sides.size() && sides[end].key == sides[s].key) ++end;
    if (end - s > 2)
      core::fail_numerical({.where = "meshing: connectivity",
                            .expected = "every face shared by at most two cells",
                            .found = fmt::format("{} cells at the face of points {}, {}, {}", end - s, sides[s].key[0],
                                                 sides[s].key[1], sides[s].key[2]),
                            .remedy = "the mesh overlaps itself; it cannot be used"});
    std::size_t inner = s;
    if (end - s == 2 && mesh.region[sides[s + 1].cell] < mesh.region[sides[s].cell]) inner = s + 1;
    const auto& [i, j, k] = face_corners[sides[inner].face];
    const mesh::Cell& p = mesh.cells[sides[inner].cell];
    faces.push_back({{p[i], p[j], p[k]}, sides[inner].cell, end - s == 2 ? sides[s + (inner == s)].cell : -1});
    s = end;
  }
  return faces;
}

std::vector<Face> surface_faces(const mesh::TetMesh& mesh) {
  std::vector<Face> faces = all_faces(mesh);
  std::erase_if(
      faces, [&](const Face& f) { return f.beyond >= 0 && body(mesh.region[f.cell]) == body(mesh.region[f.beyond]); });
  return faces;
}

int tag_surfaces(mesh::TetMesh& mesh, const Plane& base, const Orifices& orifices,
                 const std::function<bool(const Vec3&)>& at_rv) {
  using namespace artifacts;
  int leaks = 0;
  mesh.triangles.clear();
  mesh.surface.clear();
  auto within = [](const Disc& disc, const Vec3& x) { return core::norm(x - disc.centre) < disc.radius_mm; };
  for (const Face& face : surface_faces(mesh)) {
    std::int32_t tag = surface_endocardium;
    if (face.beyond < 0) {
      Vec3 centre{};
      bool on_base = true;
      for (const auto p : face.triangle) {
        on_base &= std::abs(core::dot(mesh.points[p] - base.origin, base.normal)) < 1e-2;
        centre = centre + (1.0 / 3) * mesh.points[p];
      }
      const bool is_blood = mesh.region[face.cell] == region_lv_blood;
      if (!is_blood) tag = on_base ? surface_base : at_rv(centre) ? surface_rv_endocardium : surface_epicardium;
      if (is_blood) {
        tag = within(orifices.mitral, centre)   ? surface_mitral
              : within(orifices.aortic, centre) ? surface_aortic
                                                : surface_lid;
        leaks += !on_base;
      }
    }
    mesh.triangles.push_back(face.triangle);
    mesh.surface.push_back(tag);
  }
  return leaks;
}

std::vector<std::uint32_t> surfaces_at_points(const mesh::TetMesh& mesh) {
  std::vector<std::uint32_t> result(mesh.points.size(), 0);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    for (const auto p : mesh.triangles[t]) result[p] |= 1u << mesh.surface[t];
  return result;
}

namespace {

int absorb_islands_of(mesh::TetMesh& mesh, std::int32_t region) {
  const std::vector<Face> faces = all_faces(mesh);
  Groups groups = cell_groups(mesh, faces);
  const auto n = static_cast<std::int32_t>(mesh.cells.size());
  std::vector<std::int64_t> size(mesh.cells.size(), 0);
  std::int32_t largest = -1;
  for (std::int32_t c = 0; c < n; ++c) {
    if (mesh.region[c] != region) continue;
    const std::int32_t group = groups.find(c);
    ++size[group];
    if (largest < 0 || size[group] > size[largest]) largest = group;
  }
  std::map<std::int32_t, std::map<std::int32_t, int>> beside;  // faces to other regions, by island
  const auto count = [&](std::int32_t cell, std::int32_t other) {
    if (mesh.region[cell] != region || mesh.region[other] == region) return;
    constexpr int muscle_to_muscle = 1000;  // a wall's island goes to the other wall if it touches it at all
    const bool walls = artifacts::is_wall(region) && artifacts::is_wall(mesh.region[other]);
    if (const auto group = groups.find(cell); group != largest)
      beside[group][mesh.region[other]] += walls ? muscle_to_muscle : 1;
  };
  for (const Face& f : faces)
    if (f.beyond >= 0) count(f.cell, f.beyond), count(f.beyond, f.cell);
  const auto beyond = [&](std::int32_t group) {
    const auto found = beside.find(group);
    if (found == beside.end()) return 0;
    return std::ranges::max_element(found->second, {}, [](const auto& entry) { return entry.second; })->first;
  };
  mesh::TetMesh kept;
  int absorbed = 0;
  for (std::int32_t c = 0; c < n; ++c) {
    const std::int32_t group = groups.find(c);
    const bool island = mesh.region[c] == region && group != largest;
    absorbed += island;
    const std::int32_t heir = island ? beyond(group) : mesh.region[c];
    if (heir == 0) continue;
    kept.cells.push_back(mesh.cells[c]);
    kept.region.push_back(heir);
  }
  mesh.cells = std::move(kept.cells);
  mesh.region = std::move(kept.region);
  return absorbed;
}

}  // namespace

int absorb_islands(mesh::TetMesh& mesh) {
  mesh.triangles.clear();
  mesh.surface.clear();
  int absorbed = 0;
  // Blood first: what a cavity loses the wall around it takes.
  std::vector<std::int32_t> regions{artifacts::region_lv_blood, artifacts::region_lv_wall, artifacts::region_rv_wall};
  for (std::int32_t region = artifacts::region_rv_blood; region <= artifacts::last_region; ++region)
    if (std::ranges::count(mesh.region, region) > 0) regions.push_back(region);
  for (const auto region : regions) absorbed += absorb_islands_of(mesh, region);
  return absorbed;
}

void divide_walls(mesh::TetMesh& mesh, const std::function<bool(const Vec3&)>& left) {
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    Vec3 centre{};
    for (const auto p : mesh.cells[c]) centre = centre + 0.25 * mesh.points[p];
    if (mesh.region[c] == artifacts::region_lv_wall && !left(centre)) mesh.region[c] = artifacts::region_rv_wall;
  }
  const std::vector<Face> faces = all_faces(mesh);
  for (int sweep = 0; sweep < 5; ++sweep) {
    std::vector<int> balance(mesh.cells.size(), 0);  // neighbours in the same wall less those in the other
    for (const Face& f : faces) {
      if (f.beyond < 0 || !artifacts::is_wall(mesh.region[f.cell]) || !artifacts::is_wall(mesh.region[f.beyond]))
        continue;
      const int same = mesh.region[f.cell] == mesh.region[f.beyond] ? 1 : -1;
      balance[f.cell] += same, balance[f.beyond] += same;
    }
    for (std::size_t c = 0; c < mesh.cells.size(); ++c)
      if (balance[c] < 0)
        mesh.region[c] =
            mesh.region[c] == artifacts::region_lv_wall ? artifacts::region_rv_wall : artifacts::region_lv_wall;
  }
  absorb_islands(mesh);
}

std::vector<std::int64_t> parts(const mesh::TetMesh& mesh, std::int32_t region) {
  Groups groups = cell_groups(mesh, all_faces(mesh));
  return sizes(groups, [&](std::size_t c) { return mesh.region[c] == region; });
}

std::vector<std::int64_t> surface_parts(const mesh::TetMesh& mesh, std::int32_t tag) {
  Groups groups(mesh.triangles.size());
  std::map<mesh::Edge, std::int32_t> seen;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.surface[t] != tag) continue;
    for (int e = 0; e < 3; ++e) {
      const auto [a, b] = std::minmax(mesh.triangles[t][e], mesh.triangles[t][(e + 1) % 3]);
      const auto [entry, is_new] = seen.try_emplace({a, b}, static_cast<std::int32_t>(t));
      if (!is_new) groups.join(static_cast<std::int32_t>(t), entry->second);
    }
  }
  return sizes(groups, [&](std::size_t t) { return mesh.surface[t] == tag; });
}

std::vector<std::string> surface_defects(const mesh::TetMesh& mesh) {
  std::vector<std::string> defects;
  std::map<Triangle, int> tagged;
  for (const Triangle& t : mesh.triangles) ++tagged[sorted(t)];
  const std::vector<Face> faces = surface_faces(mesh);
  std::int64_t untagged = 0;
  for (const Face& f : faces) untagged += tagged.erase(sorted(f.triangle)) == 0;
  if (untagged > 0) defects.push_back(fmt::format("{} boundary faces have no surface tag", untagged));
  if (!tagged.empty()) defects.push_back(fmt::format("{} tagged triangles are no boundary faces", tagged.size()));
  if (mesh.triangles.size() > faces.size()) defects.push_back("some faces carry more than one tagged triangle");

  std::vector<std::int32_t> regions;
  for (const std::int32_t region : mesh.region) regions.push_back(body(region));
  std::sort(regions.begin(), regions.end());
  regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
  for (const std::int32_t region : regions) {
    std::map<mesh::Edge, int> uses;
    for (const Face& f : faces) {
      if (body(mesh.region[f.cell]) != region && (f.beyond < 0 || body(mesh.region[f.beyond]) != region)) continue;
      for (int e = 0; e < 3; ++e) {
        const auto [a, b] = std::minmax(f.triangle[e], f.triangle[(e + 1) % 3]);
        ++uses[{a, b}];
      }
    }
    const auto pinched = std::count_if(uses.begin(), uses.end(), [](const auto& use) { return use.second != 2; });
    if (pinched > 0) defects.push_back(fmt::format("the surface of region {} is pinched at {} edges", region, pinched));
  }
  return defects;
}

void drop_unused_points(mesh::TetMesh& mesh) {
  std::vector<std::int32_t> number(mesh.points.size(), -1);
  for (const auto& cell : mesh.cells)
    for (const auto p : cell) number[p] = 0;
  std::vector<Vec3> points;
  for (std::size_t p = 0; p < number.size(); ++p)
    if (number[p] == 0) {
      number[p] = static_cast<std::int32_t>(points.size());
      points.push_back(mesh.points[p]);
    }
  mesh.points = std::move(points);
  for (auto& cell : mesh.cells)
    for (auto& p : cell) p = number[p];
  for (auto& triangle : mesh.triangles)
    for (auto& p : triangle) p = number[p];
}

}  // namespace cardiotwin::meshing
