#include "vitals.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "cardiotwin/core/units.hpp"
#include "dates.hpp"

namespace cardiotwin::ingest {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

struct Chosen {
  artifacts::ClinicalValue value;
  double time_s = 0;
};

/// The latest reading; several of one moment are averaged and their disagreement is said.
std::optional<Chosen> latest(const Record& record, Vital vital, std::vector<std::string>& warnings) {
  const auto& sign = vital_signs[vital];
  std::vector<Reading> readings;
  double newest = -1e300;
  for (const auto& r : record.readings)
    if (r.vital == vital) newest = std::max(newest, r.time_s);
  for (const auto& r : record.readings)
    if (r.vital == vital && r.time_s == newest) readings.push_back(r);
  if (readings.empty()) return std::nullopt;
  double sum = 0, low = readings[0].value, high = low;
  std::string sources;
  for (const auto& r : readings) {
    sum += r.value, low = std::min(low, r.value), high = std::max(high, r.value);
    sources += (sources.empty() ? "" : ", ") + r.source;
  }
  const double mean = sum / static_cast<double>(readings.size());
  if (high - low > sign.agreement)
    warnings.push_back(std::string(sign.name) + ": " + std::to_string(readings.size()) + " readings of " +
                       readings[0].time + " conflict, " + number(low) + " to " + number(high) + " " +
                       std::string(sign.unit) + "; their mean " + number(mean) + " is used");
  return Chosen{{.value = mean,
                 .unit = std::string(sign.unit),
                 .time = readings[0].time,
                 .source = sources,
                 .uncertainty = std::hypot(sign.measured_deviation, 0.5 * (high - low))},
                newest};
}

class Resolver {
 public:
  explicit Resolver(const VitalsInput& input) : in_(input), image_s_(seconds_of(input.image_date)) {
    if (in_.record) out.values.warnings = in_.record->quarantined;
  }

  artifacts::ClinicalValue resolve(Vital vital) {
    const auto& sign = vital_signs[vital];
    const std::string name(sign.name), unit(sign.unit);
    if (vital < in_.given.size() && in_.given[vital] > 0)
      return {.value = in_.given[vital],
              .unit = unit,
              .time = "",
              .source = "case file",
              .uncertainty = sign.measured_deviation};
    std::optional<Chosen> reading;
    if (in_.record) reading = latest(*in_.record, vital, out.values.warnings);
    if (reading) reading = near_imaging(vital, *reading);
    if (reading) return reading->value;
    if (vital == heart_rate && in_.image_cycle_ms > 0)
      return {.value = 60 * core::ms_per_s / in_.image_cycle_ms,
              .unit = unit,
              .time = in_.image_date,
              .source = "RR interval of the study",
              .uncertainty = sign.measured_deviation};
    if (sign.fallback <= 0) return {};
    out.assumptions.push_back(name + " is not known: " + number(sign.fallback) + " " + unit +
                              " is assumed, with a standard deviation of " + number(sign.fallback_deviation));
    return {
        .value = sign.fallback, .unit = unit, .time = "", .source = "default", .uncertainty = sign.fallback_deviation};
  }

  Vitals out;

 private:
  std::optional<Chosen> near_imaging(Vital vital, Chosen reading) {
    if (!image_s_) return reading;
    const double days = std::abs(reading.time_s - *image_s_) / seconds_per_day;
    if (days <= in_.skew_limit_days) return reading;
    const std::string name(vital_signs[vital].name);
    const bool yields = vital == heart_rate && in_.image_cycle_ms > 0;
    out.values.warnings.push_back(name + " of " + reading.value.time + " lies " + number(std::floor(days)) +
                                  " days from the imaging" +
                                  (yields ? "; the study's own heart rate is used" : "; its uncertainty is doubled"));
    if (yields) return std::nullopt;
    reading.value.uncertainty *= 2;
    return reading;
  }

  const VitalsInput& in_;
  std::optional<double> image_s_;
};

}  // namespace

Vitals resolve_vitals(const VitalsInput& input) {
  Resolver resolver(input);
  auto& values = resolver.out.values;
  values.heart_rate = resolver.resolve(heart_rate);
  values.systolic_pressure = resolver.resolve(systolic_pressure);
  values.diastolic_pressure = resolver.resolve(diastolic_pressure);
  for (const Vital vital : {ejection_fraction, body_height, body_weight})
    resolver.out.reported[vital] = resolver.resolve(vital).value;
  if (values.systolic_pressure.value - values.diastolic_pressure.value < smallest_pulse_pressure) {
    // Reached only when the two come from different sources.
    auto& low = values.diastolic_pressure;
    values.warnings.push_back("diastolic " + number(low.value) + " (" + low.source + ") does not fit systolic " +
                              number(values.systolic_pressure.value) + " mmHg (" + values.systolic_pressure.source +
                              "); two thirds of systolic are used");
    low.value = 2.0 / 3.0 * values.systolic_pressure.value;
    low.source = "default", low.time.clear();
    low.uncertainty = vital_signs[diastolic_pressure].fallback_deviation;
  }
  return resolver.out;
}

}  // namespace cardiotwin::ingest
