#pragma once
/// Figures of a beat from its traces: pure functions.

#include <optional>
#include <span>

#include "cycle_record.hpp"

namespace cardiotwin::hemodynamics {

/// Early (E) and atrial (A) peaks of the filling.
struct FillingPeaks {
  double early_ms = 0, early_flow = 0;    ///< [ml/s]
  double atrial_ms = 0, atrial_flow = 0;  ///< [ml/s]
};
/// The two largest peaks of a filling flow that is a periodic trace; nothing where there is only one, or where the flow
/// between them does not fall below `dip` times the smaller. E is the one that comes first after the longest pause.
std::optional<FillingPeaks> filling_peaks(std::span<const double> times_ms, std::span<const double> flow,
                                          double dip = 0.8);

double largest(std::span<const double> values);
double largest_magnitude(std::span<const double> values);
/// Integral of the positive part over time by the trapezoidal rule on a periodic trace with equal steps [ml].
double positive_volume(std::span<const double> times_ms, std::span<const double> flow_ml_per_s);

}  // namespace cardiotwin::hemodynamics
