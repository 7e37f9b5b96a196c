#pragma once
/// What is kept of the last cycle: traces, frames, and sums over time at the nodes.

#include <vector>

#include "cardiotwin/stage/time_loop.hpp"
#include "halo.hpp"

namespace cardiotwin::hemodynamics {

/// One value a step; times from the beginning of the cycle.
struct Traces {
  std::vector<double> times_ms, mitral_flow, aortic_flow;  ///< [ml/s], positive in the physiological direction
  std::vector<double> volume_ml;
  std::vector<double> mass_error;      ///< (orifice flows - dV/dt) / largest |dV/dt| of the cycle [1]
  std::vector<double> kinetic_energy;  ///< [mJ]
  std::vector<double> largest_speed;   ///< [m/s]
  std::vector<double> smallest_quality, substeps;
};

/// Fields at some times, in node order; on rank 0.
struct Frames {
  std::vector<double> times_ms;
  std::vector<std::vector<Vec3>> velocity;
  std::vector<std::vector<double>> pressure_kPa;
};

/// Sums over the cycle; owned nodes.
struct TimeSums {
  double duration = 0;      ///< [ms]
  Vectors shear;            ///< of the wall shear stress [kPa ms]
  Scalars shear_magnitude;  ///< [kPa ms]
  Scalars speed;            ///< [m/s ms]
  Scalars volume;           ///< of nodal volumes [mm^3 ms]
};

struct BeatRecord {
  explicit BeatRecord(const Halo& halo);
  Traces traces;
  Frames frames;
  TimeSums sums;

  /// Collective.
  void save(Halo& halo, stage::State& state) const;
  void load(const Halo& halo, const stage::State& state);
};

/// Node fields into and out of a state: "name.0", "name.1", "name.2" for vectors. Saving is collective.
void put(Halo& halo, stage::State& state, const std::string& name, const Scalars& field);
void put(Halo& halo, stage::State& state, const std::string& name, const Vectors& field);
Scalars get_scalars(const Halo& halo, const stage::State& state, const std::string& name);
Vectors get_vectors(const Halo& halo, const stage::State& state, const std::string& name);

}  // namespace cardiotwin::hemodynamics
