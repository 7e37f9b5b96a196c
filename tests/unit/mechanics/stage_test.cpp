#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "anatomy.hpp"
#include "beat.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "settings.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::mechanics {
namespace {

test::Ellipsoid shape(int around, int along, int across) {
  test::Ellipsoid e;
  e.around = around, e.along = along, e.across = across, e.core_layers = 1;
  return e;
}

/// A small wall with everything that a patient has; the parameters are the stage's defaults.
struct Patient {
  explicit Patient(core::Comm comm, double tolerance = 1e-6)
      : Patient(comm, options({{"newton_tolerance", tolerance}})) {}
  static config::Section options(const config::Json& more) {
    config::Json all{{"heart_rate_per_min", 150}, {"unloading_iterations", 1}};
    all.update(more);
    return config::section_of(parameters(), all);
  }
  Patient(core::Comm comm, const config::Section& config)
      : heart(test::ellipsoid([] {
          auto e = shape(1, 1, 1);
          e.with_blood = false;
          return e;
        }())),
        sub(mesh::extract(test::tet_mesh(heart), std::array<std::int32_t, 1>{artifacts::region_lv_wall})),
        wall(comm, sub.mesh, setup(config)),
        newton(wall, newton_options(config)),
        tension(tension_model(config, 400, wall.sites())),
        beat(wall, newton, *tension, circulation_maker(config, physiology(config, nullptr)),
             beat_options(config, physiology(config, nullptr))) {}
  WallSetup setup(const config::Section& config) const {
    WallSetup s;
    s.tissue = tissue(config);
    s.supports = supports(config);
    s.density = config.number("density_kg_per_m3") / 1000;
    s.cavity_surface = artifacts::surface_endocardium;
    const auto activation = test::ellipsoid_activation(heart);
    for (std::int32_t p : sub.parent_point) {
      s.fibre.push_back(heart.fibre[p]);
      s.sheet.push_back(heart.sheet[p]);
      s.activation.push_back(activation.activation_time_ms[p]);
    }
    s.circumferential = wall_directions(heart, sub).circumferential;
    return s;
  }
  void run_to(double time) {
    while (beat.time_ms() < time) beat.advance();
  }
  artifacts::HeartMesh heart;
  mesh::SubMesh sub;
  Wall wall;
  Newton newton;
  std::unique_ptr<TensionModel> tension;
  Beat beat;
};

TEST(Beat, IsTheSameOnAnyNumberOfRanks) {
  // The tolerance bounds the residual, and ranks differ by what it lets through: hence a tight one.
  Patient together(core::Comm(), 1e-9), alone(core::Comm(MPI_COMM_SELF), 1e-9);
  together.run_to(150);
  alone.run_to(150);
  const Trace &a = together.beat.trace(), &b = alone.beat.trace();
  ASSERT_EQ(a.time.size(), b.time.size());
  for (std::size_t k = 0; k < a.time.size(); ++k) {
    EXPECT_NEAR(a.time[k], b.time[k], 1e-5);  // steps follow from pressures
    EXPECT_NEAR(a.pressure[k], b.pressure[k], 1e-6);
    EXPECT_NEAR(a.volume[k], b.volume[k], 1e-2);  // mm^3 of 90,000
  }
  EXPECT_GT(*std::max_element(b.pressure.begin(), b.pressure.end()), 5);
}

/// Resumes in a fresh solver from a saved state and goes on to `end`; compares with the uninterrupted one.
void expect_same_after_resume(double stop, double end, const config::Json& options = config::Json::object()) {
  Patient through{core::Comm(), Patient::options(options)}, resumed{core::Comm(), Patient::options(options)};
  through.run_to(stop);
  stage::State saved, shared;
  through.beat.save(saved);
  // What the time loop does: every rank gets what rank 0 saved.
  const std::int64_t count = core::Comm().sum(static_cast<std::int64_t>(saved.arrays().size()));
  auto item = saved.arrays().begin();
  for (std::int64_t k = 0; k < count; ++k) {
    std::string name = core::Comm().is_root() ? item->first : "";
    std::vector<double> values = core::Comm().is_root() ? item->second : std::vector<double>{};
    core::Comm().broadcast(name);
    core::Comm().broadcast(values);
    shared.put(name, values);
    if (core::Comm().is_root()) ++item;
  }
  resumed.beat.load(shared);
  through.run_to(end);
  resumed.run_to(end);
  EXPECT_EQ(through.beat.trace().time, resumed.beat.trace().time);
  EXPECT_EQ(through.beat.trace().pressure, resumed.beat.trace().pressure);
  EXPECT_EQ(through.beat.trace().volume, resumed.beat.trace().volume);
  EXPECT_EQ(through.beat.state().u, resumed.beat.state().u);
  EXPECT_EQ(through.newton.factorisations(), resumed.newton.factorisations());
  ASSERT_EQ(through.beat.frames().size(), resumed.beat.frames().size());
  EXPECT_EQ(through.beat.frames().back().displacement, resumed.beat.frames().back().displacement);
}

TEST(Beat, ResumesBitForBitDuringFilling) { expect_same_after_resume(-20, 20); }
TEST(Beat, ResumesBitForBitDuringEjection) { expect_same_after_resume(120, 160); }

TEST(Beat, ResumesBitForBitWithStatesOfTensionCirculationAndInertia) {
  expect_same_after_resume(60, 90,
                           {{"tension", "land_2017"}, {"circulation", "closed_loop"}, {"density_kg_per_m3", 1060}});
}
/// The second beat has forgotten what is kept of the first one only, and the first of its trials.
TEST(Beat, ResumesBitForBitFromATrialIntoTheSecondBeat) {
  expect_same_after_resume(120, 420,
                           {{"circulation", "closed_loop"},
                            {"beats", 3},
                            {"limit_cycle_tolerance_percent", 0},
                            {"fit_tension", true},
                            {"expected_ejection_fraction_percent", 30}});
}

TEST(Beat, BeatsEndWhenTheyRepeat) {
  // The left heart closes every beat, so the first is the last; with no tolerance all are made.
  Patient repeats{core::Comm(), Patient::options({{"beats", 3}, {"limit_cycle_tolerance_percent", 5}})};
  while (!repeats.beat.finished()) repeats.beat.advance();
  EXPECT_EQ(repeats.beat.beats().size(), 1U);
  EXPECT_LT(repeats.beat.beats().front().change(), 0.05);
  EXPECT_DOUBLE_EQ(repeats.beat.trace().time.back(), 400);
}

TEST(Beat, FitsTheTensionToWhatIsEjected) {
  Patient patient{core::Comm(), Patient::options({{"beats", 6},
                                                  {"fit_tension", true},
                                                  {"expected_ejection_fraction_percent", 40},
                                                  {"limit_cycle_tolerance_percent", 5}})};
  while (!patient.beat.finished()) patient.beat.advance();
  EXPECT_LT(patient.beat.beats().size(), 6U);
  EXPECT_GT(patient.beat.trials(), 1);
  EXPECT_NEAR(patient.beat.beats().back().ejection_fraction(), 0.4, 0.005);
  EXPECT_NE(patient.beat.fit().factor(), 1);
}

/// Between two steps of filling, which share a factorisation of the coarse level: multigrid's many small messages are
/// slow on more ranks than cores.
TEST(Beat, ResumesBitForBitWithMultigrid) {
  expect_same_after_resume(-10, 0,
                           {{"linear_solver", "multigrid"},
                            {"filling_steps", 2},
                            {"unloading_iterations", 0},
                            {"end_diastolic_pressure_mmHg", 2}});
}

TEST(Beat, SaysWhereAndWhyItFails) {
  Patient patient{core::Comm(), 1e-30};  // nothing can be as good as that
  try {
    patient.run_to(10);
    FAIL() << "no error";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_THAT(error.what(), testing::HasSubstr("filling to"));
    EXPECT_THAT(error.what(), testing::HasSubstr("residual"));
  }
}

TEST(MechanicsStage, ABeatOfAHealthyVentricle) {
  const auto heart = test::ellipsoid(shape(2, 2, 1));
  test::Workbench bench;
  bench.give(heart);
  bench.give(test::ellipsoid_activation(heart));
  auto stage = make_stage();
  ASSERT_EQ(bench.run(*stage), stage::Outcome::complete);
  const double blood = meshing::volumes(shape(2, 2, 1)).cavity / 1000;
  // Unloaded, then filled again: all nodes of the curved mesh meet the image. The mesh itself misses 0.4 %.
  EXPECT_NEAR(bench.quantity("end_diastolic_volume"), blood, 0.01 * blood);
  EXPECT_LT(bench.quantity("unloading_error"), 0.05);
  EXPECT_GT(bench.quantity("ejection_fraction"), 45);
  EXPECT_LT(bench.quantity("ejection_fraction"), 70);
  EXPECT_GT(bench.quantity("peak_pressure"), 100);
  EXPECT_LT(bench.quantity("peak_pressure"), 160);
  EXPECT_LT(bench.quantity("fibre_strain_end_systole"), -8);
  EXPECT_LT(bench.quantity("global_longitudinal_strain"), -2);
  // Filled to 8 mmHg, and a twitch of some 60 kPa against the peak pressure.
  EXPECT_GT(bench.quantity("fibre_stress.end_diastole"), 0.5);
  EXPECT_LT(bench.quantity("fibre_stress.end_diastole"), 5);
  EXPECT_GT(bench.quantity("fibre_stress.peak"), 20);
  EXPECT_LT(bench.quantity("fibre_stress.peak"), 100);
  EXPECT_LT(bench.quantity("cycle_closure_error"), 1e-3);
  EXPECT_LT(bench.quantity("cycle_closure_displacement"), 0.3);
  EXPECT_LT(bench.quantity("wall_volume_change"), 1e-3);

  core::on_root(core::Comm(), [&] {
    const auto motion = bench.result<artifacts::WallMotion>();
    ASSERT_EQ(motion.displacement.size(), motion.frame_times_ms.size());
    EXPECT_EQ(motion.displacement.front().size(), heart.points.size());
    EXPECT_EQ(motion.frame_times_ms.front(), 0);
    EXPECT_EQ(motion.frame_times_ms.back(), motion.times_ms.back());
    EXPECT_NEAR(motion.times_ms.back(), 60000.0 / 70, 1e-9);
    // Volume balance of every step, and valves that never leak.
    for (std::size_t k = 1; k < motion.times_ms.size(); ++k) {
      const double step = motion.times_ms[k] - motion.times_ms[k - 1];
      const double net = 1e-3 * step * (motion.mitral_flow_ml_per_s[k] - motion.aortic_flow_ml_per_s[k]);
      EXPECT_NEAR(motion.lv_volume_ml[k] - motion.lv_volume_ml[k - 1], net, 1e-3) << motion.times_ms[k];
      EXPECT_GE(motion.aortic_flow_ml_per_s[k], 0);
      EXPECT_TRUE(motion.mitral_flow_ml_per_s[k] < 1e-9 || motion.aortic_flow_ml_per_s[k] < 1e-9);
    }
    EXPECT_EQ(motion.fibre_strain.front(), std::vector<double>(heart.points.size(), 0.0));
    EXPECT_EQ(motion.fibre_stress_kPa.size(), motion.frame_times_ms.size());
    const std::string curves = io::read_file(bench.folder() / "mechanics_curves.csv");
    EXPECT_EQ(std::ranges::count(curves, '\n'), std::ssize(motion.times_ms) + 1);
  });
}

TEST(MechanicsStage, SaysThatItLeavesTheRightVentricleOut) {
  auto heart = test::ellipsoid(shape(1, 1, 2));
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {  // the outer layer on one side, as if it were the right wall
    double depth = 0;
    Vec3 middle{};
    for (const auto p : heart.cells[c]) depth += 0.25 * heart.transmural[p], middle = middle + 0.25 * heart.points[p];
    if (heart.region[c] == artifacts::region_lv_wall && depth > 0.5 && middle[0] > 10)
      heart.region[c] = artifacts::region_rv_wall;
  }
  test::Workbench bench;
  bench.give(heart);
  bench.give(test::ellipsoid_activation(heart));
  bench.stop.request();
  ASSERT_EQ(bench.run(*make_stage(), {{"unloading_iterations", 0}}), stage::Outcome::interrupted);
  if (core::Comm().is_root()) {
    EXPECT_THAT(bench.findings.assumptions(),
                ::testing::Contains(::testing::HasSubstr("the right ventricle's wall is left out")));
  }
}

TEST(MechanicsStage, ExpectsTheEjectionFractionOfTheImagesUnlessTheCaseGivesOne) {
  const auto heart = test::ellipsoid(shape(1, 1, 1));
  const auto assumed = [&](bool images, double given) {
    test::Workbench bench;
    bench.give(heart);
    bench.give(test::ellipsoid_activation(heart));
    if (images) bench.give(artifacts::MeasuredVolumes{.phase_times_ms = {0, 300, 600}, .lv_ml = {100, 58, 90}});
    bench.stop.request();
    EXPECT_EQ(bench.run(*make_stage(), {{"unloading_iterations", 0}, {"expected_ejection_fraction_percent", given}}),
              stage::Outcome::interrupted);
    return bench.findings.assumptions();
  };
  const auto images = assumed(true, 0), given = assumed(true, 30), neither = assumed(false, 0);
  if (!core::Comm().is_root()) return;
  using ::testing::Contains, ::testing::HasSubstr;
  EXPECT_THAT(images, Contains(HasSubstr("calibrated for an ejection fraction of 42.0 %")));
  EXPECT_THAT(given, Contains(HasSubstr("calibrated for an ejection fraction of 30.0 %")));
  EXPECT_THAT(neither, Contains(HasSubstr("calibrated for an ejection fraction of 55.0 %")));
}

/// Volume [mm^3] of a small ventricle under 2 kPa, without tension, with a list of `key`.
double inflated_with(const char* key, const config::Json& list) {
  test::Workbench bench;
  bench.give(test::ellipsoid(shape(1, 1, 1)));
  EXPECT_EQ(bench.run(*make_stage(), {{"tension", "none"},
                                      {"circulation", "given_pressure"},
                                      {"times_ms", {0, 10}},
                                      {"pressure_kPa", {0, 2}},
                                      {key, list}}),
            stage::Outcome::complete);
  return bench.quantity("cavity_volume");
}

TEST(MechanicsStage, AScarIsStifferAndDoesNotPull) {
  // Under pressure alone a stiffer half bulges less; a region that is nowhere is refused.
  const double soft = inflated_with("regions", config::Json::array());
  EXPECT_LT(inflated_with("regions", {{{"segments", {1, 2, 3, 7, 8, 9}}, {"stiffness_factor", 10}}}), 0.99 * soft);
  EXPECT_DOUBLE_EQ(inflated_with("regions", {{{"stiffness_factor", 1}}}), soft);
  EXPECT_THROW(inflated_with("regions", {{{"name", "nowhere"}, {"tissue", 9}}}), core::Error);
}

TEST(MechanicsStage, FurtherSupportsHoldWhereTheyAre) {
  // A stiff spring on half of the epicardium keeps it from bulging, on all of it even more; one that is nowhere is
  // refused, and one without stiffness does nothing.
  const double still = inflated_with("supports", config::Json::array());
  const config::Json half{{"segments", {1, 2, 3, 7, 8, 9}}, {"normal_stiffness_kPa_per_mm", 5}},
      all{{"normal_stiffness_kPa_per_mm", 5}};
  const double held = inflated_with("supports", config::Json::array({half}));
  EXPECT_LT(held, 0.99 * still);
  EXPECT_LT(inflated_with("supports", config::Json::array({all})), 0.99 * held);
  EXPECT_DOUBLE_EQ(inflated_with("supports", {{{"surface", "base"}}}), still);
  EXPECT_THROW(inflated_with("supports", {{{"name", "nowhere"}, {"surface", "rv_endocardium"}}}), core::Error);
}

TEST(MechanicsStage, RefusesWhatItCannotRun) {
  const auto refusal = [](const config::Json& options, auto change) {
    auto heart = test::ellipsoid(shape(1, 1, 1));
    change(heart);
    test::Workbench bench;
    bench.give(heart);
    try {
      bench.run(*make_stage(), options);
    } catch (const core::Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const auto as_it_is = [](artifacts::HeartMesh&) {};
  const config::Json loaded{
      {"tension", "none"}, {"circulation", "given_pressure"}, {"times_ms", {0, 1}}, {"pressure_kPa", {0, 1}}};
  EXPECT_THAT(refusal(config::Json::object(), as_it_is), testing::HasSubstr("activation times"));
  EXPECT_THAT(refusal({{"tension", "none"}, {"circulation", "given_pressure"}}, as_it_is),
              testing::HasSubstr("times_ms"));
  EXPECT_THAT(refusal(loaded, [](auto& heart) { std::swap(heart.cells[0][0], heart.cells[0][1]); }),
              testing::HasSubstr("inverted"));
  EXPECT_THAT(refusal(loaded, [](auto& heart) { std::ranges::replace(heart.surface, 1, 2); }),
              testing::HasSubstr("endocardium"));
  EXPECT_THAT(refusal(loaded,
                      [](auto& heart) {  // a hole at the apex
                        const auto height = [&](std::size_t t) {
                          return heart.surface[t] == 1 ? heart.points[heart.triangles[t][0]][2] : 1e9;
                        };
                        std::size_t lowest = 0;
                        for (std::size_t t = 0; t < heart.surface.size(); ++t)
                          if (height(t) < height(lowest)) lowest = t;
                        heart.surface[lowest] = artifacts::surface_epicardium;
                      }),
              testing::HasSubstr("2 borders"));
  config::Json far = loaded;
  far["probes"] = {{{"name", "far"}, {"position_mm", {0, 0, 500}}}};
  EXPECT_THAT(refusal(far, as_it_is), testing::HasSubstr("mm of the wall"));
}

TEST(MechanicsStage, RefusesActivationOfAnotherMesh) {
  const auto heart = test::ellipsoid(shape(1, 1, 1));
  auto activation = test::ellipsoid_activation(heart);
  activation.activation_time_ms.pop_back();
  test::Workbench bench;
  bench.give(heart);
  bench.give(activation);
  auto stage = make_stage();
  EXPECT_THROW(bench.run(*stage), core::Error);
}

}  // namespace
}  // namespace cardiotwin::mechanics
