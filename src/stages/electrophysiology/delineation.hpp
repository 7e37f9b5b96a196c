#pragma once
/// QRS and QT from the leads of an electrocardiogram.
///
/// With l_i the leads against their first sample (rest), s = root mean square of l_i over the leads, v = that of
/// dl_i/dt:
///   QRS  the first run of v above 5 per cent of its largest value, pauses of less than 10 ms included;
///   QT   from the begin of QRS to the end of T, where the tangent to s at its steepest descent after the peak of T
///        meets rest (Lepeschkin and Surawicz 1952, doi 10.1161/01.CIR.6.3.378).
/// All leads at once, because the earliest begin and the latest end in any lead count.

#include <optional>
#include <span>
#include <vector>

namespace cardiotwin::electrophysiology {

struct Intervals {
  std::optional<double> qrs_begin_ms;
  std::optional<double> qrs_end_ms;  ///< absent when the record stops within it or less than 10 ms after
  std::optional<double> t_end_ms;    ///< absent when the record stops before the end of T, or has no T

  std::optional<double> qrs_duration_ms() const {
    return qrs_end_ms ? std::optional(*qrs_end_ms - *qrs_begin_ms) : std::nullopt;
  }
  std::optional<double> qt_ms() const { return t_end_ms ? std::optional(*t_end_ms - *qrs_begin_ms) : std::nullopt; }
};

/// Of the first beat. Times ascend; every lead has one value a time. The record begins at rest.
Intervals qrs_and_qt(std::span<const double> times_ms, std::span<const std::vector<double>> leads_mV);

}  // namespace cardiotwin::electrophysiology
