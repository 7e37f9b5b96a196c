#pragma once
/// What is kept of the last cycle: traces, frames, and sums over time at the nodes.

#include <optional>
#include <span>
#include <vector>

#include "cardiotwin/stage/time_loop.hpp"
#include "conditions.hpp"
#include "state_fields.hpp"

namespace cardiotwin::hemodynamics {

/// One value a step; times from the beginning of the cycle.
struct Traces {
  std::vector<double> times_ms;
  std::vector<std::vector<double>> flow;           ///< through each passage, with its sign [ml/s]
  std::vector<double> volume_ml, volume_rate;      ///< volume_rate [mm^3/ms = ml/s]
  std::vector<double> imbalance, nodal_imbalance;  ///< outflow + dV/dt; nodal: by nodal velocities everywhere [ml/s]
  std::vector<double> kinetic_energy;              ///< [mJ]
  std::vector<double> largest_speed;               ///< [m/s]
  std::vector<double> smallest_quality, substeps;
};

/// Fields at some times, in node order; on rank 0.
struct Frames {
  std::vector<double> times_ms;
  std::vector<std::vector<Vec3>> velocity;
  std::vector<std::vector<double>> pressure_kPa;
  std::vector<std::vector<Vec3>> before;         ///< velocity one cycle earlier, from the second frame on
  std::vector<std::vector<Vec3>> wall_shear_Pa;  ///< force of the blood on the wall; zero in a frame before any step
};

/// Sums over the cycle; owned nodes.
struct TimeSums {
  double duration = 0;      ///< [ms]
  Vectors shear;            ///< of the wall shear stress [kPa ms]
  Scalars shear_magnitude;  ///< [kPa ms]
  Scalars speed;            ///< [m/s ms]
  Scalars volume;           ///< of nodal volumes [mm^3 ms]
};

struct CycleRecord {
  CycleRecord(const Halo& halo, std::span<const Passage> passages);
  std::vector<std::string> passages;  ///< their names
  Traces traces;
  Frames frames;
  TimeSums sums;
  std::vector<double> cycle_energy;  ///< mean kinetic energy of every cycle since the start [mJ]

  /// Change of the mean kinetic energy from the last cycle but one to the last, over the former; nothing where there
  /// was but one.
  std::optional<double> energy_change() const;
  /// Rank 0. Root mean square of the velocity's change from one cycle to the next over that of the velocity; nothing
  /// where there was but one cycle.
  std::optional<double> cycle_change() const;

  /// Collective.
  void save(Halo& halo, stage::State& state) const;
  void load(const Halo& halo, const stage::State& state);
};

}  // namespace cardiotwin::hemodynamics
