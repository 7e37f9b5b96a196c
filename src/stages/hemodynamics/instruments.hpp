#pragma once
/// What is measured in a flow besides its fields: velocity across cuts, pressure between points, forces on surfaces.
/// Averages over the recorded cycle; forces and pressure differences also as traces.

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

struct InstrumentPlan {
  std::vector<Cut> cuts;
  std::vector<PressureDifference> differences;
  std::vector<ForceMeasure> forces;
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
  Instruments(const FlowMesh& mesh, InstrumentPlan plan);

  /// Collective; after a step, over which the values stand.
  void read(Scheme& scheme, double step);
  void forget();

  const InstrumentPlan& plan() const { return plan_; }
  /// Means over what was read: [m/s] by radius (those outside the flow are 0), [kPa].
  std::vector<double> cut_profile(std::size_t cut) const;
  double mean_difference(std::size_t i) const { return sums_[difference_at(i)] / duration_; }
  /// Of each step read.
  const std::vector<std::vector<double>>& drag() const { return drag_; }
  const std::vector<std::vector<double>>& lift() const { return lift_; }
  const std::vector<std::vector<double>>& difference() const { return difference_; }

  void save(stage::State& state) const;
  void load(const stage::State& state);

 private:
  std::size_t difference_at(std::size_t i) const { return plan_.cuts.size() * radii + i; }
  InstrumentPlan plan_;
  std::vector<Site> sites_;  ///< cuts (radii x angles each), then two a difference
  std::vector<int> inside_;  ///< per cut and radius: angles that lie in the flow
  std::vector<double> sums_;
  double duration_ = 0;
  std::vector<std::vector<double>> drag_, lift_, difference_;
};

}  // namespace cardiotwin::hemodynamics
