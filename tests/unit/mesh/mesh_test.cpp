#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numbers>
#include <set>

#include "cardiotwin/mesh/edge_index.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mesh {
namespace {

using namespace core;

double total_volume(const TetMesh& mesh) {
  double sum = 0;
  for (const Cell& cell : mesh.cells) sum += signed_volume(mesh, cell);
  return sum;
}

double area(const TetMesh& mesh, std::int32_t tag) {
  double sum = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag) sum += norm(vector_area(mesh.points, mesh.triangles[t]));
  return sum;
}

/// Two regions: x below and above 1 mm, the plane between them tagged 7 with its normal along +x.
TetMesh two_regions() {
  TetMesh mesh = box({0, 0, 0}, {2, 1, 1}, {4, 2, 2});
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    double x = 0;
    for (std::int32_t p : mesh.cells[c]) x += mesh.points[p][0] / 4;
    mesh.region[c] = x < 1 ? 1 : 2;
  }
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    if (mesh.region[c] != 1) continue;
    for (auto [i, j, k] : cell_faces) {
      const Triangle t{mesh.cells[c][i], mesh.cells[c][j], mesh.cells[c][k]};
      if (std::all_of(t.begin(), t.end(), [&](std::int32_t p) { return mesh.points[p][0] == 1; }))
        mesh.triangles.push_back(t), mesh.surface.push_back(7);
    }
  }
  return mesh;
}

TEST(Box, HasTheVolumeAndTheAreasOfABox) {
  const TetMesh mesh = box({-1, 0, 2}, {1, 3, 6}, {2, 3, 5}, 4);
  EXPECT_EQ(mesh.points.size(), 3u * 4 * 6);
  EXPECT_EQ(mesh.cells.size(), 6u * 30);
  EXPECT_NEAR(volume(mesh, 4), 24, 1e-12);
  EXPECT_EQ(volume(mesh, 1), 0);
  const std::array<double, 6> areas{12, 12, 8, 8, 6, 6};
  const std::array<Vec3, 6> normals{{{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}}};
  std::array<double, 6> found{};
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    found[mesh.surface[t] - 1] += dot(vector_area(mesh.points, mesh.triangles[t]), normals[mesh.surface[t] - 1]);
  for (int side = 0; side < 6; ++side) EXPECT_NEAR(found[side], areas[side], 1e-12);
  EXPECT_EQ(quality(mesh).inverted, 0);
}

TEST(Box, EveryTriangleIsAFaceOfExactlyOneCell) {
  for (auto [a, b] : triangle_cells(box({0, 0, 0}, {1, 1, 1}, {2, 3, 2}))) {
    EXPECT_GE(a, 0);
    EXPECT_EQ(b, -1);
  }
}

TEST(Edges, SatisfyEuler) {
  const TetMesh mesh = box({0, 0, 0}, {1, 1, 1}, {3, 2, 4});
  const EdgeIndex index(mesh);
  ASSERT_TRUE(std::is_sorted(index.edges().begin(), index.edges().end()));
  std::set<Triangle> faces;
  for (const Cell& cell : mesh.cells)
    for (auto [i, j, k] : cell_faces) {
      Triangle face{cell[i], cell[j], cell[k]};
      std::sort(face.begin(), face.end());
      faces.insert(face);
    }
  const auto euler = static_cast<long>(mesh.points.size()) - static_cast<long>(index.edges().size()) +
                     static_cast<long>(faces.size()) - static_cast<long>(mesh.cells.size());
  EXPECT_EQ(euler, 1);  // of a ball
  for (std::size_t e = 0; e < index.edges().size(); ++e) {
    const auto [a, b] = index.edges()[e];
    EXPECT_LT(a, b);
    EXPECT_EQ(index.find(b, a), static_cast<std::int32_t>(e));
  }
}

TEST(Refine, KeepsVolumeAreaTagsAndOldPoints) {
  const TetMesh coarse = two_regions();
  const Refinement fine = refine(coarse);
  ASSERT_EQ(fine.mesh.cells.size(), 8 * coarse.cells.size());
  ASSERT_EQ(fine.mesh.triangles.size(), 4 * coarse.triangles.size());
  EXPECT_TRUE(std::equal(coarse.points.begin(), coarse.points.end(), fine.mesh.points.begin()));
  EXPECT_EQ(fine.parents, edges(coarse));
  for (std::size_t n = 0; n < fine.parents.size(); ++n) {
    const auto [a, b] = fine.parents[n];
    EXPECT_EQ(fine.mesh.points[coarse.points.size() + n], 0.5 * (coarse.points[a] + coarse.points[b]));
  }
  for (int region : {1, 2}) EXPECT_NEAR(volume(fine.mesh, region), volume(coarse, region), 1e-13);
  for (int tag = 1; tag <= 7; ++tag) EXPECT_NEAR(area(fine.mesh, tag), area(coarse, tag), 1e-13);
  EXPECT_EQ(quality(fine.mesh).inverted, 0);
  std::vector<double> child_volume(coarse.cells.size(), 0);
  for (std::size_t c = 0; c < fine.mesh.cells.size(); ++c) {
    child_volume[fine.parent_cell[c]] += signed_volume(fine.mesh, fine.mesh.cells[c]);
    EXPECT_EQ(fine.mesh.region[c], coarse.region[fine.parent_cell[c]]);
  }
  for (std::size_t c = 0; c < coarse.cells.size(); ++c)
    EXPECT_NEAR(child_volume[c], signed_volume(coarse, coarse.cells[c]), 1e-14);
  for (auto [a, b] : triangle_cells(fine.mesh)) EXPECT_GE(a, 0);
}

TEST(Refine, IsConforming) {
  const TetMesh fine = refine(refine(box({0, 0, 0}, {1, 1.1, 0.9}, {1, 2, 1})).mesh).mesh;
  std::map<Triangle, int> uses;
  for (const Cell& cell : fine.cells)
    for (auto [i, j, k] : cell_faces) {
      Triangle face{cell[i], cell[j], cell[k]};
      std::sort(face.begin(), face.end());
      ++uses[face];
    }
  std::size_t outer = 0;
  for (const auto& [face, count] : uses) {
    EXPECT_LE(count, 2);
    outer += count == 1;
  }
  EXPECT_EQ(outer, fine.triangles.size());
}

TEST(Refine, KeepsAnglesOfKuhnMeshesBounded) {
  TetMesh mesh = box({0, 0, 0}, {1, 1, 1}, {1, 1, 1});
  for (int i = 0; i < 3; ++i) {
    mesh = refine(mesh).mesh;
    EXPECT_NEAR(quality(mesh).smallest_dihedral_deg, 45, 1e-9);
    EXPECT_NEAR(quality(mesh).largest_dihedral_deg, 90, 1e-9);
  }
}

TEST(Refine, NestedPointsAreMeansWithinACoarseCell) {
  TetMesh skewed = box({0, 0, 0}, {2, 1, 1}, {3, 2, 2});
  for (Vec3& x : skewed.points) x = {x[0] + 0.3 * x[1] * x[2], x[1] + 0.1 * x[0] * x[0], x[2]};
  for (int times : {0, 1, 3}) {
    const NestedMesh nested = refine(skewed, times);
    EXPECT_EQ(nested.coarse.points, skewed.points);
    ASSERT_EQ(nested.fine.cells.size(), skewed.cells.size() << (3 * times));
    ASSERT_EQ(nested.origin.size(), nested.fine.points.size());
    std::set<std::set<std::int32_t>> within;  // sets of points that lie in one coarse cell
    for (const Cell& cell : skewed.cells)
      for (int part = 1; part < 16; ++part) {
        std::set<std::int32_t> corners;
        for (int a = 0; a < 4; ++a)
          if (part & (1 << a)) corners.insert(cell[a]);
        within.insert(corners);
      }
    for (std::size_t p = 0; p < nested.fine.points.size(); ++p) {
      const auto& [point, weight] = nested.origin[p];
      Vec3 mean{};
      double sum = 0;
      std::set<std::int32_t> used;
      for (int a = 0; a < 4; ++a) {
        EXPECT_GE(weight[a], 0);
        mean = mean + weight[a] * skewed.points[point[a]];
        sum += weight[a];
        EXPECT_TRUE(weight[a] == 0 || used.insert(point[a]).second) << "twice: " << point[a];
      }
      EXPECT_EQ(sum, 1);  // halves of halves
      EXPECT_LT(norm(mean - nested.fine.points[p]), 1e-14);
      EXPECT_TRUE(within.contains(used)) << p;
    }
  }
}

TEST(Prolong, IsExactForLinearFields) {
  const TetMesh coarse = box({0, 0, 0}, {1, 2, 3}, {2, 2, 2});
  const Refinement fine = refine(coarse);
  const auto field = [](const Vec3& p) { return 1 + 2 * p[0] - p[1] + 0.5 * p[2]; };
  std::vector<double> values;
  for (const Vec3& p : coarse.points) values.push_back(field(p));
  const auto longer = prolong(std::span<const double>(values), fine.parents);
  ASSERT_EQ(longer.size(), fine.mesh.points.size());
  for (std::size_t p = 0; p < longer.size(); ++p) EXPECT_NEAR(longer[p], field(fine.mesh.points[p]), 1e-14);
}

TEST(Extract, TurnsInterfaceNormalsOutOfThePartAndKnowsItsParents) {
  const TetMesh mesh = two_regions();
  for (int region : {1, 2}) {
    const SubMesh part = extract(mesh, std::vector<std::int32_t>{region});
    EXPECT_NEAR(total_volume(part.mesh), 1, 1e-13);
    EXPECT_EQ(quality(part.mesh).inverted, 0);
    Vec3 interface {
    }, closed{};
    for (std::size_t t = 0; t < part.mesh.triangles.size(); ++t) {
      const Vec3 a = vector_area(part.mesh.points, part.mesh.triangles[t]);
      closed = closed + a;
      if (part.mesh.surface[t] == 7) interface = interface + a;
    }
    EXPECT_NEAR(interface[0], region == 1 ? 1 : -1, 1e-13);
    EXPECT_NEAR(norm(closed), 0, 1e-13);  // a closed surface with outward normals
    for (std::size_t p = 0; p < part.mesh.points.size(); ++p)
      EXPECT_EQ(part.mesh.points[p], mesh.points[part.parent_point[p]]);
    for (std::size_t c = 0; c < part.mesh.cells.size(); ++c)
      EXPECT_EQ(part.mesh.region[c], mesh.region[part.parent_cell[c]]);
    EXPECT_EQ(area(part.mesh, region == 1 ? 2 : 1), 0);  // the other part's far side is gone
  }
  const SubMesh both = extract(mesh, std::vector<std::int32_t>{1, 2});
  EXPECT_EQ(both.mesh.triangles, mesh.triangles);
  EXPECT_EQ(both.mesh.cells, mesh.cells);
}

TEST(Quality, OfKnownTetrahedra) {
  TetMesh regular;
  regular.points = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  regular.cells = {{0, 1, 2, 3}};
  regular.region = {1};
  if (signed_volume(regular, regular.cells[0]) < 0) std::swap(regular.cells[0][2], regular.cells[0][3]);
  EXPECT_NEAR(signed_volume(regular, regular.cells[0]), 8.0 / 3, 1e-14);
  const Quality q = quality(regular);
  const double angle = std::acos(1.0 / 3) * 180 / std::numbers::pi;
  EXPECT_NEAR(q.smallest_dihedral_deg, angle, 1e-10);
  EXPECT_NEAR(q.largest_dihedral_deg, angle, 1e-10);
  EXPECT_NEAR(q.largest_aspect_ratio, std::sqrt(1.5), 1e-12);
  EXPECT_EQ(q.inverted, 0);

  TetMesh corner;  // three right angles, three of acos(1/sqrt 3)
  corner.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  corner.cells = {{0, 1, 2, 3}, {0, 2, 1, 3}};
  corner.region = {1, 1};
  EXPECT_EQ(quality(corner).inverted, 1);
  corner.cells.pop_back(), corner.region.pop_back();
  auto angles = dihedral_angles(corner.points[0], corner.points[1], corner.points[2], corner.points[3]);
  std::sort(angles.begin(), angles.end());
  const double small = std::acos(1 / std::sqrt(3.0)) * 180 / std::numbers::pi;
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(angles[i], small, 1e-10);
  for (int i = 3; i < 6; ++i) EXPECT_NEAR(angles[i], 90, 1e-10);
  // Longest edge sqrt 2 over the altitude on the oblique face, 1/sqrt 3.
  EXPECT_NEAR(quality(corner).largest_aspect_ratio, std::sqrt(6.0), 1e-12);
}

TEST(Partition, IsBalancedAndCompact) {
  const TetMesh mesh = box({0, 0, 0}, {3, 1, 1}, {12, 4, 4});
  for (int parts : {1, 2, 3, 5, 8}) {
    const auto owner = partition(mesh, parts);
    std::vector<int> count(parts, 0);
    for (std::int32_t rank : owner) ++count.at(rank);
    const auto [low, high] = std::minmax_element(count.begin(), count.end());
    EXPECT_LE(*high - *low, 3) << parts;
  }
  // Three parts of a bar three times as long as wide are its thirds.
  const auto owner = partition(mesh, 3);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    double x = 0;
    for (std::int32_t p : mesh.cells[c]) x += mesh.points[p][0] / 4;
    EXPECT_EQ(owner[c], static_cast<int>(x));
  }
}

}  // namespace
}  // namespace cardiotwin::mesh
