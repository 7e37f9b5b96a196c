#pragma once
/// Which orifice is open when. The wall's motion is known for the whole beat, so the valves are too: the mitral orifice
/// is open while the cavity grows, the aortic one while it shrinks, and through isovolumic phases the last one stays
/// open, so that the pressure always has a level and the little volume change that is left has a way out.

#include <cstdint>
#include <span>
#include <vector>

namespace cardiotwin::hemodynamics {

enum class Orifice : std::uint8_t { mitral = 0, aortic = 1 };

class ValveSchedule {
 public:
  ValveSchedule() = default;
  /// `rate` is dV/dt at equal intervals over one period [mm^3/ms]. A change of side counts once it exceeds `hysteresis`
  /// times the largest rate.
  ValveSchedule(std::span<const double> rate, double period, double hysteresis);
  Orifice open(double time) const;

 private:
  std::vector<Orifice> open_;
  double period_ = 1;
};

}  // namespace cardiotwin::hemodynamics
