// The parts of meshing one by one, against what is known exactly.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "basal_plane.hpp"
#include "boundary.hpp"
#include "cardiotwin/fem/petsc.hpp"
#include "coordinates.hpp"
#include "improve.hpp"
#include "label_field.hpp"
#include "laplace.hpp"
#include "phantom.hpp"
#include "surfaces.hpp"
#include "volume_mesher.hpp"

namespace cardiotwin::meshing {
namespace {

using core::dot;
using core::norm;

TEST(LabelField, LevelSetsLieOnTheEllipsoidsWithoutShrinking) {
  const test::LabelPhantom phantom;
  const HeartMask mask = heart_mask(phantom.anatomy(), 3, 10);
  const LabelField field(mask, 1.5);
  EXPECT_NEAR(field.blood_volume_mm3(), phantom.blood_mm3(), 2e-3 * phantom.blood_mm3());
  EXPECT_NEAR(field.wall_volume_mm3(), phantom.wall_mm3(), 2e-3 * phantom.wall_mm3());
  double sum = 0, square = 0;
  int n = 0;
  for (double z = -40; z < 15; z += 5)
    for (double angle = 0; angle < 6; angle += 0.5) {
      const double r = phantom.inner_short * std::sqrt(1 - z * z / (phantom.inner_long * phantom.inner_long));
      const Vec3 on_surface = phantom.centre + r * std::cos(angle) * phantom.x_axis +
                              r * std::sin(angle) * phantom.y_axis + z * phantom.z_axis;
      const Vec3 found = project(
          on_surface, [&](const Vec3& x) { return field.blood(x); }, field.voxel_mm(), 4);
      EXPECT_NEAR(field.blood(found), 0, 1e-5);
      const double distance = dot(found - on_surface, phantom.endo_normal(on_surface));
      sum += distance, square += distance * distance, ++n;
    }
  EXPECT_LT(std::abs(sum / n), 0.02) << "mean distance: no shrinking [mm]";
  EXPECT_LT(std::sqrt(square / n), 0.1) << "a twelfth of a voxel";
}

TEST(LabelField, ProjectionOffsetsAndStaysInThePlane) {
  auto ball = [](const Vec3& x) { return 10 - norm(x); };
  const Vec3 out = project({12, 0, 0}, ball, 1, 5, 0.25);
  EXPECT_NEAR(out[0], 10.25, 1e-6);
  const Vec3 flat = project({8, 0, 3}, ball, 1, 5, 0, {0, 0, 1});
  EXPECT_NEAR(flat[2], 3, 1e-12);
  EXPECT_NEAR(norm(flat), 10, 1e-6);
  EXPECT_EQ(project({30, 0, 0}, ball, 1, 5), (Vec3{30, 0, 0})) << "too far away";
}

TEST(BasalPlane, OutlinesOfTwoCirclesAreFoundAndOrdered) {
  const Plane plane = Plane::through({1, 2, 3}, {0, 0, 2}, {1, 0, 5});
  EXPECT_NEAR(norm(plane.u - Vec3{1, 0, 0}), 0, 1e-15);
  auto level = [](const Vec3& x) {
    return std::max(8 - std::hypot(x[0] - 1, x[1] - 2), 3 - std::hypot(x[0] - 14, x[1] - 2));
  };
  const auto lines = outlines(plane, level, 25, 0.6);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(area(plane, lines[0]), std::numbers::pi * 64, 0.5);  // positive: around the normal
  EXPECT_NEAR(area(plane, lines[1]), std::numbers::pi * 9, 0.3);
  EXPECT_LT(norm(centroid(plane, lines[1]) - Vec3{14, 2, 3}), 0.01);
  for (const Vec3& p : lines[0]) EXPECT_NEAR(level(p), 0, 1e-9);
  const auto even = resample(lines[0], 2);
  EXPECT_EQ(even.size(), static_cast<std::size_t>(std::lround(16 * std::numbers::pi / 2)));
  for (std::size_t i = 0; i < even.size(); ++i) EXPECT_NEAR(norm(even[(i + 1) % even.size()] - even[i]), 2, 0.05);
}

TEST(BasalPlane, OrificesFitOnANarrowLid) {
  const Plane plane = Plane::through({0, 0, 0}, {0, 0, 1}, {1, 0, 0});
  const auto lid = outlines(
                       plane, [](const Vec3& x) { return 1 - std::hypot(x[0] / 30, x[1] / 9); }, 40, 0.5)
                       .front();
  std::vector<std::string> warnings;
  const Orifices o = place_orifices(plane, lid, {0.3, 0.2, 0}, warnings);
  EXPECT_EQ(warnings.size(), 1u);
  for (const Disc& disc : {o.mitral, o.aortic})
    for (const Vec3& p : disc.circle(plane, 100)) EXPECT_LT(std::hypot(p[0] / 30, p[1] / 9), 1);
  EXPECT_GT(norm(o.mitral.centre - o.aortic.centre), o.mitral.radius_mm + o.aortic.radius_mm);
  EXPECT_GT(o.aortic.centre[0], 0);
  EXPECT_LT(o.mitral.centre[0], 0);
  EXPECT_NEAR(o.mitral.radius_mm / o.aortic.radius_mm, std::sqrt(1.5), 1e-9);
}

TEST(Laplace, LinearFunctionsAreExact) {
  const fem::PetscGuard petsc;
  const mesh::TetMesh box = mesh::box({0, 0, 0}, {3, 2, 1}, {4, 3, 2});
  std::vector<Given> given;
  for (std::size_t p = 0; p < box.points.size(); ++p)
    if (box.points[p][0] == 0 || box.points[p][0] == 3)
      given.push_back({static_cast<std::int32_t>(p), 5 - 2 * box.points[p][0]});
  const auto values = harmonic(box, given);
  for (std::size_t p = 0; p < box.points.size(); ++p) EXPECT_NEAR(values[p], 5 - 2 * box.points[p][0], 1e-8);
  for (const Vec3& g : point_gradient(box, values)) EXPECT_LT(norm(g - Vec3{-2, 0, 0}), 1e-7);
}

TEST(Aha, SegmentsOfTheBullsEye) {
  auto segment = [](double level, double degrees) { return aha_segment(level, degrees * std::numbers::pi / 180); };
  const int sectors[6][3] = {{90, 1, 7}, {30, 2, 8}, {-30, 3, 9}, {-90, 4, 10}, {-150, 5, 11}, {150, 6, 12}};
  for (const auto& [degrees, basal, mid] : sectors) {
    EXPECT_EQ(segment(0.9, degrees), basal);
    EXPECT_EQ(segment(0.5, degrees), mid);
  }
  EXPECT_EQ(segment(0.2, 90), 13);
  EXPECT_EQ(segment(0.2, 0), 14);
  EXPECT_EQ(segment(0.2, -90), 15);
  EXPECT_EQ(segment(0.2, 180), 16);
  EXPECT_EQ(segment(0.2, -180), 16);
  EXPECT_EQ(segment(-0.01, 0), 17);
  EXPECT_EQ(segment(0.9, 180), 6);
  EXPECT_EQ(segment(0.9, -180), 5);
}

TEST(Improve, DihedralAngleOfKnownTetrahedra) {
  EXPECT_NEAR(smallest_dihedral({1, 1, 1}, {-1, 1, -1}, {1, -1, -1}, {-1, -1, 1}),
              std::acos(1.0 / 3) * 180 / std::numbers::pi, 1e-9);
  EXPECT_NEAR(smallest_dihedral({0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}),
              std::acos(1 / std::sqrt(3.0)) * 180 / std::numbers::pi, 1e-9);
  EXPECT_LT(smallest_dihedral({0, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}), 0) << "inverted";
}

TEST(Improve, ASpoiltBoxIsMendedAndKeepsItsShape) {
  mesh::TetMesh box = mesh::box({0, 0, 0}, {6, 6, 6}, {6, 6, 6});
  std::vector<std::uint32_t> surfaces = surfaces_at_points(box);
  std::uint32_t noise = 7;
  for (std::size_t p = 0; p < box.points.size(); ++p) {
    if (surfaces[p]) {
      surfaces[p] |= fixed_point;
      continue;
    }
    for (double& x : box.points[p]) {
      noise = noise * 1664525u + 1013904223u;
      x += 0.7 * ((noise >> 8) / 16777216.0 - 0.5);
    }
  }
  ASSERT_LT(mesh::quality(box).smallest_dihedral_deg, 12);
  ASSERT_EQ(mesh::quality(box).inverted, 0);
  const Improvement result = improve(
      box, surfaces, [](const Vec3& x, std::uint32_t) { return x; }, 20, 12);
  EXPECT_GT(result.bad_before, 50);
  EXPECT_EQ(result.bad_after, 0);
  drop_unused_points(box);
  EXPECT_GE(mesh::quality(box).smallest_dihedral_deg, 20);
  EXPECT_NEAR(mesh::volume(box, 1), 216, 1e-9);
  const std::vector<Face> faces = surface_faces(box);  // throws where cells overlap
  double boundary = 0;
  for (const Face& f : faces) boundary += norm(mesh::vector_area(box.points, f.triangle));
  EXPECT_NEAR(boundary, 6 * 36, 1e-9) << "the boundary is the cube's, without holes inside";
}

TEST(Boundary, DefectsAndIslandsAreSeen) {
  mesh::TetMesh box = mesh::box({0, 0, 0}, {4, 1, 1}, {4, 1, 1});
  for (auto& tag : box.surface) tag = 2;
  EXPECT_TRUE(surface_defects(box).empty());
  EXPECT_EQ(parts(box, 1).size(), 1u);
  box.triangles.pop_back();
  box.surface.pop_back();
  EXPECT_EQ(surface_defects(box), std::vector<std::string>{"1 boundary faces have no surface tag"});

  // Blood at both ends, the second part smaller: it becomes wall.
  for (std::size_t c = 0; c < box.cells.size(); ++c) {
    double x = 0;
    for (const auto p : box.cells[c]) x += box.points[p][0] / 4;
    box.region[c] = x < 2 || (x > 3 && x < 3.4) ? 2 : 1;
  }
  const auto before = parts(box, 2);
  ASSERT_GT(before.size(), 1u);
  EXPECT_GT(absorb_islands(box), 0);
  EXPECT_EQ(parts(box, 2).size(), 1u);
  EXPECT_NEAR(mesh::volume(box, 1) + mesh::volume(box, 2), 4, 1e-12);
}

TEST(MarchingCubes, VolumeOfABallIsKept) {
  artifacts::Geometry g;
  g.size = {40, 40, 40};
  g.spacing = {1.5, 1.5, 1.5};
  g.axes = {Vec3{0, 1, 0}, Vec3{1, 0, 0}, Vec3{0, 0, -1}};
  std::vector<std::uint8_t> mask(g.voxels());
  std::int64_t count = 0;
  for (std::int64_t n = 0; n < g.voxels(); ++n) {
    const double i = static_cast<double>(n % 40) - 19.5, j = static_cast<double>(n / 40 % 40) - 19.5,
                 k = static_cast<double>(n / 1600) - 19.5;
    count += mask[n] = i * i + j * j + k * k < 15 * 15;
  }
  const TriangleSurface surface = marching_cubes(g, mask, 20);
  EXPECT_NEAR(surface.volume_mm3(), static_cast<double>(count) * g.voxel_volume(),
              0.01 * static_cast<double>(count) * g.voxel_volume());
  for (const Vec3& p : surface.points) {
    const Vec3 x = g.to_index(p);
    EXPECT_NEAR(std::hypot(x[0] - 19.5, x[1] - 19.5, x[2] - 19.5), 15, 0.5) << "no staircase beyond half a voxel";
  }
}

}  // namespace
}  // namespace cardiotwin::meshing
