#pragma once
/// The closed loop of one patient.
///
/// Sought are the state at end diastole, E_active of the left ventricle, and resistance and compliance of the systemic
/// arteries, so that a beat ends where it started and meets stroke volume and arterial pressures; E_passive follows
/// from end-diastolic pressure and volume. Newton solves for all of them at once: no beats are spent on a transient of
/// a minute. The blood volume is a result. All else keeps the values given.

#include <string>
#include <vector>

#include "cardiotwin/circulation/closed_loop.hpp"
#include "cardiotwin/circulation/limit_cycle.hpp"

namespace cardiotwin::circulation {

/// What is known of the patient, or expected (stroke volume).
struct ClosedLoopTarget {
  double end_diastolic_volume = 0, stroke_volume = 0;    ///< of the left ventricle [mm^3]
  double end_diastolic_pressure = 0;                     ///< of the left ventricle [kPa]
  double systolic_pressure = 0, diastolic_pressure = 0;  ///< arterial [kPa]
  double period = 0;                                     ///< of the heart [ms]
};

struct ClosedLoopFit {
  ClosedLoopParameters parameters;
  ElastanceVentricle ventricle;
  ClosedLoopState end_diastole;    ///< where a beat starts; on the limit cycle of this ventricle
  double blood_volume = 0;         ///< stressed [mm^3]
  CycleFigures reached;            ///< of the limit cycle, run anew
  std::vector<std::string> unmet;  ///< a sentence for each target missed by over 1 %, empty if all are met
};

/// Limit cycle in steps of `step_ms`. Starts from healthy_loop() and healthy_left_ventricle(). Throws core::Error
/// (input) when the target is impossible: stroke volume above end-diastolic less unloaded volume, systolic <= diastolic
/// <= end-diastolic pressure, anything not positive.
ClosedLoopFit calibrate(const ClosedLoopTarget& target, double step_ms = 1);
/// The same from other parameters; the period is the target's.
ClosedLoopFit calibrate(const ClosedLoopTarget& target, ClosedLoopParameters parameters, const Chamber& ventricle,
                        double step_ms);

}  // namespace cardiotwin::circulation
