#include "cardiotwin/circulation/windkessel.hpp"

#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/log.hpp"

namespace cardiotwin::circulation {

AffinePressure after_step(const Windkessel& arteries, double compliance_pressure, double step_ms) {
  const double decay = std::exp(-step_ms / (arteries.peripheral * arteries.compliance));
  return {arteries.venous_pressure + (compliance_pressure - arteries.venous_pressure) * decay,
          arteries.peripheral * (1 - decay)};
}

Windkessel calibrate(const ArterialTarget& target) {
  if (!(target.systolic_kPa > target.diastolic_kPa && target.diastolic_kPa > target.venous_kPa))
    core::fail_input({.where = "arterial Windkessel",
                      .expected = "systolic > diastolic > venous pressure",
                      .found = fmt::format("{:.2f}, {:.2f} and {:.2f} kPa", target.systolic_kPa, target.diastolic_kPa,
                                           target.venous_kPa),
                      .remedy = "correct the blood pressure of the clinical values or the venous pressure"});
  if (!(target.stroke_volume_mm3 > 0 && target.cycle_ms > 0))
    core::fail_input({.where = "arterial Windkessel",
                      .expected = "a positive stroke volume and cycle length",
                      .found = fmt::format("{:.1f} mm^3 and {:.1f} ms", target.stroke_volume_mm3, target.cycle_ms),
                      .remedy = "check heart rate and end-diastolic volume"});
  constexpr double characteristic_share = 0.06, notch = 0.9, diastole = 2.0 / 3;
  const double mean = target.diastolic_kPa + (target.systolic_kPa - target.diastolic_kPa) / 3;
  const double total = (mean - target.venous_kPa) * target.cycle_ms / target.stroke_volume_mm3;
  Windkessel arteries;
  arteries.characteristic = characteristic_share * total;
  arteries.peripheral = total - arteries.characteristic;
  arteries.venous_pressure = target.venous_kPa;
  // A narrow pulse would put the notch below diastolic: then the mean pressure starts the decay.
  const double start = std::fmax(notch * target.systolic_kPa, mean) - target.venous_kPa;
  const double time_constant =
      diastole * target.cycle_ms / std::log(start / (target.diastolic_kPa - target.venous_kPa));
  arteries.compliance = time_constant / arteries.peripheral;
  return arteries;
}

}  // namespace cardiotwin::circulation
