#pragma once
/// The monodomain equation on P1 tetrahedra.
///
///   chi (C_m dV/dt + C_m I_ion(V, s)) = div(sigma grad V) + I_stim     in the wall,   n . sigma grad V = 0 on its
///   surface ds/dt = F(V, s)                                                    at every node
///
/// V potential [mV], s state of the ionic model, I_ion ionic current per capacitance [mV/ms], I_stim current per volume
/// [uA/mm^3], sigma = sigma_t I + (sigma_l - sigma_t) f f^T conductivity [mS/mm = S/m] with fibre f, chi surface of
/// membrane per volume [1/mm], C_m capacitance per surface of membrane [uF/mm^2].
///
/// One step from t^n to t^n + dt, D = sigma / (chi C_m) [mm^2/ms]:
///   1. gates by Rush-Larsen at V^n, then I_ion from the new gates and V^n, then concentrations (ionic_model.hpp);
///   2. (M_a + dt K) V^(n+1) = M_a V^n - dt F + dt M I_stim / (chi C_m)   (diffusion.hpp),
/// with M_a = (1 - a) M + a L, consistent mass M, lumped mass L, a = 1/2, stiffness K of D. F is the load of the ionic
/// current: M I_ion, but at the front the state is interpolated instead of the current (front.hpp), which keeps the
/// speed of the front right on coarse meshes.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/fem/space.hpp"
#include "cardiotwin/stage/time_loop.hpp"
#include "diffusion.hpp"
#include "front.hpp"
#include "ionic_nodes.hpp"
#include "stimulus.hpp"

namespace cardiotwin::electrophysiology {

/// sigma along and across the fibre [S/m]. Defaults here and below are those of Niederer et al. 2011 (doi
/// 10.1098/rsta.2011.0139).
struct Conductivity {
  double along = 0.133418, across = 0.0176062;
};

/// What the equation is solved on. Whole on every rank.
struct Tissue {
  const mesh::TetMesh& mesh;
  std::vector<Vec3> fibres;                ///< one a point
  std::vector<Conductivity> conductivity;  ///< one a cell
  const IonicModel& model;
  std::vector<CellKind> kinds;
  std::vector<std::int32_t> kind_of;  ///< index into kinds, one a point
};
/// The same everywhere: fibres along `fibre`, one variant of one model.
Tissue uniform_tissue(const mesh::TetMesh& mesh, const Vec3& fibre, const Conductivity& conductivity,
                      const IonicModel& model, std::string_view variant);

struct Options {
  double time_step_ms = 0.05, end_time_ms = 600;
  double surface_to_volume = 140;  ///< chi [1/mm]
  double capacitance = 0.01;       ///< C_m [uF/mm^2]
  double activation_threshold_mV = 0;
  double lumped_fraction = 0.5;            ///< a
  double interpolation_threshold_mV = 20;  ///< spread of V in a cell above which its current is interpolated by state
  double solver_tolerance_mV = 1e-2;       ///< root mean square of the Jacobi-scaled residual
  bool stop_when_activated = true;
  double run_on_ms = 0;  ///< after the last activation, before it stops
};

class Monodomain : public stage::Steppable {
 public:
  /// Collective. `timers` takes the split of the wall time.
  Monodomain(core::Comm comm, const Tissue& tissue, std::vector<Stimulus> stimuli, const Options& options,
             core::Timers* timers = nullptr);

  double time_ms() const override { return static_cast<double>(step_) * options_.time_step_ms; }
  double end_ms() const override { return options_.end_time_ms; }
  bool finished() const override;
  double done() const override;
  void advance() override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;
  std::string status() const override;

  /// First upward crossing of the activation threshold [ms] since t = 0, in mesh numbering; -1 where there was none. On
  /// rank 0, empty elsewhere. Collective.
  std::vector<double> activation_times() const;
  /// Likewise when a node has first come back, from its peak, 90 % of the way to where it started: APD90 after the
  /// activation.
  std::vector<double> repolarisation_times() const;
  std::vector<double> potential() const;  ///< likewise [mV]
  /// V at local nodes, ghosts up to date [mV]. Local.
  void with_potential(const std::function<void(std::span<const double>)>& use) const;
  /// Sets V at every point, without history; for verification.
  void set_potential(std::span<const double> values);

  const fem::Space& space() const { return space_; }
  std::int64_t steps() const { return step_; }
  double mean_iterations() const { return step_ > 0 ? static_cast<double>(iterations_) / step_ : 0; }
  double node_steps_per_second() const;  ///< of this rank, over the steps of this run

 protected:
  /// The ionic current I_ion at every local node, gates and concentrations advanced; a test of diffusion alone
  /// overrides it.
  virtual void react(std::span<const double> potential, std::span<double> current);

 private:
  void add_stimuli(std::span<double> current) const;
  void record(double t_ms);
  void look_around();
  std::vector<double> gather(const std::vector<double>& local) const;

  core::Comm comm_;
  Options options_;
  fem::Space space_;
  Diffusion diffusion_;
  IonicNodes ionic_;
  Front front_;
  std::vector<Stimulus> stimuli_;  ///< points are local nodes here
  double last_stimulus_ms_ = 0;
  fem::Vector v_, v_old_, v_older_, work_;
  std::vector<double> current_, correction_;         ///< of local nodes [mV/ms], [mV mm^3/ms]
  std::vector<double> activation_, repolarisation_;  ///< of owned nodes [ms]
  std::vector<double> rest_mV_, peak_mV_;            ///< of owned nodes: at the start, and the highest since
  std::int64_t step_ = 0;
  std::int64_t unactivated_ = 0;   ///< over all ranks, at the last look
  double last_activation_ms_ = 0;  ///< over all ranks, at the last look
  bool quiet_ = false;             ///< nothing is depolarised and no stimulus is to come
  double highest_mV_ = 0;
  std::int64_t iterations_ = 0, steps_here_ = 0;
  double stepping_s_ = 0;
  core::Timers own_timers_;
  core::Timers& timers_;
};

}  // namespace cardiotwin::electrophysiology
