#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "electrophysiology/settings.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::electrophysiology {
namespace {

using namespace core;
using config::Json;

/// A ventricle of a third of the usual size: few nodes and few milliseconds.
artifacts::HeartMesh small_ventricle() {
  test::Ellipsoid shape;
  shape.inner_short = 6, shape.inner_long = 12, shape.inner_base = 4;
  shape.outer_short = 9, shape.outer_long = 15, shape.outer_base = 4;
  return test::ellipsoid(shape);
}

TEST(ElectrophysiologyStage, ActivatesTheWallFromTheSeptalEndocardiumOutwards) {
  const Comm comm;
  test::Workbench bench(comm);
  const auto heart = small_ventricle();
  bench.give(heart);
  const auto stage = make_stage();
  const Json settings{{"refine", 1}, {"time_step_ms", 0.1}, {"solver_tolerance_mV", 1e-7}};
  ASSERT_EQ(bench.run(*stage, settings), stage::Outcome::complete);
  const auto activation = bench.result<artifacts::Activation>();
  ASSERT_EQ(activation.activation_time_ms.size(), heart.points.size());

  std::vector<bool> in_wall(heart.points.size(), false);
  for (std::size_t c = 0; c < heart.cells.size(); ++c)
    if (heart.region[c] == artifacts::region_lv_wall)
      for (auto p : heart.cells[c]) in_wall[p] = true;
  double endocardial = 0, epicardial = 0, last = 0;
  int n_endo = 0, n_epi = 0;
  for (std::size_t p = 0; p < heart.points.size(); ++p) {
    const double t = activation.activation_time_ms[p];
    if (!in_wall[p]) {
      EXPECT_EQ(t, -1);
      continue;
    }
    EXPECT_GE(t, 0);
    last = std::max(last, t);
    if (heart.transmural[p] < 0.01) endocardial += t, ++n_endo;
    if (heart.transmural[p] > 0.99) epicardial += t, ++n_epi;
    EXPECT_EQ(activation.repolarisation_time_ms[p], -1);
  }
  EXPECT_GT(epicardial / n_epi, endocardial / n_endo + 3);
  EXPECT_GE(bench.quantity("activation_time.total"), last);
  EXPECT_EQ(bench.quantity("activated_fraction"), 1);
  // The same figure on 1, 2 and 3 ranks: measured on one.
  EXPECT_NEAR(bench.quantity("activation_time.total"), 15.18238, 1e-4);
  EXPECT_NEAR(bench.quantity("activation_time.mean"), 7.67216, 1e-4);
}

TEST(ElectrophysiologyStage, ResumesAfterAStopWithTheSameBits) {
  const Comm comm;
  const auto heart = small_ventricle();
  const Json settings{{"refine", 0},
                      {"time_step_ms", 0.1},
                      {"end_time_ms", 12},
                      {"stop_when_activated", false},
                      {"snapshot_times_ms", {0, 3, 11}}};
  test::Workbench whole(comm), broken(comm);
  whole.give(heart), broken.give(heart);
  ASSERT_EQ(whole.run(*make_stage(), settings), stage::Outcome::complete);
  broken.stop.request();
  ASSERT_EQ(broken.run(*make_stage(), settings), stage::Outcome::interrupted);
  broken.stop = core::StopRequest();
  ASSERT_EQ(broken.run(*make_stage(), settings), stage::Outcome::complete);
  const auto again = broken.result<artifacts::Activation>(), once = whole.result<artifacts::Activation>();
  EXPECT_EQ(again.activation_time_ms, once.activation_time_ms);
  ASSERT_EQ(once.ecg_mV.size(), 12U);
  EXPECT_EQ(once.ecg_times_ms.size(), 13U);
  EXPECT_EQ(again.ecg_mV, once.ecg_mV);
  EXPECT_EQ(once.snapshot_times_ms, (std::vector<double>{0, 3, 11}));
  EXPECT_EQ(again.snapshots_mV, once.snapshots_mV);
}

TEST(ElectrophysiologyStage, ScarIsNeverActivatedAndTheWaveGoesAroundIt) {
  const Comm comm;
  auto heart = small_ventricle();
  for (const int segment : heart.aha_segment) heart.tissue.push_back(segment == 11 ? 3 : 0);
  const Json by_segment{{"name", "scar"}, {"segments", {11}}, {"conductivity_factor", 0}},
      by_label{{"name", "scar"}, {"tissue", 3}, {"conductivity_factor", 0}};
  for (const auto& [model, scar] :
       {std::pair{"monodomain", by_segment}, {"monodomain", by_label}, {"eikonal", by_label}}) {
    test::Workbench bench(comm);
    bench.give(heart);
    ASSERT_EQ(bench.run(*make_stage(), {{"model", model}, {"refine", 1}, {"time_step_ms", 0.1}, {"regions", {scar}}}),
              stage::Outcome::complete);
    const auto activation = bench.result<artifacts::Activation>().activation_time_ms;
    std::vector<bool> alive(heart.points.size(), false), dead(heart.points.size(), false);
    for (std::size_t c = 0; c < heart.cells.size(); ++c) {
      if (heart.region[c] != artifacts::region_lv_wall) continue;
      for (auto p : heart.cells[c]) (heart.aha_segment[c] == 11 ? dead : alive)[p] = true;
    }
    EXPECT_NE(std::find(dead.begin(), dead.end(), true), dead.end());
    for (std::size_t p = 0; p < heart.points.size(); ++p) EXPECT_EQ(activation[p] >= 0, alive[p]) << model << " " << p;
  }
}

TEST(ElectrophysiologyStage, TheEikonalWaveTakesTheTimeThatItsSpeedsSay) {
  const Comm comm;
  const auto heart = small_ventricle();
  double total[3];
  for (int n = 0; n < 3; ++n) {
    test::Workbench bench(comm);
    bench.give(heart);
    const double times = 1 << n;
    ASSERT_EQ(bench.run(*make_stage(), {{"model", "eikonal"},
                                        {"refine", 1},
                                        {"speed_along_m_per_s", 0.6 * times},
                                        {"speed_across_m_per_s", 0.3 * times},
                                        {"stimuli", {{{"kind", "segment"}, {"segment", 8}, {"radius_mm", 4}}}}}),
              stage::Outcome::complete);
    total[n] = bench.quantity("activation_time.total");
  }
  // Latency + way / speed. Improvements of less than 1e-4 ms are passed over, some ten of them along a path.
  EXPECT_NEAR(total[0] - total[1], 2 * (total[1] - total[2]), 3e-3);
  EXPECT_GT(total[0] - total[1], 5);
  EXPECT_NEAR(2 * total[1] - total[0], 1.2, 0.1);  // the latency
}

TEST(ElectrophysiologyStage, UnknownDrugsCurrentsAndEmptyRegionsAreRefusedByName) {
  const Comm comm;
  const auto refusal = [&](const Json& settings) -> std::string {
    test::Workbench bench(comm);
    bench.give(small_ventricle());
    Json all{{"refine", 0}, {"end_time_ms", 1}};
    all.update(settings);
    try {
      (void)bench.run(*make_stage(), all);
    } catch (const core::Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_NE(refusal({{"drugs", {{{"name", "aspirin"}, {"concentration_uM", 1}}}}}).find("dofetilide"),
            std::string::npos);
  const Json currents{{{"name", "I_f"}, {"factor", 0.5}}};
  EXPECT_NE(refusal({{"regions", {{{"name", "border"}, {"currents", currents}}}}}).find("I_Kr"), std::string::npos);
  EXPECT_NE(refusal({{"regions", {{{"name", "far"}, {"position_mm", {900, 0, 0}}, {"radius_mm", 1}}}}}).find("far"),
            std::string::npos);
}

TEST(ElectrophysiologyStage, ALargeTimeStepIsWarnedOf) {
  for (const double time_step_ms : {0.1, 0.2}) {
    test::Workbench bench;
    bench.give(small_ventricle());
    bench.run(*make_stage(), {{"refine", 0}, {"time_step_ms", time_step_ms}, {"ecg", false}});
    const auto& warnings = bench.findings.warnings();
    EXPECT_EQ(std::ranges::any_of(warnings, [](const std::string& w) { return w.find("time_step_ms") != w.npos; }),
              time_step_ms > 0.1);
  }
}

TEST(ElectrophysiologyStage, AWaveThatNeverComesIsANumericalErrorWithARemedy) {
  const Comm comm;
  test::Workbench bench(comm);
  bench.give(small_ventricle());
  const Json settings{{"refine", 0}, {"time_step_ms", 0.1}, {"stimuli", {{{"strength_uA_per_mm3", 1.0}}}}};
  try {
    bench.run(*make_stage(), settings);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), ExitCode::numerical);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("100.0 % of the nodes never activated"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("raise the strength"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("electrophysiology.calibrate"));
  }
}

TEST(ElectrophysiologyStage, AStimulusBesideTheHeartIsRefusedWithTheNearestNode) {
  const Comm comm;
  test::Workbench bench(comm);
  bench.give(small_ventricle());
  const Json settings{{"refine", 0}, {"stimuli", {{{"kind", "point"}, {"position_mm", {100.0, 0.0, 0.0}}}}}};
  try {
    bench.run(*make_stage(), settings);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), ExitCode::configuration);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("stimuli[0]"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("the nearest node is"));
  }
}

TEST(Settings, EveryKindOfStimulusFindsItsPlace) {
  const auto heart = small_ventricle();
  const Wall wall = prepare_wall(heart, 1);
  const Json lead{{"kind", "segment"}, {"segment", 10}, {"radius_mm", 2.0}};
  const Json point{{"kind", "point"}, {"position_mm", heart.points[wall.heart_point[0]]}, {"radius_mm", 0.1}};
  const Json box{{"kind", "box"}, {"position_mm", {-100.0, -100.0, -100.0}}, {"size_mm", {200.0, 200.0, 200.0}}};
  const auto section = config::section_of(
      parameter_spec(), {{"stimuli", {{{"kind", "endocardium"}, {"spread_speed_m_per_s", 0.0}}, lead, point, box}}});
  const auto stimuli = stimuli_of(section, wall);
  ASSERT_EQ(stimuli.size(), 4u);
  EXPECT_THAT(stimuli[0].delay_ms, ::testing::Each(0.0));
  for (std::int32_t p : stimuli[0].points) EXPECT_LT(wall.transmural[p], 0.6);
  for (std::int32_t p : stimuli[1].points) {  // around one endocardial point of segment 10
    bool close = false;
    for (std::size_t c = 0; c < wall.mesh.cells.size() && !close; ++c)
      close =
          wall.aha_segment[c] == 10 && std::any_of(wall.mesh.cells[c].begin(), wall.mesh.cells[c].end(), [&](auto q) {
            return wall.transmural[q] < 1e-6 && norm(wall.mesh.points[q] - wall.mesh.points[p]) < 2;
          });
    EXPECT_TRUE(close);
  }
  EXPECT_THAT(stimuli[2].points, ::testing::ElementsAre(0));
  EXPECT_EQ(stimuli[3].points.size(), wall.mesh.points.size());
}

TEST(Wall, RefinementKeepsPointsAndUnitFibres) {
  const auto heart = small_ventricle();
  const Wall wall = prepare_wall(heart, 2);
  for (std::size_t n = 0; n < wall.heart_point.size(); ++n)
    EXPECT_EQ(wall.mesh.points[n], heart.points[wall.heart_point[n]]);
  for (const Vec3& f : wall.fibre) EXPECT_NEAR(norm(f), 1, 1e-12);
  for (double t : wall.transmural) EXPECT_TRUE(t >= 0 && t <= 1);
  EXPECT_EQ(wall.fibre.size(), wall.mesh.points.size());
  EXPECT_EQ(wall.aha_segment.size(), wall.mesh.cells.size());
  EXPECT_THAT(wall.aha_segment, ::testing::Each(::testing::AllOf(::testing::Ge(1), ::testing::Le(17))));
}

TEST(Wall, AMeshWithoutWallIsRefused) {
  auto heart = small_ventricle();
  std::fill(heart.region.begin(), heart.region.end(), artifacts::region_lv_blood);
  EXPECT_THROW(prepare_wall(heart, 0), core::Error);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology
