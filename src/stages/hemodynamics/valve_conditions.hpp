#pragma once
/// Surroundings of the blood in one ventricle: walls that push it, and two orifices of which one is open.
///
/// The open aortic orifice lets the flow find its own profile, without traction; through the mitral one a profile is
/// prescribed (see inflow_profile), so that only the level of the pressure is free, and is zero at the orifice's
/// middle. Through the open one goes what the rest of the boundary sweeps. In the closed one, what was left of the flow
/// when it closed fades away.

#include <array>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "conditions.hpp"
#include "valves.hpp"

namespace cardiotwin::hemodynamics {

struct ValveOptions {
  double hysteresis = 0.02;  ///< of the largest |dV/dt|
  double closure_ms = 10;    ///< the flow left in a closing orifice fades over this time
};

/// Surfaces of the blood, by the tags of artifacts::Surface.
struct VentricleSurfaces {
  SurfaceSet wall, lid, annulus;      ///< the whole lid, and its part that is always closed
  std::array<SurfaceSet, 2> orifice;  ///< by Orifice
};
/// Collective. Throws core::Error (input) where there is no endocardium or no orifice.
VentricleSurfaces ventricle_surfaces(const fem::Space& space, const mesh::TetMesh& mesh);

/// Shape of the flow through the mitral orifice.
struct InflowProfile {
  Scalars weight;           ///< per local node: 1 in the middle, 0 at the rim and off the orifice
  std::int32_t middle = 0;  ///< the point farthest from the rim
};

class ValveConditions final : public Conditions {
 public:
  /// Collective. `motion` is periodic with `period_ms`, which is a whole number of `step_ms`. Throws core::Error
  /// (input) where the surface is not closed or the volume does not change.
  ValveConditions(Halo& halo, const mesh::TetMesh& mesh, VentricleSurfaces surfaces, const Motion& motion,
                  double period_ms, double step_ms, const ValveOptions& options);

  const std::vector<Passage>& passages() const override { return passages_; }
  std::vector<std::int32_t> no_slip() const override { return no_slip_[static_cast<int>(open_)]; }
  const Boundary& layout() const override { return layouts_[static_cast<int>(open_)]; }
  int layout_number() const override { return static_cast<int>(open_); }
  void set_layout_number(int number) override { open_ = static_cast<Orifice>(number); }
  void prepare(double time, double step, FluidState& state) override;
  Boundary at(double time, double step, std::span<const Vec3> x, const Vectors& mesh_velocity) override;
  std::string status() const override;
  void save(stage::State& state) override;
  void load(const stage::State& state) override;

 private:
  std::vector<double> volumes_over_cycle(double period_ms, double step_ms) const;
  Boundary layout_of(Orifice open) const;
  void set_inflow(std::span<const Vec3> x, double inflow, Vectors& velocity) const;

  Halo& halo_;
  const fem::Space& space_;
  const Motion& motion_;
  ValveOptions options_;
  VentricleSurfaces surfaces_;
  std::vector<Passage> passages_;
  std::array<std::vector<std::int32_t>, 2> no_slip_;  ///< local triangles of walls, by the open Orifice
  InflowProfile inflow_profile_;
  std::array<Boundary, 2> layouts_;  ///< by the open Orifice
  ValveSchedule valves_;

  // What changes.
  bool started_ = false;
  Orifice open_ = Orifice::mitral;
  Vectors closing_;          ///< u - w in the closed orifice when it closed [m/s]
  double closed_at_ = -1e9;  ///< [ms]
};

}  // namespace cardiotwin::hemodynamics
