#include "cardiotwin/circulation/elastance.hpp"

#include <cmath>
#include <numbers>

#include "ranges.hpp"

namespace cardiotwin::circulation {

double elastance(const Chamber& chamber, double period_ms, double time_ms) {
  double a = time_ms / period_ms - chamber.start;
  a -= std::floor(a);
  double e = 0;
  if (a < chamber.contraction)
    e = 0.5 * (1 - std::cos(std::numbers::pi * a / chamber.contraction));
  else if (a < chamber.contraction + chamber.relaxation)
    e = 0.5 * (1 + std::cos(std::numbers::pi * (a - chamber.contraction) / chamber.relaxation));
  return chamber.passive + chamber.active * e;
}

void check(const Chamber& chamber, const std::string& key) {
  require_positive(chamber.passive, key + ".passive", "kPa/mm^3");
  require_not_negative(chamber.active, key + ".active", "kPa/mm^3");
  require_not_negative(chamber.unloaded_volume, key + ".unloaded_volume", "mm^3");
  require_positive(chamber.contraction, key + ".contraction", "of the period");
  require_positive(chamber.relaxation, key + ".relaxation", "of the period");
  require(std::isfinite(chamber.start), key + ".start", "a part of the period", chamber.start);
  require(chamber.contraction + chamber.relaxation <= 1, key + ".relaxation", "contraction and relaxation of at most 1",
          chamber.contraction + chamber.relaxation);
}

}  // namespace cardiotwin::circulation
