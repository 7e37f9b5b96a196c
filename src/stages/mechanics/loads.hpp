#pragma once
/// Pressure, volume or tension given as curves over time: benchmarks and measurements.

#include "cardiotwin/circulation/curve.hpp"
#include "cardiotwin/config/config.hpp"

namespace cardiotwin::mechanics {

config::Spec load_parameters();

/// One of the given curves, `key` "pressure_kPa", "volume_ml" or "tension_kPa", its values times `factor`: the list of
/// that name over times_ms where it is given, else the column of loads_file. Throws core::Error (configuration) where
/// neither is there, lengths differ, or the file is not as it should be.
circulation::Curve given_curve(const config::Section& config, const std::string& key, double factor = 1);

/// Where the given curves end: with the file, without one with times_ms. Throws core::Error (configuration) without
/// either.
double loads_end_ms(const config::Section& config);

}  // namespace cardiotwin::mechanics
