#pragma once
/// What is measured in a flow besides its fields: velocity across cuts, pressure between points, forces on surfaces,
/// wall shear stress on bands. Averages over the recorded cycle; all but the cuts also as traces.

#include <string>
#include <vector>

#include "cardiotwin/stage/time_loop.hpp"
#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

/// Velocity along circles about an axis through `centre`: its component along the axis, averaged over each circle.
struct Cut {
  std::string name;
  Vec3 centre{}, axis{};
  double radius = 0;  ///< of the largest circle [mm]; 0: the centre alone
};
struct PressureDifference {
  std::string name;
  Vec3 from{}, to{};  ///< p(from) - p(to)
};
/// Force of the blood on a surface over dynamic pressure and area: F / (rho U^2 A / 2), along two directions.
struct ForceMeasure {
  SurfaceSet surface;
  Vec3 drag{}, lift{};
  double reference = 1;  ///< rho U^2 A / 2 [mN]
};

/// Wall shear stress on the part of the wall within `width`/2 of the plane through `centre` across `axis`.
struct WallBand {
  std::string name;
  Vec3 centre{}, axis{};
  double width = 1;  ///< [mm]
};

struct InstrumentPlan {
  std::vector<Cut> cuts = {};
  std::vector<PressureDifference> differences = {};
  std::vector<ForceMeasure> forces = {};
  std::vector<WallBand> bands = {};
};

/// A place in the mesh at rest: interpolation from four local nodes of the one rank that has it.
struct Site {
  bool here = false;
  std::array<std::int32_t, 4> nodes{};
  std::array<double, 4> weights{};
};

class Instruments {
 public:
  static constexpr int radii = 41, angles = 8;

  /// Collective; the mesh at rest. Throws core::Error (configuration) where the middle of a cut or a point lies
  /// outside.
  Instruments(FlowMesh& mesh, const SurfaceSet& wall, InstrumentPlan plan);

  /// Collective; after a step, over which the values stand.
  void read(Scheme& scheme, const Vectors& wall_shear, double step);
  void forget();

  const InstrumentPlan& plan() const { return plan_; }
  /// Mean over what was read [m/s], by radius; those outside the flow are 0.
  std::vector<double> cut_profile(std::size_t cut) const;
  /// Of each step read.
  const std::vector<std::vector<double>>& drag() const { return drag_; }
  const std::vector<std::vector<double>>& lift() const { return lift_; }
  const std::vector<std::vector<double>>& difference() const { return difference_; }
  const std::vector<std::vector<double>>& shear() const { return shear_; }  ///< a band's mean along its axis [Pa]
  /// Mean of a nodal field over a band by area. Collective.
  double band_mean(std::size_t band, const core::Comm& comm, const Scalars& field) const;

  void save(stage::State& state) const;
  void load(const stage::State& state);

 private:
  std::size_t difference_at(std::size_t i) const { return plan_.cuts.size() * radii + i; }
  InstrumentPlan plan_;
  std::vector<Site> sites_;  ///< cuts (radii x angles each), then two a difference
  std::vector<int> inside_;  ///< per cut and radius: angles that lie in the flow
  std::vector<double> sums_;
  double duration_ = 0;
  std::vector<std::vector<std::pair<std::int32_t, double>>> band_nodes_;  ///< owned nodes and their area
  std::vector<std::vector<double>> drag_, lift_, difference_, shear_;
};

}  // namespace cardiotwin::hemodynamics
