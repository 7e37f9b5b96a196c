#pragma once
/// The mapping from clinical codes to what the twin needs, as data. Change a row, raise the version.

#include <array>
#include <string_view>

namespace cardiotwin::ingest {

inline constexpr std::string_view vital_signs_version = "1.0";

enum Vital : std::size_t {
  heart_rate,
  systolic_pressure,
  diastolic_pressure,
  ejection_fraction,
  body_height,
  body_weight
};

/// Limits are those of an adult at rest: what lies outside is an error of the record, not a finding.
struct VitalSign {
  std::string_view name, loinc, unit;
  double lowest, highest;     ///< [unit]
  double agreement;           ///< values of one moment that differ by more are in conflict [unit]
  double measured_deviation;  ///< standard deviation of one reading [unit]
  double fallback;            ///< taken where nothing is known; 0: no fallback
  double fallback_deviation;  ///< [unit]
};

// clang-format off
inline constexpr std::array<VitalSign, 6> vital_signs{{
    // name                loinc      unit    lowest highest agreement measured fallback its deviation
    {"heart rate",         "8867-4",  "1/min", 25,   220,    10,       3,       70,      15},
    {"systolic pressure",  "8480-6",  "mmHg",  60,   260,    10,       5,       120,     20},
    {"diastolic pressure", "8462-4",  "mmHg",  25,   160,    10,       5,       80,      12},
    {"ejection fraction",  "10230-1", "%",     5,    90,     5,        5,       0,       0},
    {"height",             "8302-2",  "cm",    40,   260,    3,        1,       0,       0},
    {"weight",             "29463-7", "kg",    1,    400,    3,        1,       0,       0},
}};

/// Panels whose components are looked at.
inline constexpr std::array<std::string_view, 2> blood_pressure_panels{"85354-9", "55284-4"};

struct UnitFactor { std::string_view written, unit; double factor; };
inline constexpr std::array<UnitFactor, 18> unit_factors{{
    {"/min", "1/min", 1}, {"{beats}/min", "1/min", 1}, {"beats/minute", "1/min", 1}, {"beats/min", "1/min", 1}, {"bpm", "1/min", 1},
    {"1/min", "1/min", 1}, {"{Beats}/min", "1/min", 1}, {"mm[Hg]", "mmHg", 1}, {"mmHg", "mmHg", 1}, {"mm Hg", "mmHg", 1},
    {"kPa", "mmHg", 7.500615613}, {"%", "%", 1}, {"cm", "cm", 1}, {"m", "cm", 100}, {"[in_i]", "cm", 2.54}, {"kg", "kg", 1},
    {"g", "kg", 0.001}, {"[lb_av]", "kg", 0.45359237},
}};
// clang-format on

/// Diastolic pressure is lower than systolic by at least this much [mmHg].
inline constexpr double smallest_pulse_pressure = 10;

}  // namespace cardiotwin::ingest
