/// The whole stage on an idealised left ventricle with a prescribed beat: mass balance, figures that do not depend on
/// the number of ranks, interruption and resume.

#include "beat.hpp"

#include <gtest/gtest.h>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::hemodynamics {
namespace {

/// The stage's inputs: the ventricle with its wall, and the beat in its frames.
void give_beat(test::Workbench& bench, int frames) {
  const auto heart = test::ellipsoid({.around = 3});
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

TEST(Beat, StageWritesAWholeBeat) {
  test::Workbench bench;
  give_beat(bench, 32);
  const auto stage = make_stage();
  ASSERT_EQ(bench.run(*stage, {{"time_step_ms", 2}, {"frames", 8}}), stage::Outcome::complete);
  const auto flow = bench.result<artifacts::Flow>();
  std::printf(
      "peak %.4f m/s, aortic %.3f ml/s, mitral %.3f, stroke %.4f ml, mass %.3f %%, tawss %.5f Pa, osi %.4f, stasis "
      "%.3f, E/A %.3f, KE %.4f\n",
      bench.quantity("peak_velocity"), bench.quantity("peak_aortic_flow"), bench.quantity("peak_mitral_flow"),
      bench.quantity("stroke_volume"), bench.quantity("mass_error_max"), bench.quantity("tawss_mean"),
      bench.quantity("osi_mean"), bench.quantity("stasis_volume"), bench.quantity("e_to_a_ratio"),
      bench.quantity("peak_kinetic_energy"));
  EXPECT_EQ(flow.frame_times_ms.size(), 9u);
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
