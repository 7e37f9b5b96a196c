#pragma once
/// The blood of one ventricle over its beats: moving mesh, valves, flow solver and record, step by step.

#include <array>
#include <string>

#include "beat_record.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "mesh_motion.hpp"
#include "navier_stokes.hpp"
#include "surface_set.hpp"
#include "valves.hpp"

namespace cardiotwin::hemodynamics {

struct VentricleOptions {
  FluidOptions fluid;
  double time_step_ms = 1;
  int cycles = 1;
  int frames = 24;           ///< kept of the last cycle, besides the first
  double courant_limit = 4;  ///< above, a step is made of smaller ones
  double mesh_stiffening = 1;
  double smallest_quality = 0.02;
  double valve_hysteresis = 0.02;    ///< of the largest |dV/dt|
  double closure_ms = 10;            ///< the flow left in a closing orifice fades over this time
  int preconditioner_interval = 20;  ///< steps between multigrid hierarchies
};

/// Shape of the flow through the mitral orifice.
struct InflowProfile {
  Scalars weight;           ///< per local node: 1 in the middle, 0 at the rim and off the orifice
  std::int32_t middle = 0;  ///< the point farthest from the rim
};

class Ventricle : public stage::Steppable {
 public:
  /// Collective. `mesh`: blood only, with the surface tags of artifacts::Surface, normals outward; the same on every
  /// rank. `wall`: the endocardium's beat on its points.
  Ventricle(core::Comm comm, const mesh::TetMesh& mesh, const WallFrames& wall, const VentricleOptions& options);

  double time_ms() const override { return step_ * time_step_; }
  double end_ms() const override { return options_.cycles * motion_.period(); }
  bool finished() const override { return step_ >= options_.cycles * steps_per_cycle_; }
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override;

  const FluidState& fluid() const { return solver_.state; }
  const BeatRecord& record() const { return record_; }
  const MeshMotion& motion() const { return motion_; }
  const fem::Space& space() const { return space_; }
  Halo& halo() { return halo_; }
  const SurfaceSet& wall() const { return wall_; }
  double time_step() const { return time_step_; }        ///< a whole number of them makes a cycle [ms]
  double largest_rate() const { return largest_rate_; }  ///< of |dV/dt| over the cycle [mm^3/ms]
  int cuts() const { return cuts_; }                     ///< steps that were cut because they diverged

 private:
  std::vector<double> volumes_over_cycle() const;
  Vectors mesh_velocity(double time, double step, double previous) const;
  Boundary conditions(Orifice open) const;
  Boundary boundary_at(double time, std::span<const Vec3> x, const Vectors& mesh_velocity) const;
  void set_inflow(std::span<const Vec3> x, double inflow, Vectors& velocity) const;
  void set_valves(double time);
  void build_preconditioner(int step);
  void start();
  void advance_in(int parts);
  int parts_by_courant() const;
  void observe(int parts);
  void keep_frame();

  VentricleOptions options_;
  fem::Space space_;
  SurfaceSet wall_, lid_, annulus_;                   ///< the whole lid, and its part that is always closed
  std::array<SurfaceSet, 2> orifice_;                 ///< by Orifice
  std::array<std::vector<std::int32_t>, 2> no_slip_;  ///< local triangles of walls, by the open Orifice
  InflowProfile inflow_profile_;
  std::array<Boundary, 2> conditions_;  ///< by the open Orifice
  NavierStokes solver_;
  Halo& halo_;
  MeshMotion motion_;
  std::vector<double> volumes_;  ///< of the cavity at every step of a cycle [mm^3]
  int steps_per_cycle_ = 1;
  double time_step_ = 1, largest_rate_ = 0;
  ValveSchedule valves_;
  BeatRecord record_;

  // What changes from step to step, besides solver_.state.
  int step_ = 0, preconditioner_step_ = 0, cuts_ = 0;
  Orifice open_ = Orifice::mitral, preconditioner_open_ = Orifice::mitral;
  Vectors closing_;                     ///< u - w in the closed orifice when it closed [m/s]
  double closed_at_ = -1e9;             ///< [ms]
  double volume_ = 0, volume_old_ = 0;  ///< [mm^3], now and one (sub)step earlier
  double courant_ = 0;                  ///< of a whole time step

  // Of the last (sub)step, for observation only.
  StepReport last_;
  Vectors mesh_velocity_;
  double volume_rate_ = 0;
};

}  // namespace cardiotwin::hemodynamics
