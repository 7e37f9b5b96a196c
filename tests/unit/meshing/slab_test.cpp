// The slab and the beam of the benchmarks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::HeartMesh;
using ::testing::HasSubstr;

class SlabStage : public ::testing::Test {
 protected:
  test::Workbench bench;
  /// The beam of Land et al. 2015 with `changes`.
  void run(const config::Json& changes = config::Json::object()) {
    config::Json options{
        {"source", "slab"}, {"slab_size_mm", {10, 1, 1}}, {"slab_elements", {20, 4, 4}}, {"slab_grading", 1.5}};
    options.update(changes);
    bench.run(*make_stage(), options);
  }
  std::string refusal(const config::Json& changes, core::ExitCode code = core::ExitCode::configuration) {
    try {
      run(changes);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

TEST_F(SlabStage, IsABeamThatIsFinerAtTheClamp) {
  run();
  const HeartMesh beam = bench.result<HeartMesh>();
  EXPECT_EQ(beam.cells.size(), 20u * 4 * 4 * 6);
  EXPECT_NEAR(mesh::volume(test::tet_mesh(beam), artifacts::region_lv_wall), 10, 1e-12);
  double first = 10;
  bool tip = false;
  for (const Vec3& x : beam.points) {
    if (x[0] > 0) first = std::min(first, x[0]);
    tip = tip || core::norm(x - Vec3{10, 0.5, 1}) < 1e-12;
  }
  EXPECT_NEAR(first, 10 * std::pow(1.0 / 20, 1.5), 1e-12);
  EXPECT_TRUE(tip) << "the benchmark's point is a point of the mesh";
  for (std::size_t p = 0; p < beam.points.size(); ++p) {
    EXPECT_EQ(beam.fibre[p], (Vec3{1, 0, 0}));
    EXPECT_EQ(beam.sheet[p], (Vec3{0, 1, 0}));
  }
  EXPECT_TRUE(beam.edge_points.empty());
}

TEST_F(SlabStage, AllItsFacesAreTagged) {
  run();
  const HeartMesh beam = bench.result<HeartMesh>();
  std::array<double, artifacts::last_surface + 1> area{};
  for (std::size_t t = 0; t < beam.triangles.size(); ++t) {
    area[beam.surface[t]] += core::norm(mesh::vector_area(beam.points, beam.triangles[t]));
    for (const auto p : beam.triangles[t]) {
      if (beam.surface[t] != artifacts::surface_epicardium) {
        EXPECT_EQ(beam.points[p][beam.surface[t] == artifacts::surface_base ? 0 : 2], 0);
      }
    }
  }
  EXPECT_NEAR(area[artifacts::surface_base], 1, 1e-12);
  EXPECT_NEAR(area[artifacts::surface_endocardium], 10, 1e-12);
  EXPECT_NEAR(area[artifacts::surface_epicardium], 31, 1e-12);
}

TEST_F(SlabStage, ImpossibleSlabsAreRefused) {
  EXPECT_THAT(refusal({{"slab_size_mm", {10, 0, 1}}}),
              AllOf(HasSubstr("meshing.slab_size_mm"), HasSubstr("above 0 mm")));
  EXPECT_THAT(refusal({{"slab_elements", {20, 4, 0}}}),
              AllOf(HasSubstr("meshing.slab_elements"), HasSubstr("whole numbers from 1 to 1000")));
  EXPECT_THAT(refusal({{"slab_size_mm", {1000, 1, 1}}, {"slab_elements", {1, 10, 10}}, {"largest_aspect_ratio", 100}},
                      core::ExitCode::numerical),
              HasSubstr("largest aspect ratio"));
}

}  // namespace
}  // namespace cardiotwin::meshing
