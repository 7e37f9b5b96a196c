#include "measures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "references.hpp"
#include "scenes.hpp"
#include "synthetic.hpp"

namespace cardiotwin::report {
namespace {

TEST(Measures, DaysBetweenDates) {
  int days = -1;
  EXPECT_TRUE(days_between("2026-02-27", "2026-03-01", days));
  EXPECT_EQ(days, 2);
  EXPECT_TRUE(days_between("2024-02-28T10:00:00Z", "2024-03-01", days));
  EXPECT_EQ(days, 2);
  EXPECT_TRUE(days_between("2026-03-02", "2026-03-01", days));
  EXPECT_EQ(days, -1);
  for (const char* nonsense : {"", "2026-02-30", "20260301", "yesterday!!", "2026-13-01", "2026-1a-01"}) {
    EXPECT_FALSE(days_between(nonsense, "2026-03-01", days)) << nonsense;
  }
}

TEST(Measures, InterpolationStaysWithinTheTable) {
  const std::vector<double> x{0, 10, 20}, y{1, 3, 2};
  EXPECT_DOUBLE_EQ(interpolate(x, y, 5), 2);
  EXPECT_DOUBLE_EQ(interpolate(x, y, 20), 2);
  EXPECT_DOUBLE_EQ(interpolate(x, y, -5), 1);
  EXPECT_DOUBLE_EQ(interpolate(x, y, 99), 2);
  EXPECT_TRUE(std::isnan(interpolate({}, {}, 1)));
}

TEST(Measures, QuantilesAndSharesCountWeights) {
  const Sample sample{{3, 1, 2}, {2, 1, 1}};
  EXPECT_DOUBLE_EQ(quantile(sample, 0.25), 1);
  EXPECT_DOUBLE_EQ(quantile(sample, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile(sample, 1), 3);
  EXPECT_EQ(cumulative_percent(sample, {0, 1, 2.5, 3}), (std::vector<double>{0, 25, 50, 100}));
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Measures, SegmentMeansAreWeightedByVolumeAndSkipWhatIsUnknown) {
  artifacts::HeartMesh mesh;
  mesh.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, -2}};
  mesh.cells = {{0, 1, 2, 3}, {0, 2, 1, 4}};
  mesh.region = {1, 1};
  mesh.aha_segment = {1, 1};
  // The second cell is twice as large; point 3 is unknown.
  const auto means = segment_means(mesh, {2, 2, 2, -1, 10}, 0);
  EXPECT_DOUBLE_EQ(means[0], (1.0 * 2 + 2.0 * 4) / 3);
  EXPECT_TRUE(std::isnan(means[1]));
  EXPECT_EQ(means.size(), 17U);
  const auto ranges = segment_ranges(mesh, {2, 3, 2, -1, 10}, 0);
  EXPECT_DOUBLE_EQ(ranges[0].least, 2);
  EXPECT_DOUBLE_EQ(ranges[0].largest, 10);
  EXPECT_TRUE(std::isnan(ranges[16].least));
  EXPECT_EQ(ranges.size(), 17U);
}

TEST(Measures, VolumesOfLabelsAreVoxelCounts) {
  artifacts::Labels labels;
  labels.geometry.size = {2, 2, 1};
  labels.geometry.spacing = {10, 10, 10};
  labels.phase_times_ms = {0, 1};
  labels.labels = {1, 1, 2, 0, 1, 0, 0, 0};
  EXPECT_EQ(label_volumes_ml(labels, artifacts::lv_cavity), (std::vector<double>{2, 1}));
}

TEST(Measures, EjectionFractionsOfImagesAndModel) {
  auto labels = artifacts::Labels{};
  labels.geometry.size = {2, 2, 1};
  labels.geometry.spacing = {10, 10, 10};
  labels.labels = {1, 1, 2, 0};
  labels.phase_times_ms = {0};
  EXPECT_FALSE(ejection_fraction(labels)) << "one phase";
  labels.labels = {1, 1, 2, 0, 1, 0, 0, 0};
  labels.phase_times_ms = {0, 1};
  labels.end_systole = 1;
  EXPECT_DOUBLE_EQ(ejection_fraction(labels).value(), 50);
  EXPECT_DOUBLE_EQ(ejection_fraction(test::synthetic().motion).value(), 55);
  EXPECT_FALSE(ejection_fraction(artifacts::WallMotion{}));
}

TEST(Measures, EndSystoleAndFramesOfTheSyntheticBeat) {
  const auto s = test::synthetic();
  EXPECT_DOUBLE_EQ(s.motion.frame_times_ms[end_systolic_frame(s.motion)], 350);
  EXPECT_EQ(nearest_frame({0, 50, 100}, 76), 2U);
  EXPECT_EQ(nearest_frame({}, 76), 0U);
  for (const double angle : smallest_dihedral_angles(s.mesh.points, s.mesh.cells)) {
    EXPECT_GT(angle, 0);
    EXPECT_LT(angle, 70.53);
  }
}

TEST(Viewpoint, LooksAcrossTheLongAxisThroughBothOrifices) {
  const auto s = test::synthetic();
  const auto view = viewpoint(s.mesh);
  EXPECT_NEAR(dot(view.axis, view.towards), 0, 1e-12);
  EXPECT_NEAR(dot(view.across, view.axis), 0, 1e-12);
  EXPECT_NEAR(norm(view.towards), 1, 1e-12);
  EXPECT_NEAR(view.axis[2], 1, 1e-9);
}

TEST(Viewpoint, OfAVesselStandsItsLongestAxisUprightAndLooksAlongTheShortest) {
  const auto duct = mesh::box({0, 0, 0}, {40, 4, 10}, {20, 2, 5});
  const auto view = viewpoint(duct.points, duct.cells);
  EXPECT_NEAR(view.axis[0], 1, 1e-9);
  EXPECT_NEAR(view.across[2], 1, 1e-9);
  EXPECT_NEAR(std::abs(view.towards[1]), 1, 1e-9);
  const auto behind = from_behind(view);
  EXPECT_NEAR(dot(behind.towards, view.towards), -1, 1e-12);
  EXPECT_NEAR(norm(cross(behind.across, behind.axis) - behind.towards), 0, 1e-12) << "right-handed";

  // Turned by 30 degrees about y, the axes turn with it.
  auto turned = duct.points;
  const double c = std::sqrt(0.75), s = 0.5;
  for (auto& x : turned) x = {c * x[0] + s * x[2], x[1], c * x[2] - s * x[0]};
  const auto view_turned = viewpoint(turned, duct.cells);
  EXPECT_NEAR(norm(view_turned.axis - Vec3{c, 0, -s}), 0, 1e-9);
  EXPECT_NEAR(norm(view_turned.across - Vec3{s, 0, c}), 0, 1e-9);

  EXPECT_NEAR(norm(viewpoint({}, {}).axis), 1, 1e-12) << "of nothing, some view";
}

TEST(Measures, OfAFlowsFrames) {
  artifacts::Flow flow;
  flow.points = {{0, 0, 0}, {1, 0, 0}};
  flow.frame_times_ms = {0, 10, 40};
  flow.velocity = {{{1, 0, 0}, {0, 0, 0}}, {{0, -2, 0}, {0, 0, 0}}, {{0, 0, 3}, {0, 3, 4}}};
  const auto speed = mean_speed(flow);  // trapezoidal: weights 1/8, 1/2, 3/8
  EXPECT_DOUBLE_EQ(speed[0], 0.125 + 1 + 1.125);
  EXPECT_DOUBLE_EQ(speed[1], 1.875);
  EXPECT_EQ(frame_of_most_flow(flow), 2U) << "the fastest";
  flow.times_ms = {0, 20, 30, 40};
  flow.passages = {"in", "out"};
  flow.flow_ml_per_s = {{1, 9, 1, 6}, {8, 0, 0, -4}};  // at 10 ms: 5 and 4
  EXPECT_EQ(frame_of_most_flow(flow), 2U);
  EXPECT_EQ(frame_of_most_flow(flow, "in"), 2U);
  EXPECT_EQ(frame_of_most_flow(flow, "out"), 0U);
  flow.tawss_Pa = {0.5, 2};
  flow.osi = {0.4, 0};
  EXPECT_NEAR(1 / reciprocal_residence(flow)[0], 10, 1e-12);
  EXPECT_NEAR(1 / reciprocal_residence(flow)[1], 0.5, 1e-12);

  flow.frame_times_ms.resize(1);
  flow.velocity.resize(1);
  EXPECT_DOUBLE_EQ(mean_speed(flow)[0], 1);
}

TEST(References, AreFoundByTheLastWordOfAName) {
  ASSERT_NE(reference_for("lv_ejection_fraction", "%"), nullptr);
  ASSERT_NE(reference_for("mechanics.ejection_fraction", "%"), nullptr);
  EXPECT_EQ(reference_for("rv_ejection_fraction", "%"), nullptr);
  EXPECT_EQ(reference_for("ejection_fraction_error", "%"), nullptr);
  EXPECT_EQ(reference_for("lv_end_diastolic_volume", "mm"), nullptr);
  const auto* pressure = reference_for("lv_end_diastolic_pressure", "kPa");
  ASSERT_NE(pressure, nullptr);
  EXPECT_EQ(pressure->low, 5);
  EXPECT_NEAR(in_unit_of(*pressure, 1.33322387415, "kPa"), 10, 1e-9);
  EXPECT_DOUBLE_EQ(in_unit_of(*reference_for("ejection_fraction", "1"), 0.6, "1"), 60);
}

}  // namespace
}  // namespace cardiotwin::report
