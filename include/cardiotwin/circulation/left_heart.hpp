#pragma once
/// The left ventricle's surroundings over one beat: mitral valve and atrium, aortic valve and arteries.
///
///   dV/dt = Q_mitral(P, t) - Q_aortic(P, t)
///
/// Valves are ideal diodes with a resistance. The atrium fills the ventricle at constant pressure through the mitral
/// valve; in its systole, the last part of the cycle, it delivers exactly the volume that is missing, so that the
/// beat closes. Volumes mm^3, times ms, pressures kPa, flows mm^3/ms (= ml/s).

#include "cardiotwin/circulation/windkessel.hpp"

namespace cardiotwin::circulation {

/// Opens at a pressure drop above zero; no flow the other way.
struct Valve {
  double resistance = 0;  ///< [kPa ms/mm^3]
  double flow(double drop_kPa) const { return drop_kPa > 0 ? drop_kPa / resistance : 0; }
  double derivative(double drop_kPa) const { return drop_kPa > 0 ? 1 / resistance : 0; }
};

struct LeftHeart {
  Windkessel arteries;
  Valve mitral, aortic;
  double atrial_pressure = 0;            ///< while the atrium is passive
  double cycle = 0, atrial_systole = 0;  ///< lengths
  double end_diastolic_volume = 0;       ///< of the ventricle; where the beat starts and ends
};

/// What the next step depends on.
struct LeftHeartState {
  double time = 0;
  double volume = 0;               ///< of the ventricle
  double compliance_pressure = 0;  ///< of the arteries
  double mitral_flow = 0, aortic_flow = 0;
  /// First step border within the atrial systole: time, volume and flow then. Negative time: not yet.
  double kick_time = -1, kick_volume = 0, kick_flow = 0;
};

/// Flows of a step that ends at ventricular pressure P, and the derivative of (mitral - aortic) by P.
struct Flows {
  double mitral = 0, aortic = 0, derivative = 0;
};
Flows flows(const LeftHeart& heart, const LeftHeartState& state, double pressure, double step);

/// The volume balance of a step, zero when it holds: V - V_n - step (mitral - aortic). Its derivative by V is 1, by P
/// -step * flows.derivative, which is never negative.
double balance(const LeftHeartState& state, const Flows& flows, double volume, double step);

/// Accepts a step. `volume` is the ventricle's at its end.
void advance(const LeftHeart& heart, LeftHeartState& state, const Flows& flows, double volume, double step);

/// Pressure in the aortic root.
double aortic_pressure(const LeftHeart& heart, const LeftHeartState& state);

/// Start of the atrial systole.
inline double kick_start(const LeftHeart& heart) { return heart.cycle - heart.atrial_systole; }

}  // namespace cardiotwin::circulation
