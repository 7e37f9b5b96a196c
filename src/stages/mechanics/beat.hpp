#pragma once
/// One heart beat of the wall: filling to end diastole, then activation against the circulation until the cycle closes.
///
/// Time is negative while the wall is being filled (and its stress-free reference looked for), zero at end diastole.

#include <cstdint>
#include <optional>

#include "cardiotwin/circulation/left_heart.hpp"
#include "cardiotwin/core/log.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "newton.hpp"

namespace cardiotwin::mechanics {

struct BeatOptions {
  double cycle = 1000, frame_interval = 10;           ///< [ms]
  double largest_step = 10, smallest_step = 0.25;     ///< [ms]
  double pressure_change = 1.0, volume_change = 5e3;  ///< aimed at in a step [kPa], [mm^3]
  double end_diastolic_pressure = 1.07;               ///< [kPa]
  int filling_steps = 4;
  int unloading_iterations = 0;
  double systolic_pressure = 16, diastolic_pressure = 10.7, venous_pressure = 0.6;  ///< [kPa]
  double expected_ejection_fraction = 0.55;                     ///< for the calibration of the arteries
  double mitral_resistance = 2e-3, aortic_resistance = 0.7e-3;  ///< [kPa ms/mm^3]
  double atrial_pressure = 0.8;  ///< while the atrium is passive, of the end-diastolic pressure
  double atrial_systole = 0.15;  ///< of the cycle
};

/// A moment that is kept. Displacement and strain on rank 0 only.
struct Frame {
  double time = 0;
  std::vector<Vec3> displacement;    ///< of the mesh points, from their position in the image [mm]
  std::vector<double> fibre_strain;  ///< Green-Lagrange along the fibre, from the stress-free reference
  double volume_ratio = 1;           ///< of the wall's volume to its reference
  double long_stretch = 1;           ///< mean stretch along the wall towards the base
};

struct Trace {
  std::vector<double> time, volume, pressure, aortic_pressure, mitral_flow, aortic_flow;
};

class Beat : public stage::Steppable {
 public:
  /// `longitudinal` per mesh cell: unit vector towards the base within the wall, zero where there is none.
  Beat(Wall& wall, Newton& newton, BeatOptions options, std::vector<Vec3> longitudinal);

  double time_ms() const override { return time_; }
  double end_ms() const override { return options_.cycle; }
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override;

  const Trace& trace() const { return trace_; }
  const std::vector<Frame>& frames() const { return frames_; }
  const circulation::LeftHeart& heart() const { return heart_; }
  int steps() const { return steps_; }
  int newton_iterations() const { return newton_iterations_; }
  int cut_steps() const { return cut_steps_; }
  /// Largest distance of the loaded wall from the image at end diastole; what unloading leaves [mm].
  double unloading_error() const { return unloading_error_; }
  /// True when an iteration for the reference failed and the one before it was kept.
  bool unloading_stopped() const { return unloading_stopped_; }
  const WallState& state() const { return now_; }

 private:
  void fill();
  void fill_to(double pressure);
  void unload();
  bool unload(double share);
  void start_beat();
  void step();
  bool try_step(double step, double& volume);
  double wanted_step() const;
  void record_trace();
  void record_frame();
  WallState extrapolated(double step) const;

  Wall& wall_;
  Newton& newton_;
  BeatOptions options_;
  std::vector<Vec3> longitudinal_, image_;
  double reference_volume_ = 0;

  double time_ = 0;
  int prepared_ = 0;        ///< filling steps and unloading iterations done
  WallState now_, before_;  ///< at the last two accepted times
  double last_step_ = 0, next_step_ = 1;
  circulation::LeftHeart heart_;
  circulation::LeftHeartState blood_;
  int steps_ = 0, newton_iterations_ = 0, cut_steps_ = 0, last_newton_ = 0;
  double unloading_error_ = 0;
  bool unloading_stopped_ = false;
  Trace trace_;
  std::vector<Frame> frames_;
};

}  // namespace cardiotwin::mechanics
