#include "electrophysiology/wave.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cardiotwin::electrophysiology {
namespace {

mesh::TetMesh block() { return mesh::box({0, 0, 0}, {4, 3, 2}, {8, 6, 4}); }

/// Arrival times of plane waves in tissue with fibre x, v_l = 0.6 and v_t = 0.2 m/s.
double arrival(const Vec3& x, const Vec3& towards) {
  const Vec3 n = normalised(towards);
  return 5 + dot(n, x) / std::sqrt(0.36 * n[0] * n[0] + 0.04 * (n[1] * n[1] + n[2] * n[2]));
}

TEST(Wave, ALinearTimeHasItsExactVelocity) {
  const auto mesh = block();
  std::vector<double> t;
  for (const Vec3& x : mesh.points) t.push_back(1 + 2 * x[0] - x[1] + 2 * x[2] + 3);  // |grad| 3: 1/3 m/s
  for (const Vec3& v : conduction_velocity(mesh, t)) {
    EXPECT_NEAR(norm(v), 1.0 / 3, 1e-12);
    EXPECT_NEAR(dot(v, {2, -1, 2}), 1, 1e-12);
  }
}

TEST(Wave, CellsWithoutAWaveHaveNoVelocity) {
  const auto mesh = block();
  std::vector<double> t;
  for (const Vec3& x : mesh.points) t.push_back(x[0] < 1 ? 3 * x[0] : x[0] < 2 ? 3 + 1e-3 * (x[0] - 1) : -1);
  const auto velocity = conduction_velocity(mesh, t);
  int runs = 0;
  for (std::size_t c = 0; c < velocity.size(); ++c) {
    double left = 4;
    for (auto p : mesh.cells[c]) left = std::min(left, mesh.points[p][0]);
    EXPECT_NEAR(norm(velocity[c]), left < 1 ? 1.0 / 3 : 0, 1e-12) << left;
    runs += left < 1;
  }
  EXPECT_GT(runs, 0);
}

TEST(Wave, SpeedsAlongAndAcrossTheFibreComeFromWavesAskewToIt) {
  const auto mesh = block();
  std::vector<Vec3> fibres, velocity;
  std::vector<mesh::Cell> cells;
  for (std::size_t p = 0; p < mesh.points.size(); ++p) fibres.push_back({p % 2 ? 1.0 : -1.0, 0, 0});
  // Four waves, at 0, 25, 65 and 80 degrees from the fibre, and one at 45 that belongs to neither.
  for (const double degrees : {0.0, 25.0, 45.0, 65.0, 80.0}) {
    const double a = degrees * 3.14159265358979 / 180;
    std::vector<double> t;
    for (const Vec3& x : mesh.points) t.push_back(5 + arrival(x, {std::cos(a), 0.6 * std::sin(a), 0.8 * std::sin(a)}));
    const auto part = conduction_velocity(mesh, t);
    velocity.insert(velocity.end(), part.begin(), part.end());
    cells.insert(cells.end(), mesh.cells.begin(), mesh.cells.end());
  }
  auto five = mesh;
  five.cells = cells;
  const auto speeds = conduction_speeds(five, velocity, fibres);
  const auto count = static_cast<std::int64_t>(mesh.cells.size());
  EXPECT_EQ(speeds.cells_along, 2 * count);
  EXPECT_EQ(speeds.cells_across, 2 * count);
  EXPECT_NEAR(speeds.along.value(), 0.6, 1e-6);
  EXPECT_NEAR(speeds.across.value(), 0.2, 1e-6);
}

TEST(Wave, ASpeedThatNoCellHasIsAbsent) {
  const auto mesh = block();
  std::vector<double> t;
  for (const Vec3& x : mesh.points) t.push_back(arrival(x, {1, 0, 0}));
  const std::vector<Vec3> fibres(mesh.points.size(), {1, 0, 0});
  const auto speeds = conduction_speeds(mesh, conduction_velocity(mesh, t), fibres);
  EXPECT_NEAR(speeds.along.value(), 0.6, 1e-12);
  EXPECT_FALSE(speeds.across);
  const std::vector<double> never(mesh.points.size(), -1);
  EXPECT_FALSE(conduction_speeds(mesh, conduction_velocity(mesh, never), fibres).along);
}

TEST(Wave, SpreadAndDurationsPassOverTheUnknown) {
  EXPECT_FALSE(spread_ms(std::vector<double>{-1, -1}));
  EXPECT_EQ(spread_ms(std::vector<double>{-1, 7, 3, -1, 12}), 9);
  EXPECT_EQ(action_potential_durations(std::vector<double>{3, -1, 4, -1}, std::vector<double>{283, 290, -1, -1}),
            (std::vector<double>{280, -1, -1, -1}));
}

TEST(Wave, SegmentsHaveMeansByVolume) {
  const auto mesh = mesh::box({0, 0, 0}, {4, 1, 1}, {16, 2, 2});
  std::vector<std::int32_t> segment;
  for (const mesh::Cell& cell : mesh.cells) {
    double middle = 0;
    for (auto p : cell) middle += mesh.points[p][0] / 4;
    segment.push_back(middle < 1 ? 1 : middle < 3 ? 17 : 0);
  }
  std::vector<double> activation, repolarisation;
  for (const Vec3& x : mesh.points) {
    activation.push_back(10 * x[0]);
    repolarisation.push_back(x[0] > 1 ? -1 : 300 + 5 * x[0]);
  }
  const auto table = segment_times(mesh, segment, activation, repolarisation);
  EXPECT_NEAR(table[0].activation_ms, 5, 1e-9);  // the mean of a linear function is exact
  EXPECT_EQ(table[0].earliest_ms, 0);
  EXPECT_EQ(table[0].latest_ms, 10);
  EXPECT_NEAR(table[0].repolarisation_ms, 302.5, 1e-9);
  EXPECT_NEAR(table[0].duration_ms, 297.5, 1e-9);
  EXPECT_NEAR(table[16].activation_ms, 20, 1e-9);
  EXPECT_EQ(table[16].earliest_ms, 10);
  EXPECT_EQ(table[16].latest_ms, 30);
  EXPECT_NEAR(table[16].repolarisation_ms, 305, 1e-9);  // known on the border to segment 1 alone
  for (int s = 1; s < 16; ++s) {
    EXPECT_EQ(table[s].activation_ms, -1);
    EXPECT_EQ(table[s].latest_ms, -1);
    EXPECT_EQ(table[s].duration_ms, -1);
  }
}

}  // namespace
}  // namespace cardiotwin::electrophysiology
