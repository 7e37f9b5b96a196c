#include "electrophysiology/stimulus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cardiotwin::electrophysiology {
namespace {

TEST(Stimulus, ChargeIsExactForAnyTimeStep) {
  Stimulus s;
  s.start_ms = 3.3, s.duration_ms = 2, s.period_ms = 10, s.count = 3;
  for (double dt : {0.05, 0.7, 1.9}) {
    double covered = 0;
    for (int step = 0; step * dt < 60; ++step) covered += dt * pulse_fraction(s, 1.13, step * dt, dt);
    EXPECT_NEAR(covered, 6, 1e-9) << dt;
  }
  EXPECT_EQ(pulse_fraction(s, 0, 0, 0.05), 0);
  EXPECT_NEAR(pulse_fraction(s, 0, 3.2, 0.2), 0.5, 1e-12);
  EXPECT_NEAR(pulse_fraction(s, 0, 4, 0.05), 1, 1e-12);
  EXPECT_EQ(pulse_fraction(s, 0, 8, 0.05), 0);
  EXPECT_NEAR(pulse_fraction(s, 0, 14, 0.05), 1, 1e-12);
  EXPECT_EQ(pulse_fraction(s, 0, 34, 0.05), 0);  // three pulses, no fourth
}

TEST(Stimulus, KnowsItsFirstAndLastInstant) {
  Stimulus s;
  s.points = {1, 2};
  s.delay_ms = {4, 9};
  s.start_ms = 1, s.duration_ms = 2, s.period_ms = 100, s.count = 2;
  EXPECT_EQ(s.first_ms(), 5);
  EXPECT_EQ(s.last_ms(), 112);
}

TEST(Stimulus, SpreadsOverTheSurfaceAlongItsEdgesAndOneCellDeep) {
  const auto mesh = mesh::box({0, 0, 0}, {4, 1, 1}, {8, 2, 2});
  Stimulus s;
  std::vector<std::int32_t> seeds;
  for (std::int32_t p : points_in_box(mesh, {0, 0, 0}, {0, 1, 0})) seeds.push_back(p);
  spread_over_surface(mesh, 5, seeds, 2, s);  // the face z = 0, from its edge x = 0
  std::map<std::int32_t, double> delay;
  for (std::size_t k = 0; k < s.points.size(); ++k) delay[s.points[k]] = s.delay_ms[k];
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    const Vec3& x = mesh.points[p];
    const auto n = static_cast<std::int32_t>(p);
    if (x[2] == 0) {
      EXPECT_NEAR(delay.at(n), x[0] / 2, 1e-12);
    }
    if (x[2] == 0.5) {
      EXPECT_NEAR(delay.at(n), std::max(0.0, x[0] - 0.5) / 2, 1e-12);
    }  // the cell's earliest surface point
    if (x[2] == 1) {
      EXPECT_EQ(delay.count(n), 0u);
    }
  }
}

TEST(Stimulus, FindsPointsByPlace) {
  const auto mesh = mesh::box({0, 0, 0}, {1, 1, 1}, {4, 4, 4});
  EXPECT_EQ(points_in_box(mesh, {0, 0, 0}, {0.5, 0.25, 0.25}).size(), 3u * 2 * 2);
  EXPECT_EQ(points_within(mesh, {0.5, 0.5, 0.5}, 0.25).size(), 7u);
  EXPECT_EQ(mesh.points[nearest_point(mesh, {0.6, 0.9, -3})], (Vec3{0.5, 1, 0}));
}

}  // namespace
}  // namespace cardiotwin::electrophysiology
