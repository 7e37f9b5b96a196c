#pragma once
/// A function of time through given points, linear or cubic between them.
///
/// The cubic keeps monotone data monotone: slopes at the points are the harmonic mean of the neighbouring secants, zero
/// where these differ in sign (Fritsch, Butland, SIAM J Sci Stat Comput 5 (1984) 300-304). Outside its points the curve
/// is constant, or it repeats with a period.

#include <string>
#include <vector>

namespace cardiotwin::circulation {

enum class Interpolation { linear, monotone_cubic };

class Curve {
 public:
  /// `period_ms` 0: does not repeat. Throws core::Error (configuration) naming `key`: fewer than two points, values
  /// that are not finite, times that do not increase or span more than the period.
  Curve(std::vector<double> times_ms, std::vector<double> values, Interpolation interpolation, double period_ms,
        const std::string& key);
  double at(double time_ms) const;

 private:
  std::vector<double> times_, values_, slopes_;
  Interpolation interpolation_;
  double period_;
};

}  // namespace cardiotwin::circulation
