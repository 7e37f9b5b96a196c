#pragma once
/// Surroundings of the blood in a vessel, or in any domain whose surfaces have names: walls, surfaces with a given
/// velocity, and openings onto a pressure, a resistance or a Windkessel.

#include "cardiotwin/circulation/windkessel.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "conditions.hpp"
#include "velocity_profile.hpp"

namespace cardiotwin::hemodynamics {

/// What holds on one named surface; surfaces without a condition are walls.
struct SurfaceCondition {
  enum class Kind { velocity, pressure, windkessel };
  std::string surface;
  Kind kind = Kind::velocity;
  Profile profile = Profile::parabolic;     ///< of a velocity
  bool is_speed = false;                    ///< the profile is scaled to a speed instead of a flow
  Waveform waveform = {};                   ///< flow into the domain [mm^3/ms], speed [m/s], or pressure [kPa]
  double resistance = 0;                    ///< before the pressure [kPa ms/mm^3]
  circulation::Windkessel windkessel = {};  ///< checked by the caller
  double start_pressure = 0;                ///< over the Windkessel's compliance [kPa]
};

/// A mesh with the names of its surfaces: tag i is names[i].
struct NamedMesh {
  mesh::TetMesh mesh;
  std::vector<std::string> names;
  /// Throws core::Error (configuration) naming `key` where there is no such surface.
  std::int32_t tag(const std::string& name, const std::string& key) const;
};

class VesselConditions final : public Conditions {
 public:
  /// Collective. Throws core::Error (input, configuration) where a surface is not there, has two conditions, or where
  /// nothing lets blood in or out.
  VesselConditions(Halo& halo, const NamedMesh& mesh, const std::vector<SurfaceCondition>& conditions,
                   const FluidOptions& fluid, double ramp_ms, double flow_scale);

  const std::vector<Passage>& passages() const override { return passages_; }
  std::vector<std::int32_t> no_slip() const override { return walls_.triangles; }
  const Boundary& layout() const override { return layout_; }
  Boundary at(double time, double step, std::span<const Vec3> x, const Vectors& mesh_velocity) override;
  void accept(double step, std::span<const double> outflow) override;
  std::vector<double> memory() const override;
  void set_memory(std::span<const double> memory) override;

  const SurfaceSet& walls() const { return walls_; }
  const std::vector<std::int32_t>& wall_tags() const { return wall_tags_; }

 private:
  struct Outlet {
    SurfaceCondition condition;
    double stored = 0;  ///< pressure over the Windkessel's compliance [kPa]
  };
  std::vector<std::int32_t> wall_tags_;
  SurfaceSet walls_;
  std::vector<Passage> passages_;
  std::vector<VelocityProfile> inlets_;
  std::vector<Outlet> outlets_;  ///< in the order of the layout's openings
  Boundary layout_;
  double ramp_ms_;     ///< given velocities rise from nothing over this time
  double flow_scale_;  ///< and to so many times what is given
};

}  // namespace cardiotwin::hemodynamics
