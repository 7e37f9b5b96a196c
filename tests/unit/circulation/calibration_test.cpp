#include "cardiotwin/circulation/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"

namespace cardiotwin::circulation {
namespace {

/// ml, mmHg and beats per minute, as at the bedside.
ClosedLoopTarget patient(double edv, double stroke, double edp, double systolic, double diastolic, double rate) {
  using core::kPa_per_mmHg;
  using core::mm3_per_ml;
  return {edv * mm3_per_ml,        stroke * mm3_per_ml,      edp * kPa_per_mmHg,
          systolic * kPa_per_mmHg, diastolic * kPa_per_mmHg, 60e3 / rate};
}

class CalibratedLoop : public testing::TestWithParam<ClosedLoopTarget> {};

TEST_P(CalibratedLoop, MeetsItsTargetFromTheFirstBeat) {
  const ClosedLoopTarget& target = GetParam();
  const ClosedLoopFit fit = calibrate(target);
  EXPECT_THAT(fit.unmet, testing::IsEmpty());
  // The limit cycle counts as reached at 1e-6, which after a slow approach leaves some 1e-5.
  const auto expect = [](double found, double wanted) { EXPECT_NEAR(found / wanted, 1, 1e-4); };
  ClosedLoop loop(fit.parameters, fit.end_diastole);
  const CycleFigures first =
      figures(run_beat(fit.ventricle, loop, fit.end_diastole.volume[left_ventricle], target.end_diastolic_pressure, 1));
  for (const CycleFigures& f : {fit.reached, first}) {
    expect(f.end_diastolic_volume, target.end_diastolic_volume);
    expect(f.stroke_volume, target.stroke_volume);
    expect(f.end_diastolic_pressure, target.end_diastolic_pressure);
    expect(f.systolic_pressure, target.systolic_pressure);
    expect(f.diastolic_pressure, target.diastolic_pressure);
  }
  for (std::size_t k = 0; k < compartments; ++k) expect(loop.blood().volume[k], fit.end_diastole.volume[k]);
  EXPECT_NEAR(loop.total_volume(), fit.blood_volume, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Patients, CalibratedLoop,
                         testing::Values(patient(130, 75, 8, 120, 75, 65),           // normal
                                         patient(218, 218 * 0.18, 20, 105, 70, 70),  // failing, EF 18 %
                                         patient(300, 30, 30, 90, 60, 110),          // worse
                                         patient(110, 55, 8, 115, 75, 140),          // tachycardia
                                         patient(60, 35, 6, 100, 60, 95),            // small heart
                                         patient(120, 80, 15, 190, 100, 70),         // hypertensive
                                         patient(120, 70, 8, 100, 90, 70),           // narrow pulse
                                         patient(150, 100, 10, 170, 50, 70)));       // wide pulse

/// 22 l/min through a pulmonary resistance of rest.
TEST(Calibration, SaysWhatCouldNotBeMet) {
  const ClosedLoopFit fit = calibrate(patient(120, 110, 8, 120, 80, 200));
  EXPECT_THAT(fit.unmet, testing::Contains(testing::HasSubstr("stroke volume: wanted")));
  EXPECT_TRUE(std::isfinite(fit.blood_volume));
}

TEST(Calibration, RefusesImpossibleTargets) {
  const auto message = [](const ClosedLoopTarget& target) {
    try {
      calibrate(target);
    } catch (const core::Error& e) {
      EXPECT_EQ(e.code(), core::ExitCode::input);
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message(patient(130, 75, 8, 80, 80, 65)), testing::HasSubstr("systolic pressure"));
  EXPECT_THAT(message(patient(130, 75, 8, 80, 7, 65)), testing::HasSubstr("diastolic pressure"));
  EXPECT_THAT(message(patient(70, 75, 8, 120, 80, 65)), testing::HasSubstr("end-diastolic volume"));
  EXPECT_THAT(message(patient(130, -1, 8, 120, 80, 65)), testing::HasSubstr("stroke volume"));
  EXPECT_THAT(message(patient(130, 75, 0, 120, 80, 65)), testing::HasSubstr("end-diastolic pressure"));
  ClosedLoopTarget still = patient(130, 75, 8, 120, 80, 65);
  still.period = 0;
  EXPECT_THAT(message(still), testing::HasSubstr("heart period"));
  ClosedLoopParameters no_valves = healthy_loop(900);
  no_valves.mitral = 0;
  EXPECT_THROW(calibrate(patient(130, 75, 8, 120, 80, 65), no_valves, healthy_left_ventricle(), 1), core::Error);
}

}  // namespace
}  // namespace cardiotwin::circulation
