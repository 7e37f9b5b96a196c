#pragma once
/// Where the nodes of the blood are at any time: a pure function of time, so that a resumed run needs no history.

#include <algorithm>
#include <span>

#include "cardiotwin/fem/space.hpp"
#include "halo.hpp"

namespace cardiotwin::hemodynamics {

class Motion {
 public:
  virtual ~Motion() = default;
  /// Positions of local nodes at `time` [mm]. Local.
  virtual void positions(double time, std::span<Vec3> x) const = 0;
  /// False where the nodes never move.
  virtual bool moves() const { return true; }
};

class AtRest final : public Motion {
 public:
  explicit AtRest(const fem::Space& space) : space_(space) {}
  void positions(double, std::span<Vec3> x) const override { std::ranges::copy(space_.coordinates(), x.begin()); }
  bool moves() const override { return false; }

 private:
  const fem::Space& space_;
};

/// Derivative of the nodes' positions at `time` by the same differences as the flow's: `step` after the time before,
/// and that `previous` after the one before it [m/s]. Local.
Vectors node_velocity(const Motion& motion, const fem::Space& space, double time, double step, double previous);

}  // namespace cardiotwin::hemodynamics
