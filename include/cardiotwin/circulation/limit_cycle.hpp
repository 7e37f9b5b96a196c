#pragma once
/// Beats until they repeat: when a cycle counts as closed, and a circulation run alone with an elastance ventricle.

#include <limits>

#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/circulation/elastance.hpp"

namespace cardiotwin::circulation {

/// What a beat leaves for the comparison with the next one. Plain data, to be saved with the run.
struct BeatRange {
  double end_diastolic_volume = 0;  ///< largest of the beat
  double end_systolic_volume = std::numeric_limits<double>::max();
  std::vector<double> end;      ///< state of the circulation, without its time
  std::vector<double> largest;  ///< its magnitudes over the beat

  /// To be called after every accepted step.
  void include(double volume, const Circulation& circulation);
};

/// Largest relative change between two beats of EDV, ESV and every state at the end, the states relative to their
/// largest magnitude in the beat. The limit cycle is reached when this falls below a tolerance; 1e-3 is usual.
double relative_change(const BeatRange& before, const BeatRange& after);

struct Trace {
  std::vector<double> time, volume, pressure;
  std::vector<Signals> signals;
};

/// Figures of one beat. End diastole is its start, when the ventricle begins to contract.
struct CycleFigures {
  double end_diastolic_volume = 0, end_systolic_volume = 0;
  double stroke_volume = 0;  ///< what passed the aortic valve
  double end_diastolic_pressure = 0, peak_pressure = 0;
  double systolic_pressure = 0, diastolic_pressure = 0;  ///< arterial
};

/// One step of the ventricle in the circulation, from pressure P (a first guess for the next one). Updates P; returns
/// the volume. Throws core::Error (numerical) where the two equations have no solution.
double advance(const ElastanceVentricle& ventricle, Circulation& circulation, double& pressure, double step_ms);

/// One beat in equal steps of at most `step_ms`, from `volume` and `pressure` of the ventricle; the trace starts with
/// them.
Trace run_beat(const ElastanceVentricle& ventricle, Circulation& circulation, double volume, double pressure,
               double step_ms, BeatRange* range = nullptr);
CycleFigures figures(const Trace& beat);

struct LimitCycle {
  bool closed = false;
  int beats = 0;
  double change = std::numeric_limits<double>::max();  ///< relative_change() of the last two beats
  Trace last;
  CycleFigures figures;
};

/// Beats from `volume` until the relative change is at most `tolerance`, but no more than `most_beats`.
LimitCycle run_to_limit_cycle(const ElastanceVentricle& ventricle, Circulation& circulation, double volume,
                              double step_ms = 1, double tolerance = 1e-6, int most_beats = 200);

}  // namespace cardiotwin::circulation
