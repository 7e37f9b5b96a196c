#pragma once
/// Three-element Windkessel: the arteries as the ventricle sees them.
///
///   C dP_c/dt = Q - (P_c - P_v) / R,    P_root = P_c + Z Q
///
/// P_c pressure over the compliance, P_root in the aortic root, P_v venous [kPa]; Q flow into the arteries [mm^3/ms =
/// ml/s]; R peripheral and Z characteristic resistance [kPa ms/mm^3]; C compliance [mm^3/kPa]. Source: Westerhof,
/// Lankhaar, Westerhof, "The arterial Windkessel", Med Biol Eng Comput 47 (2009) 131-141.

namespace cardiotwin::circulation {

struct Windkessel {
  double characteristic = 0, peripheral = 0;  ///< Z, R [kPa ms/mm^3]
  double compliance = 0;                      ///< C [mm^3/kPa]
  double venous_pressure = 0;                 ///< P_v [kPa]
};

/// P_c after a step of constant flow is an affine function of that flow (exact solution): offset + slope * Q.
struct AffinePressure {
  double offset = 0, slope = 0;
  double at(double flow) const { return offset + slope * flow; }
};
AffinePressure after_step(const Windkessel& arteries, double compliance_pressure, double step_ms);

/// What is known at the bedside, and the stroke that is expected.
struct ArterialTarget {
  double systolic_kPa = 0, diastolic_kPa = 0, venous_kPa = 0;
  double stroke_volume_mm3 = 0, cycle_ms = 0;
};
/// Mean pressure (diastolic plus a third of the pulse) over mean flow gives R + Z, of which Z takes 6 %; C follows from
/// the decay from the dicrotic notch (90 % of systolic) to diastolic during two thirds of the cycle. Throws core::Error
/// (input) when systolic <= diastolic <= venous or a volume or time is not positive.
Windkessel calibrate(const ArterialTarget& target);

}  // namespace cardiotwin::circulation
