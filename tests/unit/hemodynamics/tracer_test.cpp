/// Residence time and share of the first blood, in a box along x.

#include "tracer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {
namespace {

constexpr double length = 4, cell = 0.125, speed = 0.5, step = 0.2;

struct Box {
  Vectors along_x(double u) const {
    Vectors field = flow.halo().vectors();
    std::ranges::fill(field[0], u);
    return field;
  }
  /// Mean of a traced quantity over the box. Collective.
  double mean(const Scalars& field) const {
    double sum = 0;
    for (std::int32_t n = 0; n < space.owned(); ++n) sum += flow.lumped_volume()[n] * field[n];
    return space.comm().sum(sum) / flow.volume();
  }

  mesh::TetMesh mesh = mesh::box({0, 0, 0}, {length, 0.5, 0.5}, {32, 4, 4});
  fem::Space space{core::Comm(), mesh, 1};
  FlowMesh flow{space};
  Tracer tracer{flow, surface_set(space, mesh, {1, 2}).triangles, 1e-3};
};

TEST(Tracer, AgeIsDistanceOverSpeed) {
  Box box;
  const Vectors u = box.along_x(speed), still = box.along_x(0);
  const auto& [residence, share, nothing] = box.tracer.state.now;
  for (int i = 0; i < 80; ++i) {  // twice through the box
    box.tracer.step(step, i > 0 ? step : 0, u, still);
    const double elapsed = box.tracer.state.elapsed;
    const auto [youngest, oldest] = std::ranges::minmax(residence);
    const auto [least, most] = std::ranges::minmax(share);
    EXPECT_TRUE(youngest >= 0 && oldest <= elapsed && least >= 0 && most <= 1) << elapsed;
    if (i == 15) {  // what has entered has taken the place of the first blood
      EXPECT_NEAR(box.mean(share), 1 - speed * elapsed / length, 0.5 * cell / length);
    }
  }
  EXPECT_NEAR(box.tracer.state.elapsed, 80 * step, 1e-9);
  EXPECT_LT(box.mean(share), 1e-4);
  double worst = 0;
  for (std::int32_t n = 0; n < box.space.locals(); ++n)
    worst = std::max(worst, std::abs(residence[n] - box.space.coordinates()[n][0] / speed));
  EXPECT_LT(worst, 0.05 * cell / speed);
}

TEST(Tracer, NothingChangesButTheAgeWhereNothingFlows) {
  Box box;
  // The mesh moves and the blood with it: no flow through the mesh, however the step changes.
  const Vectors u = box.along_x(speed);
  std::vector<Vec3> x(box.space.coordinates().begin(), box.space.coordinates().end());
  double previous = 0;
  for (int i = 0; i < 20; ++i) {
    const double now = i % 3 ? 0.5 : 0.2;
    for (Vec3& place : x) place[0] += speed * now;
    box.flow.move_to(x);
    box.tracer.step(now, previous, u, u);
    previous = now;
  }
  // Every step is solved to 1e-6 of the age, which is the larger of both.
  const double elapsed = box.tracer.state.elapsed, tolerance = 20 * 1e-6 * elapsed;
  for (double age : box.tracer.state.now[0]) EXPECT_NEAR(age, elapsed, tolerance);
  for (double share : box.tracer.state.now[1]) EXPECT_NEAR(share, 1, tolerance);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
