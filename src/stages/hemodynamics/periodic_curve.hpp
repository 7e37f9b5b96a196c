#pragma once
/// A periodic cubic spline through frames of many values at once: twice continuously differentiable, so that walls have
/// a continuous acceleration and blood a continuous pressure. Knots need not be even.
/// Source: de Boor, A Practical Guide to Splines, chapter IV.

#include <span>
#include <vector>

namespace cardiotwin::hemodynamics {

class PeriodicCurve {
 public:
  PeriodicCurve() = default;
  /// `times` ascending from 0 to the period; `frames` one fewer, the last being the first again. All of one size.
  PeriodicCurve(std::vector<double> times, std::vector<std::vector<double>> frames);
  double period() const { return times_.back(); }
  /// Values at any time, before 0 and after the period too.
  void evaluate(double time, std::span<double> values) const;

 private:
  std::vector<double> times_;
  std::vector<std::vector<double>> frames_, slopes_;
};

}  // namespace cardiotwin::hemodynamics
