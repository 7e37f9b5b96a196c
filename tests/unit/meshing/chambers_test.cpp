// Whole hearts: sequential decisions, the lines where three regions meet, and a mesh of all chambers of a CT phantom.
#include "chambers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::Anatomy;
using artifacts::HeartMesh;
using core::norm;
using std::numbers::pi;
using ::testing::HasSubstr;

constexpr double radius_mm = 14;

/// A ball about the origin on voxels of 1 mm; `part` says which region a point of it belongs to.
ChamberField ball_of(const std::function<std::uint8_t(const Vec3&)>& part, std::vector<std::uint8_t> order) {
  artifacts::Geometry g;
  g.size = {41, 41, 41};
  g.origin = {-20.2, -20.1, -20.3};  // no voxel centre lies on a symmetry plane
  std::vector<std::uint8_t> regions;
  for_each_voxel(g, [&](const Voxel& v, std::int64_t) {
    const Vec3 x = centre_of(g, v);
    regions.push_back(norm(x) < radius_mm ? part(x) : std::uint8_t{0});
  });
  return {g, regions, std::move(order), 1.5};
}

TEST(ChamberField, RegionsHaveTheVolumesOfTheirVoxels) {
  const auto field = ball_of([](const Vec3& x) { return x[0] + 0.6 * x[1] - 0.3 * x[2] < 2 ? 1 : 2; }, {0, 2, 1});
  std::array<double, 3> count{};
  constexpr double step = 0.25;
  for (double z = -18; z < 18; z += step)
    for (double y = -18; y < 18; y += step)
      for (double x = -18; x < 18; x += step) count[static_cast<std::size_t>(field.region({x, y, z}))] += 1;
  for (const int region : {1, 2})
    EXPECT_NEAR(count[region] * step * step * step / field.volume_mm3(field.rank_of(region)), 1, 2e-3) << region;
}

TEST(ChamberField, AnEarlierRegionsSurfaceDoesNotFeelWhereLaterOnesMeet) {
  const auto whole = ball_of([](const Vec3&) { return 1; }, {0, 1});
  const auto halves = ball_of([](const Vec3& x) { return x[0] < 0 ? 1 : 2; }, {0, 1, 2});
  const auto radius = [](const ChamberField& field, const Vec3& direction) {
    double inside = 0, outside = 20;
    for (int halving = 0; halving < 40; ++halving) {
      const double r = 0.5 * (inside + outside);
      (field.region(r * direction) ? inside : outside) = r;
    }
    return inside;
  };
  for (int n = 0; n < 200; ++n) {  // around the rim, on and near the plane x = 0
    const double angle = 2 * pi * n / 200;
    const Vec3 direction = core::normalised(Vec3{0.01 * (n % 21 - 10), std::cos(angle), std::sin(angle)});
    EXPECT_NEAR(radius(halves, direction), radius(whole, direction), 1e-3);  // single precision
    EXPECT_NEAR(radius(whole, direction), radius_mm, 0.35);                  // what smoothing leaves of the voxels
  }
}

TEST(TripleLines, TwoHalvesOfABallMeetTheOutsideOnACircle) {
  const auto field = ball_of([](const Vec3& x) { return x[0] < 0 ? 1 : 2; }, {0, 1, 2});
  std::vector<Line> lines = triple_lines(field);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].closed);
  relax(lines[0], 6);
  EXPECT_NEAR(length(lines[0]), 2 * pi * radius_mm, 0.02 * 2 * pi * radius_mm);
  const Line even = resample(lines[0], 2);
  EXPECT_TRUE(even.closed);
  EXPECT_NEAR(static_cast<double>(even.points.size()), pi * radius_mm, 1.5);
  for (const Vec3& p : even.points) {
    EXPECT_NEAR(p[0], 0, 0.3);
    EXPECT_NEAR(norm(p), radius_mm, 0.3);
  }
}

TEST(TripleLines, ThreeSectorsMeetOnTheirAxisAndOnThreeArcs) {
  const auto sector = [](const Vec3& x) {
    const double angle = std::atan2(x[1], x[0]);
    return static_cast<std::uint8_t>(angle < -pi / 3 ? 1 : angle < pi / 3 ? 2 : 3);
  };
  const std::vector<Line> lines = triple_lines(ball_of(sector, {0, 1, 2, 3}));
  ASSERT_EQ(lines.size(), 4U);
  std::set<Vec3> corners;
  double axis = 0, arcs = 0;
  for (const Line& line : lines) {
    EXPECT_FALSE(line.closed);
    corners.insert(line.points.front()), corners.insert(line.points.back());
    (length(line) < 2.5 * radius_mm ? axis : arcs) += length(line);
  }
  EXPECT_EQ(corners.size(), 2U) << "ends are shared exactly";
  // The first region's surface runs on smoothly, so that the axis bends a little towards the two others.
  EXPECT_NEAR(axis, 2 * radius_mm, 0.1 * 2 * radius_mm);
  EXPECT_NEAR(arcs, 3 * pi * radius_mm, 0.05 * 3 * pi * radius_mm);
}

/// The labels of a CT phantom on isotropic voxels, base_normal zero.
Anatomy phantom_anatomy(double spacing_mm) {
  const test::TemporaryFolder folder;
  const auto p = phantom::make_ct(
      {.output = folder.path(), .seed = 3, .matrix = 144, .slice_thickness_mm = 2, .noise = {}, .heart_labels = {}});
  Anatomy anatomy;
  anatomy.geometry = p.geometry;
  for (int a = 0; a < 3; ++a) {
    anatomy.geometry.spacing[a] = spacing_mm;
    anatomy.geometry.size[a] =
        static_cast<std::int64_t>(static_cast<double>(p.geometry.size[a]) * p.geometry.spacing[a] / spacing_mm);
  }
  for_each_voxel(anatomy.geometry, [&](const Voxel& v, std::int64_t) {
    const Vec3 at = p.geometry.to_index(centre_of(anatomy.geometry, v));
    Voxel from;
    for (int a = 0; a < 3; ++a) from[a] = std::clamp<std::int64_t>(std::llround(at[a]), 0, p.geometry.size[a] - 1);
    anatomy.labels.push_back(p.labels[p.geometry.index(from[0], from[1], from[2])]);
  });
  return anatomy;
}

struct WholeHeartRun {
  test::Workbench bench;
  HeartMesh heart;
  WholeHeartRun() {
    bench.give(phantom_anatomy(1.5));
    bench.run(*make_stage(), {{"wall_edge_mm", 6}, {"blood_edge_mm", 8}});
    heart = bench.result<HeartMesh>();
  }
};

class WholeHeart : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { run_ = std::make_unique<WholeHeartRun>(); }
  static void TearDownTestSuite() { run_.reset(); }  // before MPI ends
  static inline std::unique_ptr<WholeHeartRun> run_;
};

TEST_F(WholeHeart, HasEveryRegionAndPassesTheGate) {
  std::set<std::int32_t> regions(run_->heart.region.begin(), run_->heart.region.end());
  EXPECT_EQ(regions.size(), 8U);
  EXPECT_GT(run_->bench.quantity("min_dihedral_angle"), 15);
  EXPECT_LT(run_->bench.quantity("max_region_volume_error"), 1);
  // 8 mm edges on vessels of 12 mm radius turn by 38 degrees from facet to facet; a staircase has 90.
  EXPECT_LT(run_->bench.quantity("interface_roughness"), 45);
}

TEST_F(WholeHeart, EachValveIsOnePatchOfPlausibleSize) {
  const mesh::TetMesh mesh = test::tet_mesh(run_->heart);
  for (const auto valve : {artifacts::surface_mitral, artifacts::surface_aortic, artifacts::surface_tricuspid,
                           artifacts::surface_pulmonary}) {
    const std::string name(artifacts::surface_name(valve));
    EXPECT_EQ(surface_parts(mesh, valve).size(), 1U) << name;
    const double area = run_->bench.quantity("area." + name);  // the phantom's valves have radii of 9 to 19 mm
    EXPECT_GT(area, 150) << name;
    EXPECT_LT(area, 2000) << name;
  }
  EXPECT_EQ(std::ranges::count(run_->heart.surface, artifacts::surface_lid), 0) << "no ventricle leaks";
}

TEST_F(WholeHeart, BothVentriclesAreClosedByMuscleAndValves) {
  const mesh::TetMesh mesh = test::tet_mesh(run_->heart);
  for (const auto& [blood, lining] : {std::pair{artifacts::region_lv_blood, artifacts::surface_endocardium},
                                      {artifacts::region_rv_blood, artifacts::surface_rv_endocardium}}) {
    std::set<std::int32_t> around;
    for (const Face& face : surface_faces(mesh)) {
      if (face.beyond >= 0 && (mesh.region[face.cell] == blood || mesh.region[face.beyond] == blood))
        around.insert(mesh.region[face.cell] == blood ? mesh.region[face.beyond] : mesh.region[face.cell]);
      EXPECT_FALSE(face.beyond < 0 && mesh.region[face.cell] == blood);
    }
    EXPECT_GE(around.size(), 3U);  // muscle, an atrium, a vessel
    EXPECT_GT(std::ranges::count(run_->heart.surface, lining), 100);
  }
}

TEST_F(WholeHeart, HasFibresAndSegmentsLikeAnyHeart) {
  std::set<std::int32_t> segments;
  for (std::size_t c = 0; c < run_->heart.cells.size(); ++c) {
    if (run_->heart.region[c] == artifacts::region_lv_wall) segments.insert(run_->heart.aha_segment[c]);
    if (!artifacts::is_wall(run_->heart.region[c])) continue;
    for (const auto p : run_->heart.cells[c]) EXPECT_NEAR(norm(run_->heart.fibre[p]), 1, 1e-6);
  }
  EXPECT_EQ(segments.size(), 17U);
}

TEST(WholeHeartLabels, AMissingValveIsToldByName) {
  Anatomy anatomy = phantom_anatomy(2.5);
  const artifacts::Geometry& g = anatomy.geometry;
  std::vector<std::uint8_t> labels = anatomy.labels;
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {  // muscle between left ventricle and atrium
    if (anatomy.labels[n] != artifacts::left_atrium) return;
    for (const Voxel& d : ball(3))
      if (const Voxel w{v[0] + d[0], v[1] + d[1], v[2] + d[2]};
          inside(g, w) && anatomy.labels[g.index(w[0], w[1], w[2])] == artifacts::lv_cavity)
        labels[n] = artifacts::lv_wall;
  });
  anatomy.labels = labels;
  try {
    chamber_mask(anatomy, {}, 20);
    FAIL() << "nothing was thrown";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_THAT(error.what(), HasSubstr("lv_blood and left_atrium to touch"));
  }
}

}  // namespace
}  // namespace cardiotwin::meshing
