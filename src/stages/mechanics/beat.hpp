#pragma once
/// Heart beats of the wall: filling to end diastole, then activation against a circulation, until the beats repeat.
///
/// Time is negative while the wall is being filled (and its stress-free reference looked for), zero at the first end
/// diastole.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "active/tension_model.hpp"
#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/core/log.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "newton.hpp"
#include "tension_fit.hpp"

namespace cardiotwin::mechanics {

struct BeatOptions {
  double cycle = 1000, frame_interval = 10;           ///< [ms]
  double largest_step = 10, smallest_step = 0.25;     ///< [ms]
  double pressure_change = 1.0, volume_change = 5e3;  ///< aimed at in a step [kPa], [mm^3]
  double end_diastolic_pressure = 1.07;               ///< [kPa]
  int filling_steps = 4;                              ///< 0: the beat starts from the mesh at rest
  int unloading_iterations = 0;
  double unloading_tolerance = 0.02;  ///< distance from the image that is good enough [mm]
  int beats = 1;                      ///< at most
  double limit_cycle_tolerance = 0;   ///< BeatFigures::change() that ends them; 0: all beats
  double ejection_fraction = 0;       ///< that the tension is fitted to, first in trials; 0: not fitted
  std::vector<MaterialPoint> probes;  ///< whose position is recorded
};

/// A moment that is kept. Vectors on rank 0 only; strain and stress at the mesh points.
struct Frame {
  double time = 0;
  std::vector<Vec3> displacement;    ///< of the nodes, mesh points first, from their position in the image [mm]
  std::vector<double> fibre_strain;  ///< Green-Lagrange along the fibre, from the stress-free reference
  std::vector<double> fibre_stress;  ///< Cauchy, along the fibre [kPa]
  double volume_ratio = 1;           ///< of the wall's volume to its reference
  double mean_fibre_stress = 0;      ///< over the wall's volume [kPa]
};

/// Every accepted step of the last beat; times from its start [ms], pressures [kPa], volume [mm^3], flows [ml/s].
struct Trace {
  std::vector<double> time, volume, pressure, aortic_pressure, mitral_flow, aortic_flow;
  std::vector<double> probes;  ///< x y z of every probe, time by time [mm]
};

/// What one beat came to.
struct BeatFigures {
  double start_volume = 0, end_volume = 0, smallest_volume = 0, largest_volume = 0;  ///< [mm^3]
  double start_pressure = 0, end_pressure = 0, peak_pressure = 0;                    ///< [kPa]
  /// Largest change from its start to its end: volume over the stroke, pressure over the peak.
  double change() const;
  double ejection_fraction() const { return 1 - smallest_volume / largest_volume; }
};

/// Makes the circulation for a wall that has `volume` [mm^3] at end diastole.
using CirculationMaker = std::function<std::unique_ptr<circulation::Circulation>(double volume)>;

class Beat : public stage::Steppable {
 public:
  Beat(Wall& wall, Newton& newton, TensionModel& tension, CirculationMaker circulation, BeatOptions options);

  double time_ms() const override { return time_; }
  double end_ms() const override { return options_.beats * options_.cycle; }
  bool finished() const override;
  double done() const override;
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override;

  const Trace& trace() const { return trace_; }
  const std::vector<Frame>& frames() const { return frames_; }
  /// Where the nodes are in the image, and in the stress-free reference [mm].
  const std::vector<Vec3>& image() const { return image_; }
  std::span<const Vec3> reference() const { return wall_.reference(); }
  const std::vector<BeatFigures>& beats() const { return beats_; }  ///< finished ones
  int steps() const { return steps_; }
  int newton_iterations() const { return newton_iterations_; }
  int cut_steps() const { return cut_steps_; }
  /// The tension's factor and what it is fitted to.
  const TensionFit& fit() const { return fit_; }
  int trials() const { return trials_; }  ///< first beats, cut off after ejection, that the fit has taken
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
  double distance_to_image(const WallState& state) const;
  void start();
  void begin();
  void start_beat();
  bool ejection_is_over() const;
  bool try_again();
  BeatFigures figures() const;
  void finish_beat();
  void step();
  bool try_step(double step, double& volume);
  double wanted_step() const;
  double grown_step(double step, double change_of_volume) const;
  double time_of_beat() const { return time_ - start_of_beat(); }
  double start_of_beat() const { return static_cast<double>(beats_.size()) * options_.cycle; }
  void record_trace();
  void record_frame();
  void load_frames(const stage::State& file);
  WallState extrapolated(double step) const;

  Wall& wall_;
  Newton& newton_;
  TensionModel& tension_;
  CirculationMaker make_circulation_;
  BeatOptions options_;
  std::vector<Vec3> image_;  ///< all nodes of the displacement

  double time_ = 0;
  int prepared_ = 0;        ///< filling steps and unloading iterations done
  WallState start_;         ///< at the first end diastole, while trials go back to it
  WallState now_, before_;  ///< at the last two accepted times
  double last_step_ = 0, next_step_ = 1;
  std::unique_ptr<circulation::Circulation> circulation_;
  double start_volume_ = 0;  ///< that the circulation was made for
  double volume_ = 0;        ///< of the cavity, now
  int steps_ = 0, newton_iterations_ = 0, cut_steps_ = 0, last_newton_ = 0;
  double unloading_error_ = 0;
  bool unloading_stopped_ = false;
  Trace trace_;
  std::vector<Frame> frames_;
  std::vector<BeatFigures> beats_;
  TensionFit fit_;
  bool trying_ = false;  ///< this beat is a trial of the fit
  int trials_ = 0;
};

}  // namespace cardiotwin::mechanics
