// The stage as a whole on an analytic anatomy: what comes out is what later stages rely on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numbers>
#include <set>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "improve.hpp"
#include "phantom.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

using artifacts::Anatomy;
using artifacts::HeartMesh;
using core::dot;
using core::norm;
using test::LabelPhantom;
using ::testing::HasSubstr;

constexpr double degree = std::numbers::pi / 180;

/// One default run, shared by the tests that only look at it.
struct DefaultRun {
  LabelPhantom phantom;
  test::Workbench bench;
  HeartMesh heart;
  mesh::TetMesh mesh;

  DefaultRun() {
    bench.give(phantom.anatomy());
    bench.run(*meshing::make_stage());
    heart = bench.result<HeartMesh>();
    mesh = test::tet_mesh(heart);
  }
};
class Meshing : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { run_ = std::make_unique<DefaultRun>(); }
  static void TearDownTestSuite() { run_.reset(); }  // before MPI ends
  static const DefaultRun& default_run() { return *run_; }

 private:
  static inline std::unique_ptr<DefaultRun> run_;
};

std::string message_of(const std::function<void()>& work, core::ExitCode code) {
  try {
    work();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST_F(Meshing, VolumesAreThoseOfTheLabelsAndOfTheEllipsoids) {
  const auto& run = default_run();
  const double wall = mesh::volume(run.mesh, 1), blood = mesh::volume(run.mesh, 2);
  EXPECT_NEAR(wall, run.phantom.wall_mm3(), 0.002 * run.phantom.wall_mm3());
  EXPECT_NEAR(blood, run.phantom.blood_mm3(), 0.002 * run.phantom.blood_mm3());
  EXPECT_NEAR(run.bench.quantity("wall_volume"), wall / 1000, 1e-9);
  EXPECT_NEAR(run.bench.quantity("cavity_volume"), blood / 1000, 1e-9);
  EXPECT_LT(std::abs(run.bench.quantity("wall_volume_error")), 0.1);
  EXPECT_LT(std::abs(run.bench.quantity("cavity_volume_error")), 0.1);
  EXPECT_LT(std::abs(run.bench.quantity("surface.wall_volume_error")), 2.0);
  EXPECT_LT(std::abs(run.bench.quantity("surface.cavity_volume_error")), 2.0);
}

TEST_F(Meshing, GateFiguresHoldForEveryCell) {
  const auto& run = default_run();
  double smallest = 180, edges = 0;
  std::int64_t count = 0;
  for (std::size_t c = 0; c < run.mesh.cells.size(); ++c) {
    const auto& p = run.mesh.cells[c];
    ASSERT_GT(mesh::signed_volume(run.mesh, p), 0);
    for (const double angle : mesh::dihedral_angles(run.mesh.points[p[0]], run.mesh.points[p[1]], run.mesh.points[p[2]],
                                                    run.mesh.points[p[3]]))
      smallest = std::min(smallest, angle);
  }
  for (const auto& [a, b] : mesh::edges(run.mesh)) edges += norm(run.mesh.points[a] - run.mesh.points[b]), ++count;
  EXPECT_GT(smallest, 15);
  EXPECT_DOUBLE_EQ(run.bench.quantity("min_dihedral_angle"), smallest);
  EXPECT_LT(run.bench.quantity("max_aspect_ratio"), 20);
  EXPECT_NEAR(edges / static_cast<double>(count), 5.0, 0.75) << "mean edge length asked for: 5 mm";
}

TEST_F(Meshing, FacesAreSharedByTwoCellsOrTagged) {
  const auto& run = default_run();
  std::map<mesh::Triangle, std::vector<std::int32_t>> cells;  // regions on both sides
  auto key = [](mesh::Triangle t) {
    std::sort(t.begin(), t.end());
    return t;
  };
  for (std::size_t c = 0; c < run.mesh.cells.size(); ++c)
    for (int f = 0; f < 4; ++f) {
      const auto& p = run.mesh.cells[c];
      cells[key({p[(f + 1) % 4], p[(f + 2) % 4], p[(f + 3) % 4]})].push_back(run.mesh.region[c]);
    }
  std::map<mesh::Triangle, std::int32_t> tags;
  for (std::size_t t = 0; t < run.mesh.triangles.size(); ++t)
    EXPECT_TRUE(tags.emplace(key(run.mesh.triangles[t]), run.mesh.surface[t]).second) << "two triangles on one face";
  for (const auto& [face, regions] : cells) {
    ASSERT_LE(regions.size(), 2u);
    const auto tag = tags.find(face);
    const bool is_surface = regions.size() == 1 || regions[0] != regions[1];
    ASSERT_EQ(tag != tags.end(), is_surface);
    if (!is_surface) continue;
    using enum artifacts::Surface;
    const int found = tag->second;
    const bool right = regions.size() == 2 ? found == surface_endocardium
                       : regions[0] == 1   ? found == surface_epicardium || found == surface_base
                                           : found >= surface_mitral;
    ASSERT_TRUE(right) << found;
  }
}

TEST_F(Meshing, SurfacesAreClosedAndTheirNormalsPointAsPromised) {
  const auto& run = default_run();
  Vec3 outer{}, blood{};
  double outer_area = 0, enclosed = 0;
  for (std::size_t t = 0; t < run.mesh.triangles.size(); ++t) {
    const Vec3 area = mesh::vector_area(run.mesh.points, run.mesh.triangles[t]);
    const int tag = run.mesh.surface[t];
    if (tag != artifacts::surface_endocardium) outer = outer + area, outer_area += norm(area);
    // Around the blood: endocardium turned round, and the lid.
    const double sign = tag == artifacts::surface_endocardium ? -1 : tag >= artifacts::surface_mitral ? 1 : 0;
    blood = blood + sign * area;
    enclosed += sign * dot(run.mesh.points[run.mesh.triangles[t][0]] - run.phantom.centre, area) / 3;
    if (tag >= artifacts::surface_base) {
      EXPECT_NEAR(dot(core::normalised(area), run.phantom.z_axis), 1, 1e-9);
    }
  }
  EXPECT_LT(norm(outer), 1e-9 * outer_area);
  EXPECT_LT(norm(blood), 1e-9 * outer_area);
  EXPECT_NEAR(enclosed, mesh::volume(run.mesh, 2), 1e-6 * enclosed);
}

TEST_F(Meshing, EndocardiumIsSmooth) {
  const auto& run = default_run();
  double square = 0, total = 0, largest_distance = 0;
  for (std::size_t t = 0; t < run.mesh.triangles.size(); ++t) {
    if (run.mesh.surface[t] != artifacts::surface_endocardium) continue;
    const Vec3 area = mesh::vector_area(run.mesh.points, run.mesh.triangles[t]);
    Vec3 centre{};
    for (const auto p : run.mesh.triangles[t]) {
      centre = centre + (1.0 / 3) * run.mesh.points[p];
      const Vec3 x = run.phantom.local(run.mesh.points[p]);
      const double r = std::sqrt(LabelPhantom::level(x, run.phantom.inner_short, run.phantom.inner_long) + 1);
      largest_distance = std::max(largest_distance, std::abs(1 - 1 / r) * norm(x));
    }
    const double cosine = -dot(core::normalised(area), run.phantom.endo_normal(centre));
    square += norm(area) * std::pow(std::acos(std::min(1.0, cosine)) / degree, 2);
    total += norm(area);
  }
  EXPECT_LT(std::sqrt(square / total), 3.0) << "rms angle to the analytic normal, facets of 5 mm included [deg]";
  EXPECT_LT(largest_distance, 0.75) << "0.6 voxels, at the tip";
}

TEST_F(Meshing, OrificesAreRoundDiscsOnTheLid) {
  const auto& run = default_run();
  double area[7] = {};
  Vec3 centre[7] = {};
  for (std::size_t t = 0; t < run.mesh.triangles.size(); ++t) {
    const double a = norm(mesh::vector_area(run.mesh.points, run.mesh.triangles[t]));
    area[run.mesh.surface[t]] += a;
    for (const auto p : run.mesh.triangles[t])
      centre[run.mesh.surface[t]] = centre[run.mesh.surface[t]] + (a / 3) * run.mesh.points[p];
  }
  const double lid = area[4] + area[5] + area[6];
  EXPECT_NEAR(area[4] / lid, 0.2, 0.2 * 0.06);  // a polygon in its circle is a little smaller
  EXPECT_NEAR(area[5] / lid, 0.12, 0.12 * 0.06);
  for (const int tag : {4, 5}) {
    const auto parts = meshing::surface_parts(run.mesh, tag);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_GE(parts[0], 12);
  }
  const Vec3 mitral = run.phantom.local((1 / area[4]) * centre[4]),
             aortic = run.phantom.local((1 / area[5]) * centre[5]);
  EXPECT_LT(mitral[0], 0) << "away from the right ventricle";
  EXPECT_GT(aortic[0], 0) << "towards the right ventricle";
  const double angle = std::atan2(aortic[1] - mitral[1], aortic[0] - mitral[0]) / degree;
  EXPECT_NEAR(angle, 30, 10) << "from the right ventricle towards the anterior wall";
}

TEST_F(Meshing, FibresAreOrthonormalAndTurnFromPlusToMinusSixty) {
  const auto& run = default_run();
  const auto at = meshing::surfaces_at_points(run.mesh);
  std::vector<char> in_wall(run.mesh.points.size(), 0);
  for (std::size_t c = 0; c < run.mesh.cells.size(); ++c)
    if (run.mesh.region[c] == 1)
      for (const auto p : run.mesh.cells[c]) in_wall[p] = 1;
  double error_endo = 0, error_epi = 0;
  int n_endo = 0, n_epi = 0;
  for (std::size_t p = 0; p < run.mesh.points.size(); ++p) {
    const Vec3 f = run.heart.fibre[p], s = run.heart.sheet[p];
    ASSERT_NEAR(norm(f), in_wall[p] ? 1 : 0, 1e-12);
    ASSERT_NEAR(norm(s), in_wall[p] ? 1 : 0, 1e-12);
    ASSERT_NEAR(dot(f, s), 0, 1e-12);
    const Vec3 x = run.phantom.local(run.mesh.points[p]);
    if (!in_wall[p] || x[2] < -25) continue;
    // The analytic axes of the ellipsoid: around, and up along the meridian.
    const bool endo = at[p] & 2u, epi = at[p] & 4u;
    if (!endo && !epi) continue;
    const double short_axis = endo ? run.phantom.inner_short : run.phantom.outer_short;
    const double long_axis = endo ? run.phantom.inner_long : run.phantom.outer_long;
    const Vec3 n = core::normalised(
        Vec3{x[0] / (short_axis * short_axis), x[1] / (short_axis * short_axis), x[2] / (long_axis * long_axis)});
    const Vec3 around = core::normalised(core::cross(Vec3{0, 0, 1}, n)), up = core::cross(n, around);
    const Vec3 fibre{dot(f, run.phantom.x_axis), dot(f, run.phantom.y_axis), dot(f, run.phantom.z_axis)};
    const double helix = std::atan2(dot(fibre, up), dot(fibre, around)) / degree;
    EXPECT_NEAR(run.heart.transmural[p], endo ? 0 : 1, 1e-9);
    (endo ? error_endo : error_epi) += std::pow(helix - (endo ? 60 : -60), 2);
    ++(endo ? n_endo : n_epi);
  }
  EXPECT_LT(std::sqrt(error_endo / n_endo), 1);
  EXPECT_LT(std::sqrt(error_epi / n_epi), 1);
}

TEST_F(Meshing, CoordinatesRunFromApexToBaseAndAroundFromTheSeptum) {
  const auto& run = default_run();
  EXPECT_GT(dot(run.heart.long_axis, run.phantom.z_axis), std::cos(2 * degree));
  const auto at = meshing::surfaces_at_points(run.mesh);
  for (std::size_t p = 0; p < run.mesh.points.size(); ++p) {
    if (at[p] & (1u << artifacts::surface_base)) {
      EXPECT_NEAR(run.heart.apicobasal[p], 1, 1e-9);
    }
    const Vec3 x = run.phantom.local(run.mesh.points[p]);
    if (run.heart.transmural[p] == 0 || std::hypot(x[0], x[1]) < 15) continue;
    double difference = run.heart.rotational[p] - std::atan2(x[1], x[0]);
    difference -= 2 * std::numbers::pi * std::round(difference / (2 * std::numbers::pi));
    EXPECT_LT(std::abs(difference), 3 * degree);
  }
}

TEST_F(Meshing, SegmentsAreAllThereAndWhereTheyBelong) {
  const auto& run = default_run();
  std::map<int, double> volume;
  std::map<int, Vec3> centre;
  for (std::size_t c = 0; c < run.mesh.cells.size(); ++c) {
    const int segment = run.heart.aha_segment[c];
    ASSERT_EQ(segment == 0, run.mesh.region[c] == 2);
    const double v = mesh::signed_volume(run.mesh, run.mesh.cells[c]);
    volume[segment] += v;
    for (const auto p : run.mesh.cells[c])
      centre[segment] = centre[segment] + (v / 4) * run.phantom.local(run.mesh.points[p]);
  }
  for (int segment = 1; segment <= 17; ++segment) {
    ASSERT_GT(volume[segment], 500) << segment;
    centre[segment] = (1 / volume[segment]) * centre[segment];
  }
  // In the phantom's frame x points to the right ventricle and y to the anterior wall.
  for (const int anterior : {1, 7, 13}) EXPECT_GT(centre[anterior][1], 3 * std::abs(centre[anterior][0])) << anterior;
  for (const int inferior : {4, 10, 15}) EXPECT_LT(centre[inferior][1], -3 * std::abs(centre[inferior][0])) << inferior;
  for (const int septal : {2, 3, 8, 9, 14}) EXPECT_GT(centre[septal][0], 5) << septal;
  for (const int lateral : {5, 6, 11, 12, 16}) EXPECT_LT(centre[lateral][0], -5) << lateral;
  for (const int high : {2, 6, 8, 12}) EXPECT_GT(centre[high][1], 5) << high;
  EXPECT_GT(centre[1][2], centre[7][2] + 10);
  EXPECT_GT(centre[7][2], centre[13][2] + 10);
  EXPECT_LT(centre[17][2], -45);
}

TEST_F(Meshing, SameInputGivesTheSameBits) {
  const auto& run = default_run();
  test::Workbench again;
  again.give(run.phantom.anatomy());
  again.run(*meshing::make_stage());
  const auto heart = again.result<HeartMesh>();
  EXPECT_EQ(heart.points, run.heart.points);
  EXPECT_EQ(heart.cells, run.heart.cells);
  EXPECT_EQ(heart.triangles, run.heart.triangles);
  EXPECT_EQ(heart.fibre, run.heart.fibre);
}

TEST_F(Meshing, SurfacesForPicturesAreInTheCheckpoint) {
  const io::Reader file(default_run().bench.output_file());
  for (const std::string name : {"wall", "cavity"}) {
    const auto points = file.read_vec3("/state/surfaces/" + name + "/points");
    const auto triangles = file.read_triangles("/state/surfaces/" + name + "/triangles");
    EXPECT_GT(points.size(), 1000u);
    for (const auto& t : triangles)
      for (const auto p : t) ASSERT_LT(p, static_cast<std::int32_t>(points.size()));
  }
}

TEST_F(Meshing, RaggedLabelsWithAnOpenWallAndIslandsStillPass) {
  LabelPhantom phantom;
  phantom.with_rv = false;
  Anatomy anatomy = phantom.anatomy();
  const auto& g = anatomy.geometry;
  std::int64_t n = 0;
  std::uint32_t noise = 1;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++n) {
        const Vec3 x = phantom.local(g.to_world({double(i), double(j), double(k)}));
        noise = noise * 1664525u + 1013904223u;
        auto& label = anatomy.labels[n];
        const double wobble = 2.0 * std::sin(x[2] / 3) + (noise >> 24) / 128.0;  // slices that do not quite match
        const Vec3 shaken{x[0] + wobble, x[1], x[2]};
        if (x[2] < phantom.base_z) {
          label = LabelPhantom::level(shaken, phantom.inner_short, phantom.inner_long) < 0   ? artifacts::lv_cavity
                  : LabelPhantom::level(shaken, phantom.outer_short, phantom.outer_long) < 0 ? artifacts::lv_wall
                                                                                             : artifacts::background;
        }
        if (label == artifacts::lv_wall && x[0] > 0 && std::abs(x[1]) < 12 && x[2] > 0) label = artifacts::background;
        if (label == artifacts::lv_wall && x[2] < -47) label = artifacts::background;  // an open apex
        if (norm(x - Vec3{-40, 30, 0}) < 3) label = artifacts::lv_cavity;
        if (norm(x - Vec3{5, 5, -10}) < 4) label = artifacts::lv_wall;  // a papillary muscle
      }
  test::Workbench bench;
  bench.give(anatomy);
  bench.run(*meshing::make_stage());
  EXPECT_GT(bench.quantity("min_dihedral_angle"), 15);
  EXPECT_LT(std::abs(bench.quantity("wall_volume_error")), 1);
  if (core::Comm().is_root()) {
    EXPECT_THAT(bench.findings.warnings(), ::testing::Contains(HasSubstr("the wall was thinner than 3 voxels")));
    EXPECT_THAT(bench.findings.warnings(), ::testing::Contains(HasSubstr("islands and holes")));
    EXPECT_THAT(bench.findings.assumptions(), ::testing::Contains(HasSubstr("no right ventricle")));
  }
}

TEST_F(Meshing, EmptyLabelsAreRefused) {
  Anatomy anatomy = LabelPhantom().anatomy();
  std::fill(anatomy.labels.begin(), anatomy.labels.end(), artifacts::background);
  test::Workbench bench;
  bench.give(anatomy);
  const std::string empty = message_of([&] { bench.run(*meshing::make_stage()); }, core::ExitCode::input);
  EXPECT_THAT(empty, HasSubstr("at least 1 ml each of left ventricular cavity (label 1) and wall (label 2)"));
  EXPECT_THAT(empty, HasSubstr("0 cavity voxels"));

  const auto& g = anatomy.geometry;
  anatomy.labels[g.index(g.size[0] / 2, g.size[1] / 2, g.size[2] / 2)] = artifacts::lv_cavity;
  bench.give(anatomy);
  const std::string one = message_of([&] { bench.run(*meshing::make_stage()); }, core::ExitCode::input);
  EXPECT_THAT(one, HasSubstr("1 cavity voxels"));
  EXPECT_THAT(one, HasSubstr("segmentation.labels_file"));
}

TEST_F(Meshing, WithoutAnatomyItSaysWhatToDo) {
  test::Workbench bench;
  const std::string message = message_of([&] { bench.run(*meshing::make_stage()); }, core::ExitCode::input);
  EXPECT_THAT(message, HasSubstr("run segmentation first"));
}

TEST_F(Meshing, AMeshThatMissesTheGateIsRefusedWithItsFigures) {
  LabelPhantom phantom;
  phantom.voxel_mm = 2;
  test::Workbench bench;
  bench.give(phantom.anatomy());
  const std::string message = message_of(
      [&] {
        bench.run(*meshing::make_stage(),
                  {{"smallest_dihedral_deg", 50}, {"max_attempts", 2}, {"wall_edge_mm", 8}, {"blood_edge_mm", 8}});
      },
      core::ExitCode::numerical);
  EXPECT_THAT(message, HasSubstr("after 2 attempts: smallest dihedral angle"));
  EXPECT_THAT(message, HasSubstr("limit 50 deg"));
  EXPECT_FALSE(std::filesystem::exists(bench.output_file()) &&
               io::Reader(bench.output_file()).has("/state/heart_mesh"));
}

TEST(MeshingTarget, ReachesTheWantedNumberOfElements) {
  test::Workbench bench;
  bench.give(LabelPhantom{}.anatomy());
  constexpr int wanted = 20000;
  bench.run(*meshing::make_stage(), {{"target_elements", wanted}});
  EXPECT_NEAR(bench.quantity("tetrahedra"), wanted, 0.1 * wanted);  // as the parameter promises
  EXPECT_GT(bench.quantity("min_dihedral_angle"), 15);
}

}  // namespace
}  // namespace cardiotwin
