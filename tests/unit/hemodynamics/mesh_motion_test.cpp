/// Lifting the wall's motion into the blood.

#include "mesh_motion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "flow_mesh.hpp"
#include "support/ellipsoid.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {
namespace {

using namespace artifacts;

struct Cavity {
  explicit Cavity(core::Comm comm = core::Comm())
      : blood(mesh::refine(
            mesh::extract(test::tet_mesh(test::ellipsoid({.around = 3})), std::vector<std::int32_t>{region_lv_blood})
                .mesh,
            1)),
        space(comm, blood.fine, 1),
        lid(surface_set(space, blood.fine, {surface_mitral, surface_aortic, surface_lid})) {}

  /// Frames at every 100 ms of an 800 ms cycle, the wall displaced by `field`; garbage off the wall.
  template <class Field>
  WallFrames frames(Field field) const {
    const mesh::TetMesh& mesh = blood.coarse;
    std::vector<std::uint8_t> on_wall(mesh.points.size(), 0);
    for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
      if (mesh.surface[t] == surface_endocardium)
        for (std::int32_t p : mesh.triangles[t]) on_wall[p] = 1;
    WallFrames frames;
    for (int f = 0; f <= 8; ++f) {
      frames.times_ms.push_back(100.0 * f);
      auto& frame = frames.displacement.emplace_back();
      for (std::size_t p = 0; p < mesh.points.size(); ++p)
        frame.push_back(on_wall[p] ? field(mesh.points[p], 100.0 * f) : Vec3{1e3, 1e3, 1e3});
    }
    return frames;
  }
  MeshMotion motion(const WallFrames& frames) { return MeshMotion(space, blood, frames, 1, 0.02); }

  mesh::NestedMesh blood;
  fem::Space space;
  SurfaceSet lid;
};

TEST(MeshMotion, MovesAsOneWithARigidWall) {
  Cavity cavity;
  const auto shift = [](double t) { return std::sin(2 * 3.14159265358979 * t / 800); };
  const auto motion = cavity.motion(cavity.frames([&](const Vec3&, double t) { return shift(t) * Vec3{3, -2, 5}; }));
  std::vector<Vec3> x(cavity.space.locals());
  motion.positions(200, x);
  for (std::size_t n = 0; n < x.size(); ++n)
    EXPECT_LT(norm(x[n] - cavity.space.coordinates()[n] - Vec3{3, -2, 5}), 1e-6);
  EXPECT_LT(motion.closing_gap(), 1e-9);
}

TEST(MeshMotion, KeepsTheLidFlatWhenItsRimComesDown) {
  Cavity cavity;
  const auto squeeze = [](const Vec3& p, double t) -> Vec3 {
    const double s = 0.5 - 0.5 * std::cos(2 * 3.14159265358979 * t / 800);
    return {-0.2 * s * p[0], -0.2 * s * p[1], -0.2 * s * (p[2] + 54)};
  };
  const auto motion = cavity.motion(cavity.frames(squeeze));
  std::vector<Vec3> x(cavity.space.locals());
  motion.positions(400, x);
  const double lid_height = 18 - 0.2 * (18 + 54);
  for (std::size_t n = 0; n < x.size(); ++n) {
    if (!cavity.lid.nodes[n]) continue;
    EXPECT_NEAR(x[n][2], lid_height, 1e-6);
  }
}

/// A coarse cell moves by one affine map, so all parts of it swell and shrink as it does.
TEST(MeshMotion, RefinedCellsKeepTheShareOfTheirCoarseCell) {
  Cavity cavity{core::Comm(MPI_COMM_SELF)};  // so that every node is here
  const auto bend = [](const Vec3& p, double t) -> Vec3 {
    const double s = 0.5 - 0.5 * std::cos(2 * 3.14159265358979 * t / 800);
    return {-0.25 * s * p[0] + 0.02 * s * p[2], -0.15 * s * p[1], -0.1 * s * (p[2] + 54)};
  };
  const auto motion = cavity.motion(cavity.frames(bend));
  std::vector<Vec3> local(cavity.space.locals());
  motion.positions(330, local);
  mesh::TetMesh moved = cavity.blood.fine;
  for (std::size_t n = 0; n < local.size(); ++n) moved.points[cavity.space.node()[n]] = local[n];
  const auto growth = [&](const mesh::Cell& cell) {
    return mesh::signed_volume(moved, cell) / mesh::signed_volume(cavity.blood.fine, cell);
  };
  const auto& coarse = cavity.blood.coarse.cells;  // its points keep their numbers, its cells become eight in a row
  double least = 1e300, most = 0;
  for (std::size_t c = 0; c < moved.cells.size(); ++c) {
    const double whole = growth(coarse[c / 8]);
    EXPECT_NEAR(growth(moved.cells[c]), whole, 1e-9);
    least = std::min(least, whole);
    most = std::max(most, whole);
  }
  EXPECT_GT(most - least, 0.05);  // not all the same
}

TEST(MeshMotion, SpreadsADriftOverTheCycleAndTellsItsSize) {
  Cavity cavity;
  const auto motion = cavity.motion(cavity.frames([](const Vec3&, double t) { return Vec3{0, 0, t / 400}; }));
  EXPECT_NEAR(motion.closing_gap(), 2, 1e-9);
  std::vector<Vec3> early(cavity.space.locals()), late(early);
  motion.positions(0, early);
  motion.positions(800, late);
  for (std::size_t n = 0; n < early.size(); ++n) EXPECT_LT(norm(early[n] - late[n]), 1e-12);
}

TEST(MeshMotion, RefusesAWallThatFoldsIntoItself) {
  Cavity cavity;
  const auto fold = [](const Vec3& p, double t) -> Vec3 { return {t > 350 && t < 450 ? -2.2 * p[0] : 0.0, 0, 0}; };
  try {
    cavity.motion(cavity.frames(fold));
    FAIL() << "accepted";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("moving mesh of the blood"), testing::HasSubstr(" ms, near ("),
                               testing::HasSubstr("hemodynamics.smallest_quality")));
  }
}

TEST(MeanRatio, IsOneForARegularTetrahedronAndNegativeForAnInvertedOne) {
  const Vec3 a{1, 1, 1}, b{1, -1, -1}, c{-1, 1, -1}, d{-1, -1, 1};
  const double q = mean_ratio(a, b, c, d);
  EXPECT_NEAR(std::abs(q), 1, 1e-12);
  EXPECT_NEAR(mean_ratio(a, c, b, d), -q, 1e-12);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
