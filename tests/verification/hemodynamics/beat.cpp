/// The ventricle's whole beat with a prescribed wall: mass balance, independence of the number of ranks, bitwise
/// resume, and the stage from its inputs to its artifact.

#include "beat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/io/hdf5.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "metrics.hpp"
#include "resume.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::hemodynamics {
namespace {

/// The stage's inputs: the ventricle with its wall, and the beat in its frames.
void give_beat(test::Workbench& bench, const artifacts::HeartMesh& heart, int frames) {
  artifacts::WallMotion motion;
  for (int f = 0; f <= frames; ++f) {
    const double t = 800.0 * f / frames;
    motion.frame_times_ms.push_back(t);
    auto& displacement = motion.displacement.emplace_back(heart.points.size(), Vec3{0, 0, 0});
    for (std::size_t c = 0; c < heart.cells.size(); ++c)
      if (heart.region[c] == artifacts::region_lv_wall)
        for (std::int32_t p : heart.cells[c]) displacement[p] = beating(heart.points[p], t) - heart.points[p];
    motion.fibre_strain.emplace_back(heart.points.size(), 0.0);
    motion.times_ms.push_back(t);
    for (auto* trace : {&motion.lv_volume_ml, &motion.lv_pressure_kPa, &motion.aortic_pressure_kPa,
                        &motion.mitral_flow_ml_per_s, &motion.aortic_flow_ml_per_s})
      trace->push_back(0.0);
  }
  bench.give(heart);
  bench.give(motion);
}

/// Volume of the blood as the wall and its rim have it at time t [ml].
double cavity_ml(const Beat& beat, double t) {
  mesh::TetMesh moved = beat.mesh.fine;
  for (Vec3& x : moved.points) x = beating(x, t);
  return mesh::volume(moved, artifacts::region_lv_blood) / 1000;
}

TEST(Beat, StageWritesAWholeBeatWhoseFlowsBalance) {
  test::Workbench bench;
  const test::Ellipsoid shape{.around = 4};
  give_beat(bench, test::ellipsoid(shape), 40);
  const auto stage = make_stage();
  ASSERT_EQ(bench.run(*stage, {{"refine", 0}, {"time_step_ms", 4}, {"frames", 8}}), stage::Outcome::complete);

  const auto flow = bench.result<artifacts::Flow>();
  ASSERT_EQ(flow.frame_times_ms.size(), 9u);
  EXPECT_EQ(flow.velocity.size(), 9u);
  EXPECT_EQ(flow.pressure_kPa.size(), 9u);
  EXPECT_EQ(flow.displacement.size(), 9u);
  EXPECT_EQ(flow.velocity[4].size(), flow.points.size());
  EXPECT_DOUBLE_EQ(flow.frame_times_ms.back(), 800);
  EXPECT_EQ(flow.times_ms.size(), 200u);
  EXPECT_TRUE(io::Reader(bench.output_file()).has("/VTKHDF"));

  // Flows: what the cavity loses and gains, known from the prescribed wall.
  const Beat beat = idealised_beat(shape, 0, 1);
  const double full = cavity_ml(beat, 0), empty = cavity_ml(beat, 360);
  // Percent of the peak. The flow balances the swept volume exactly; what is left is the difference between two second-
  // order derivatives of the volume, and falls with the square of the step.
  EXPECT_LT(bench.quantity("mass_error_max"), 0.08);
  EXPECT_NEAR(bench.quantity("stroke_volume"), full - empty, 0.005 * (full - empty));
  const double filled = positive_volume(flow.times_ms, *artifacts::flow_through(flow, "mitral"));
  EXPECT_NEAR(filled, full - empty, 0.005 * (full - empty));
  EXPECT_NEAR(flow.volume_ml.back(), full, 1e-3 * full);

  // Both waves of the filling, in the sizes that the wall prescribes: 3 : 1 in 190 and 140 ms.
  EXPECT_NEAR(bench.quantity("e_to_a_ratio"), 3.0 * 140 / 190 * 0.85, 0.2);
  // A real flow: sheared at the wall, faster than its orifice mean, slow at the apex.
  EXPECT_GT(bench.quantity("tawss_mean"), 0.1);
  EXPECT_GT(bench.quantity("osi_mean"), 0);
  EXPECT_LT(bench.quantity("osi_mean"), 0.5);
  EXPECT_GT(bench.quantity("peak_velocity"), 1);
  EXPECT_LT(bench.quantity("peak_velocity"), 6);
  EXPECT_GT(bench.quantity("smallest_quality"), 0.02);
}

VentricleOptions strict(double step) {
  VentricleOptions options;
  options.fluid.momentum_tolerance = 1e-11;
  options.fluid.pressure_tolerance = 1e-10;
  options.flow.time_step_ms = step;
  options.flow.frames = 20;
  return options;
}

/// Largest difference of two fields on rank 0, over the largest value of the second.
double difference(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double most = 0, size = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    most = std::max(most, norm(a[n] - b[n]));
    size = std::max(size, norm(b[n]));
  }
  return a.empty() ? 0 : most / size;
}

TEST(Beat, DoesNotDependOnTheNumberOfRanks) {
  const Beat beat = idealised_beat({.around = 3}, 0, 40);
  Ventricle together = make_ventricle(core::Comm(), beat.mesh, beat.wall, strict(8));
  Ventricle alone = make_ventricle(core::Comm(MPI_COMM_SELF), beat.mesh, beat.wall, strict(8));
  for (int i = 0; i < 65; ++i) {  // through ejection into filling
    together.problem->advance();
    alone.problem->advance();
  }
  const auto& a = together.problem->record();
  const auto& b = alone.problem->record();
  EXPECT_LT(difference(together.problem->halo().gather(together.problem->fluid().u),
                       alone.problem->halo().gather(alone.problem->fluid().u)),
            1e-5);
  for (std::size_t i = 0; i < a.traces.times_ms.size(); ++i) {
    EXPECT_NEAR(a.traces.flow[1][i], b.traces.flow[1][i], 1e-5 * 300);
    EXPECT_NEAR(a.traces.kinetic_energy[i], b.traces.kinetic_energy[i], 1e-5 * b.traces.kinetic_energy[i] + 1e-8);
  }
}

/// Stops inside the fading of a closing valve and away from a rebuild of the preconditioner, where most is in the
/// state.
TEST(Beat, ResumesBitwise) {
  const core::Comm comm;
  const Beat beat = idealised_beat({.around = 3}, 0, 40);
  VentricleOptions options;
  options.flow.time_step_ms = 8;
  options.flow.frames = 20;
  options.valves.closure_ms = 60;
  options.flow.courant_limit = 1;             // so that steps have parts
  options.flow.preconditioner_interval = 20;  // so that it is built again after the stop
  const Ventricle through =
      expect_bitwise_resume(comm, [&] { return make_ventricle(comm, beat.mesh, beat.wall, options); });
  EXPECT_GT(largest(through.problem->record().traces.substeps), 1);
}

/// Ejection and early filling. The wall prescribes the flow through each orifice, so both schemes have the same; the
/// largest speed is a jet's, which the mesh resolves by a few cells: 8 % apart here, 20 % with one cell fewer an
/// eighth.
TEST(Beat, SchemesAgree) {
  const Beat beat = idealised_beat({.around = 5}, 0, 40);
  const auto solve = [&](SchemeKind kind) {
    VentricleOptions options;
    options.scheme = kind;
    options.flow.time_step_ms = 8;
    options.flow.frames = 20;
    Ventricle ventricle = make_ventricle(core::Comm(), beat.mesh, beat.wall, options);
    for (int i = 0; i < 65; ++i) ventricle.problem->advance();
    return ventricle.problem->record().traces;
  };
  const Traces fast = solve(SchemeKind::fractional_step), coupled = solve(SchemeKind::coupled);
  // What is left is the difference between two second-order derivatives of the volume: four times that at 4 ms.
  const double peak_rate = largest_magnitude(fast.volume_rate);
  for (const Traces* traces : {&fast, &coupled}) EXPECT_LT(largest_magnitude(traces->imbalance), 3e-3 * peak_rate);
  const auto peak_speed = [](const Traces& traces, double from, double to) {
    double most = 0;
    for (std::size_t i = 0; i < traces.times_ms.size(); ++i)
      if (traces.times_ms[i] >= from && traces.times_ms[i] <= to) most = std::max(most, traces.largest_speed[i]);
    return most;
  };
  for (const auto& [from, to] : {std::pair{40.0, 340.0}, std::pair{400.0, 520.0}}) {
    const double expected = peak_speed(fast, from, to);
    EXPECT_NEAR(peak_speed(coupled, from, to), expected, 0.15 * expected);
  }
}

TEST(Beat, StageRefusesWhatItCannotUse) {
  const auto expect_input_error = [](const artifacts::HeartMesh& heart, const char* what) {
    test::Workbench bench;
    give_beat(bench, heart, 4);
    try {
      bench.run(*make_stage(), {{"refine", 0}});
      ADD_FAILURE() << "accepted: " << what;
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::input);
      EXPECT_THAT(error.what(), testing::HasSubstr(what));
    }
  };
  auto no_blood = test::ellipsoid({.around = 3, .with_blood = false});
  expect_input_error(no_blood, "cells of region lv_blood");
  auto no_mitral = test::ellipsoid({.around = 3});
  for (std::int32_t& tag : no_mitral.surface)
    if (tag == artifacts::surface_mitral) tag = artifacts::surface_lid;
  expect_input_error(no_mitral, "mitral");
  auto hole = test::ellipsoid({.around = 3});
  for (std::size_t t = 0; t < hole.surface.size(); ++t) {
    if (hole.surface[t] != artifacts::surface_lid) continue;
    hole.surface.erase(hole.surface.begin() + static_cast<std::ptrdiff_t>(t));
    hole.triangles.erase(hole.triangles.begin() + static_cast<std::ptrdiff_t>(t));
    break;
  }
  expect_input_error(hole, "a closed surface");
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
