#pragma once
/// The flow of blood step by step: scheme, motion of the mesh, surroundings and record together.

#include <memory>
#include <string>

#include "cardiotwin/stage/time_loop.hpp"
#include "conditions.hpp"
#include "cycle_record.hpp"
#include "instruments.hpp"
#include "motion.hpp"
#include "scheme.hpp"
#include "tracer.hpp"

namespace cardiotwin::hemodynamics {

struct FlowOptions {
  double time_step_ms = 1;
  double cycle_ms = 0;                ///< a whole number of steps, see with_whole_steps()
  int cycles = 1;                     ///< the last is recorded
  int frames = 24;                    ///< kept of the last cycle, besides the first
  double courant_limit = 4;           ///< above, a step is made of smaller ones
  bool residence_time = false;        ///< transports it with the flow
  double tracer_diffusivity = 1e-3;   ///< [mm^2/ms]
  int preconditioner_interval = 100;  ///< steps between multigrid hierarchies where the mesh moves
};

/// `options` with a cycle of `cycle_ms`, of which the time step becomes a whole fraction.
FlowOptions with_whole_steps(FlowOptions options, double cycle_ms);

/// What a flow problem is made of. `space` first: the others refer to it.
struct FlowParts {
  std::unique_ptr<fem::Space> space;
  std::unique_ptr<Scheme> scheme;
  std::unique_ptr<Motion> motion;
  std::unique_ptr<Conditions> conditions;
  SurfaceSet wall;                             ///< where wall shear stress is wanted
  std::vector<mesh::Triangle> wall_triangles;  ///< the same of the whole mesh
};

class FlowProblem final : public stage::Steppable {
 public:
  /// Collective.
  FlowProblem(FlowParts parts, const FlowOptions& options);

  double time_ms() const override { return step_ * options_.time_step_ms; }
  double end_ms() const override { return options_.cycles * options_.cycle_ms; }
  bool finished() const override { return step_ >= options_.cycles * steps_per_cycle_; }
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override;

  const fem::Space& space() const { return *parts_.space; }
  Scheme& scheme() { return *parts_.scheme; }
  const FluidState& fluid() const { return parts_.scheme->state; }
  Halo& halo() { return parts_.scheme->halo(); }
  const Motion& motion() const { return *parts_.motion; }
  const Conditions& conditions() const { return *parts_.conditions; }
  const SurfaceSet& wall() const { return parts_.wall; }
  const std::vector<mesh::Triangle>& wall_triangles() const { return parts_.wall_triangles; }
  const FlowOptions& options() const { return options_; }
  const CycleRecord& record() const { return record_; }
  int cuts() const { return cuts_; }  ///< steps that were cut because they diverged

  /// Collective. Measures the recorded cycle; before the first step.
  void measure(InstrumentPlan plan);
  const Tracer* tracer() const { return tracer_.get(); }  ///< null where there is none
  const Instruments* instruments() const { return instruments_.get(); }

  /// Collective. Starts from exact values instead of the impulsive start: `state` with its history.
  void start_from(FluidState state);

 private:
  void build_preconditioner(int step);
  void start();
  void advance_in(int parts);
  int parts_by_courant() const;
  void observe(int parts);
  bool at_frame(int phase) const;
  void observe_flows(int parts, double energy, double time);
  void observe_fields();
  void keep_frame();
  int phase() const { return step_ - (options_.cycles - 1) * steps_per_cycle_; }

  FlowParts parts_;
  FlowOptions options_;
  int steps_per_cycle_ = 1;
  CycleRecord record_;
  std::unique_ptr<Tracer> tracer_;
  std::unique_ptr<Instruments> instruments_;  ///< null where nothing is measured besides

  // What changes from step to step, besides the scheme's state and the conditions'.
  int step_ = 0, preconditioner_step_ = 0, preconditioner_layout_ = 0, cuts_ = 0;
  double volume_ = 0, volume_old_ = 0;  ///< [mm^3], now and one (sub)step earlier
  double courant_ = 0;                  ///< of a whole time step

  // Of the last (sub)step, for observation only.
  StepReport last_;
  Vectors mesh_velocity_, wall_shear_;
  double volume_rate_ = 0;
};

}  // namespace cardiotwin::hemodynamics
