#pragma once
/// One cell without neighbours, paced: its action potentials, and where it stands after many of them.
///
///   dV/dt = -I_ion(V, s) + I_stim    forward Euler for V, the model's own step for s
///
/// I_stim is the model's pulse at the begin of every cycle; it is not counted in the balance of potassium, as in
/// tissue.

#include <vector>

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// An action potential. Durations run from the steepest upstroke to the last return below rest + 10 % (50 %) of the
/// amplitude; NaN where the cell does not come back within its cycle.
struct Beat {
  double resting_mV;  ///< before the pulse
  double peak_mV;
  double fastest_mV_per_ms;
  double apd90_ms, apd50_ms;
};

/// Paces a cell for `beats` cycles of `cycle_ms` from where `kind` starts, and leaves its potential and state at the
/// end of the last diastole: after enough beats `kind` starts in its steady state.
std::vector<Beat> pace(const IonicModel& model, CellKind& kind, double cycle_ms, int beats, double time_step_ms);

/// Time from the begin of a pulse until V crosses `threshold_mV` upwards [ms]; -1 where the pulse is too weak for that.
double latency(const IonicModel& model, const CellKind& kind, double pulse_mV_per_ms, double pulse_ms,
               double threshold_mV);

}  // namespace cardiotwin::electrophysiology
