// The truncated ellipsoid of the mechanics benchmarks against its formulas, as the papers write them.
#include "ellipsoid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cardiotwin/stages/stages.hpp"
#include "curved.hpp"
#include "gate.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::HeartMesh;
using ::testing::HasSubstr;
constexpr double degree = std::numbers::pi / 180;

/// Land et al. 2015, problems 2 and 3.
Ellipsoid land(int elements, int across = 1) {
  return {.inner_short = 7,
          .inner_long = 17,
          .inner_base = 5,
          .outer_short = 10,
          .outer_long = 20,
          .outer_base = 5,
          .fibre_endo_deg = 90,
          .fibre_epi_deg = -90,
          .around = elements,
          .along = elements,
          .across = across,
          .with_blood = false};
}

/// Arostica et al. 2025: the endocardium ends at mu = acos(5 / 17), the epicardium at acos(5 / 20).
Ellipsoid arostica(int elements, int across = 1) {
  return {.inner_short = 25,
          .inner_long = 90,
          .inner_base = 90 * 5.0 / 17,
          .outer_short = 35,
          .outer_long = 97,
          .outer_base = 97 * 5.0 / 20,
          .sheet = Sheet::tangential,
          .around = elements,
          .along = elements,
          .across = across,
          .with_blood = false};
}

HeartMesh straightened(HeartMesh heart) {
  heart.edge_points.clear();
  return heart;
}

TEST(Ellipsoid, VolumesConvergeAtOrderFourWhereCurvedAndTwoWhereStraight) {
  for (const auto make : {land, arostica}) {
    const EllipsoidVolumes exact = volumes(make(1, 1));
    std::array<std::array<double, 4>, 2> errors{};
    for (int level = 0; level < 2; ++level) {
      const HeartMesh heart = make_ellipsoid(make(3 << level, 1));
      const CurvedMesh curved(heart);
      const HeartMesh flat = straightened(heart);
      const CurvedMesh straight(flat);
      errors[level] = {exact.wall - curved.volume(artifacts::region_lv_wall), exact.cavity - curved.cavity_volume(),
                       exact.wall - straight.volume(artifacts::region_lv_wall),
                       exact.cavity - straight.cavity_volume()};
      EXPECT_NEAR(straight.volume(artifacts::region_lv_wall),
                  mesh::volume(test::tet_mesh(heart), artifacts::region_lv_wall), 1e-9 * exact.wall);
    }
    for (int i = 0; i < 4; ++i) {
      const double order = std::log2(errors[0][i] / errors[1][i]);
      EXPECT_NEAR(order, i < 2 ? 4 : 2, 0.1) << "quantity " << i;
    }
    EXPECT_LT(std::abs(errors[0][0]), 2e-4 * exact.wall);
    EXPECT_LT(std::abs(errors[0][1]), 2e-4 * exact.cavity);
  }
}

TEST(Ellipsoid, ExactVolumes) {
  // Discs of the outer body less discs of the inner one, integrated with another program (adaptive quadrature).
  const EllipsoidVolumes two = volumes(land(1)), one = volumes(arostica(1));
  EXPECT_NEAR(two.cavity, 2492.127255, 1e-6);
  EXPECT_NEAR(two.wall, 3234.734353, 1e-6);
  EXPECT_NEAR(one.cavity, 168285.904052, 1e-5);
  EXPECT_NEAR(one.wall, 177838.157694, 1e-5);
}

TEST(Ellipsoid, QuadraticElementsAreNotFolded) {
  for (const auto make : {land, arostica})
    for (const auto& [elements, across] : {std::pair{1, 1}, {2, 1}, {3, 2}, {5, 1}, {5, 4}})
      for (const bool blood : {false, true}) {
        Ellipsoid shape = make(elements, across);
        shape.with_blood = blood;
        const HeartMesh heart = make_ellipsoid(shape);
        EXPECT_EQ(mesh::quality(test::tet_mesh(heart)).inverted, 0);
        EXPECT_GT(CurvedMesh(heart).smallest_jacobian_ratio(), elements == 1 ? 0.1 : 0.3) << elements << ' ' << across;
      }
  HeartMesh folded = make_ellipsoid(land(2));
  EXPECT_NEAR(CurvedMesh(straightened(folded)).smallest_jacobian_ratio(), 1, 1e-9);
  folded.edge_points[7] = folded.edge_points[7] + Vec3{3, 3, 0};
  EXPECT_LE(CurvedMesh(folded).smallest_jacobian_ratio(), 0);
}

/// Surfaces that all three points of an edge's triangles lie on: calls visit(tag, middle).
template <class F>
void visit_surface_middles(const HeartMesh& heart, const F& visit) {
  const mesh::EdgeIndex index(test::tet_mesh(heart));
  for (std::size_t t = 0; t < heart.triangles.size(); ++t)
    for (const auto& [i, j] : mesh::triangle_edges)
      visit(heart.surface[t], heart.edge_points[index.find(heart.triangles[t][i], heart.triangles[t][j])]);
}

TEST(Ellipsoid, MiddlesOfSurfaceEdgesLieOnTheSurfaces) {
  for (const bool blood : {false, true}) {
    Ellipsoid shape = land(3, 2);
    shape.with_blood = blood;
    const HeartMesh heart = make_ellipsoid(shape);
    ASSERT_EQ(heart.edge_points.size(), mesh::edges(test::tet_mesh(heart)).size());
    visit_surface_middles(heart, [&](std::int32_t tag, const Vec3& x) {
      const double r = std::hypot(x[0], x[1]);
      if (tag == artifacts::surface_endocardium) {
        EXPECT_NEAR(std::hypot(r / 7, x[2] / 17), 1, 1e-12);
      } else if (tag == artifacts::surface_epicardium) {
        EXPECT_NEAR(std::hypot(r / 10, x[2] / 20), 1, 1e-12);
      } else {
        EXPECT_NEAR(x[2], 5, 1e-12);
      }
    });
    Verdict verdict = judge(test::tet_mesh(heart), {.smallest_dihedral_deg = 10, .orifice_triangles = 4}, {});
    EXPECT_TRUE(verdict.passed()) << verdict.text();
  }
}

/// Depth of a point between two ellipsoids whose semi-axes are linear in it, by bisection.
double depth(const Ellipsoid& e, const Vec3& x) {
  double low = -0.1, high = 1.1;
  for (int i = 0; i < 60; ++i) {
    const double t = (low + high) / 2;
    const double a = e.inner_short + t * (e.outer_short - e.inner_short),
                 b = e.inner_long + t * (e.outer_long - e.inner_long);
    (std::hypot(std::hypot(x[0], x[1]) / a, x[2] / b) > 1 ? low : high) = t;
  }
  return (low + high) / 2;
}

struct Axes {
  Vec3 du, dv;
};
/// dx/du and dx/dv of x = (a sin u cos v, a sin u sin v, b cos u), normalised, at the u in [first_u, first_u + pi].
Axes tangents(const Ellipsoid& e, double t, const Vec3& x, double first_u) {
  const double a = e.inner_short + t * (e.outer_short - e.inner_short),
               b = e.inner_long + t * (e.outer_long - e.inner_long);
  double u = std::atan2(std::hypot(x[0], x[1]) / a, x[2] / b), v = std::atan2(x[1], x[0]);
  if (first_u < 0) u = -u, v += std::numbers::pi;
  return {core::normalised({a * std::cos(u) * std::cos(v), a * std::cos(u) * std::sin(v), -b * std::sin(u)}),
          core::normalised({-a * std::sin(u) * std::sin(v), a * std::sin(u) * std::cos(v), 0})};
}

/// Calls visit(x, fibre, sheet) at the points but for those on the axis.
template <class F>
void visit_directions(const HeartMesh& heart, const F& visit) {
  std::size_t visited = 0;
  const auto each = [&](const auto& points, const auto& fibre, const auto& sheet) {
    ASSERT_EQ(points.size(), fibre.size());
    ASSERT_EQ(points.size(), sheet.size());
    for (std::size_t p = 0; p < points.size(); ++p) {
      EXPECT_NEAR(core::norm(fibre[p]), 1, 1e-12);
      EXPECT_NEAR(core::norm(sheet[p]), 1, 1e-12);
      EXPECT_NEAR(core::dot(fibre[p], sheet[p]), 0, 1e-12);
      if (std::hypot(points[p][0], points[p][1]) > 1e-6) visit(points[p], fibre[p], sheet[p]), ++visited;
    }
  };
  each(heart.points, heart.fibre, heart.sheet);
  EXPECT_GT(visited, heart.points.size() / 2);
}

TEST(Ellipsoid, FibresAreThoseOfLand) {
  // u from -pi at the apex; f = n(dx/du) sin(alpha) + n(dx/dv) cos(alpha), alpha = 90 - 180 t degrees.
  const Ellipsoid shape = land(3, 2);
  visit_directions(make_ellipsoid(shape), [&](const Vec3& x, const Vec3& fibre, const Vec3& sheet) {
    const double t = depth(shape, x), alpha = (90 - 180 * t) * degree;
    const auto [du, dv] = tangents(shape, t, x, -std::numbers::pi);
    EXPECT_LT(core::norm(fibre - (std::sin(alpha) * du + std::cos(alpha) * dv)), 1e-9);
    EXPECT_NEAR(core::dot(sheet, du), 0, 1e-9);
    EXPECT_NEAR(core::dot(sheet, dv), 0, 1e-9);
    EXPECT_GT(core::dot(sheet, x), 0) << "outwards";
  });
}

/// Place of a point within a cell, on the curved element.
Vec3 point_within(const HeartMesh& heart, const mesh::EdgeIndex& edges, std::size_t cell, std::size_t point) {
  const auto& v = heart.cells[cell];
  Vec3 x{0, 0, 0};
  const auto weight = [&](std::size_t i) { return artifacts::cell_point_weight(point, i); };
  for (std::size_t i = 0; i < 4; ++i) x = x + weight(i) * (2 * weight(i) - 1) * heart.points[v[i]];
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = i + 1; j < 4; ++j)
      x = x + 4 * weight(i) * weight(j) * heart.edge_points[edges.find(v[i], v[j])];
  return x;
}

/// Largest angle between the fibre within cells and the formula's at the same place, 2 mm and more from the axis [rad].
double fibre_error(const Ellipsoid& shape) {
  const HeartMesh heart = make_ellipsoid(shape);
  const mesh::EdgeIndex edges(test::tet_mesh(heart));
  double worst = 0;
  for (std::size_t c = 0; c < heart.cells.size(); ++c)
    for (std::size_t k = 0; k < artifacts::cell_points; ++k) {
      const Vec3 x = point_within(heart, edges, c, k);
      if (std::hypot(x[0], x[1]) < 2) continue;
      const double t = depth(shape, x), alpha = (90 - 180 * t) * degree;
      const auto [du, dv] = tangents(shape, t, x, -std::numbers::pi);
      const Vec3 fibre = std::sin(alpha) * du + std::cos(alpha) * dv;
      worst = std::max(worst, core::norm(heart.cell_fibre[artifacts::cell_points * c + k] - fibre));
    }
  return worst;
}

TEST(Ellipsoid, FibresWithinCellsAreThoseOfTheirPlace) {
  // The curved element and the formula's coordinates differ by third order between the nodes that they share.
  const double coarse = fibre_error(land(3, 2)), fine = fibre_error(land(6, 4));
  std::printf("largest angle %.4f, refined %.4f rad\n", coarse, fine);
  EXPECT_LT(coarse, 0.1);
  EXPECT_GT(coarse / fine, 4);  // order above 2
}

TEST(Ellipsoid, GradingMakesTheApexFiner) {
  const auto apex_edge = [](double grading) {
    Ellipsoid shape = land(3, 1);
    shape.apex_grading = grading;
    const HeartMesh heart = make_ellipsoid(shape);
    const CurvedMesh curved(heart);
    EXPECT_GT(curved.smallest_jacobian_ratio(), 0.3);
    EXPECT_NEAR(curved.cavity_volume(), volumes(shape).cavity, 2e-3 * volumes(shape).cavity);
    double shortest = 1e9;
    for (const auto& [a, b] : mesh::edges(test::tet_mesh(heart)))
      if (heart.transmural[a] == 0 && heart.transmural[b] == 0 &&
          std::min(heart.apicobasal[a], heart.apicobasal[b]) < 1e-9)
        shortest = std::min(shortest, core::norm(heart.points[a] - heart.points[b]));
    return shortest;
  };
  EXPECT_NEAR(apex_edge(1.5) / apex_edge(1), std::pow(1.0 / 3, 0.5), 0.03);  // the first ring of three
}

TEST(Ellipsoid, FibresAndSheetsAreThoseOfArostica) {
  // u from 0 at the base's side; f as above, alpha = -60 + 120 t degrees, n = n(dx/du) x n(dx/dv), s = f x n.
  const Ellipsoid shape = arostica(3, 2);
  visit_directions(make_ellipsoid(shape), [&](const Vec3& x, const Vec3& fibre, const Vec3& sheet) {
    const double t = depth(shape, x), alpha = (-60 + 120 * t) * degree;
    const auto [du, dv] = tangents(shape, t, x, 0);
    EXPECT_LT(core::norm(fibre - (std::sin(alpha) * du + std::cos(alpha) * dv)), 1e-9);
    EXPECT_NEAR(std::abs(core::dot(sheet, core::cross(fibre, core::cross(du, dv)))), 1, 1e-9);
  });
}

TEST(Ellipsoid, BloodHasNoDirectionsAndStraightEdges) {
  Ellipsoid shape = land(2);
  shape.with_blood = true;
  const HeartMesh heart = make_ellipsoid(shape);
  std::vector<char> wall(heart.points.size(), 0);
  for (std::size_t c = 0; c < heart.cells.size(); ++c)
    if (heart.region[c] == artifacts::region_lv_wall)
      for (const auto p : heart.cells[c]) wall[p] = 1;
  const auto edges = mesh::edges(test::tet_mesh(heart));
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto [a, b] = edges[e];
    const double bend = core::norm(heart.edge_points[e] - 0.5 * (heart.points[a] + heart.points[b]));
    if (!wall[a] || !wall[b]) {
      EXPECT_EQ(bend, 0);
    }
  }
}

class EllipsoidStage : public ::testing::Test {
 protected:
  test::Workbench bench;
  std::string refusal(const config::Json& options, core::ExitCode code = core::ExitCode::configuration) {
    config::Json all{{"source", "ellipsoid"}};
    all.update(options);
    try {
      bench.run(*make_stage(), all);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

TEST_F(EllipsoidStage, WritesTheCurvedMeshAndItsVolumes) {
  bench.run(*make_stage(), {{"source", "ellipsoid"}, {"fibre_endo_deg", 90}, {"fibre_epi_deg", -90}});
  Ellipsoid shape = land(3, 2);
  shape.along = 4;
  const HeartMesh made = make_ellipsoid(shape), read = bench.result<HeartMesh>();
  EXPECT_EQ(read.edge_points, made.edge_points);
  EXPECT_EQ(read.cell_fibre, made.cell_fibre);
  EXPECT_EQ(read.cell_sheet, made.cell_sheet);
  EXPECT_EQ(read.fibre, made.fibre);
  EXPECT_NEAR(bench.quantity("cavity_volume"), volumes(shape).cavity / 1000, 1e-3);
  EXPECT_LT(std::abs(bench.quantity("cavity_volume_error")), 0.02);  // [%]
  EXPECT_LT(std::abs(bench.quantity("wall_volume_error")), 0.02);
  EXPECT_GT(bench.quantity("smallest_jacobian_ratio"), 0.5);
}

TEST_F(EllipsoidStage, BloodAndAnotherSheetOnRequest) {
  bench.run(*make_stage(), {{"source", "ellipsoid"},
                            {"ellipsoid_inner_mm", {24, 54, 18}},
                            {"ellipsoid_outer_mm", {34, 62, 18}},
                            {"ellipsoid_elements", {4, 3, 2}},
                            {"ellipsoid_blood", true},
                            {"ellipsoid_sheet", "tangential"}});
  const HeartMesh heart = bench.result<HeartMesh>();
  EXPECT_GT(std::ranges::count(heart.region, artifacts::region_lv_blood), 0);
  EXPECT_GT(std::ranges::count(heart.surface, artifacts::surface_mitral), 0);
  for (std::size_t p = 0; p < heart.points.size(); ++p) {
    const Vec3 radial{heart.points[p][0], heart.points[p][1], 0};
    if (heart.transmural[p] == 1 && std::abs(heart.points[p][2]) < 1e-9) {
      EXPECT_NEAR(core::dot(heart.sheet[p], radial), 0, 1e-9) << "in the tangent plane at the widest place";
    }
  }
}

TEST_F(EllipsoidStage, ImpossibleShapesAreRefused) {
  EXPECT_THAT(refusal({{"ellipsoid_outer_mm", {7, 20, 5}}}),
              AllOf(HasSubstr("meshing.ellipsoid_outer_mm"), HasSubstr("longer than those of ellipsoid_inner_mm")));
  EXPECT_THAT(refusal({{"ellipsoid_outer_mm", {10, 17, 5}}}), HasSubstr("longer than those"));
  EXPECT_THAT(refusal({{"ellipsoid_inner_mm", {7, 17, 17}}}),
              AllOf(HasSubstr("meshing.ellipsoid_inner_mm"), HasSubstr("between both poles")));
  EXPECT_THAT(refusal({{"ellipsoid_outer_mm", {10, 20, -21}}}), HasSubstr("between both poles"));
  EXPECT_THAT(refusal({{"ellipsoid_inner_mm", {0, 17, 5}}}), HasSubstr("longer than 0 mm"));
  EXPECT_THAT(refusal({{"ellipsoid_elements", {3, 3, 0}}}),
              AllOf(HasSubstr("meshing.ellipsoid_elements"), HasSubstr("whole numbers from 1 to 1000")));
  EXPECT_THAT(refusal({{"ellipsoid_elements", {2.5, 3, 1}}}), HasSubstr("whole numbers"));
}

TEST_F(EllipsoidStage, AMeshThatMissesTheGateIsRefused) {
  EXPECT_THAT(refusal({{"largest_aspect_ratio", 2}}, core::ExitCode::numerical),
              AllOf(HasSubstr("meshing.ellipsoid_elements"), HasSubstr("largest aspect ratio")));
  // Rims so far apart that the wall turns inside out.
  EXPECT_THAT(refusal({{"ellipsoid_inner_mm", {9.9, 17, -16}}, {"ellipsoid_outer_mm", {10, 17.1, 16}}},
                      core::ExitCode::numerical),
              HasSubstr("folded"));
}

TEST_F(EllipsoidStage, FineFieldsOfAWrongLengthAreRefused) {
  HeartMesh heart = make_ellipsoid(land(1));
  heart.cell_sheet.pop_back();
  bench.give(heart);
  try {
    HeartMesh read;
    load(io::Reader(bench.file_of(HeartMesh::id)), read);
    FAIL() << "was accepted";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::integrity);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("cell_sheet"), HasSubstr("four a cell")));
  }
}

}  // namespace
}  // namespace cardiotwin::meshing
