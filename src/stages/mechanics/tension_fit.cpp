#include "tension_fit.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::mechanics {
namespace {

/// A wall that hardly ejects tells nothing of its slope.
double bounded(double ejection_fraction) { return std::max(ejection_fraction, 0.01); }

}  // namespace

bool TensionFit::accepts(double ejection_fraction) const {
  constexpr double half_a_point = 0.005;
  return target_ == 0 || std::abs(ejection_fraction - target_) <= half_a_point;
}

void TensionFit::learn(double ejection_fraction) {
  if (target_ == 0) return;
  constexpr double least_slope = 0.2, largest_slope = 2;
  const double fraction = bounded(ejection_fraction);
  if (last_factor_ > 0 && std::abs(std::log(factor_ / last_factor_)) > 1e-3)
    slope_ =
        std::clamp(std::log(fraction / last_fraction_) / std::log(factor_ / last_factor_), least_slope, largest_slope);
  last_factor_ = factor_;
  last_fraction_ = fraction;
  follow(fraction);
}

void TensionFit::follow(double ejection_fraction) {
  if (target_ == 0) return;
  constexpr double largest_change = 2;
  factor_ *= std::clamp(std::pow(target_ / bounded(ejection_fraction), 1 / slope_), 1 / largest_change, largest_change);
}

void TensionFit::set_state(const std::vector<double>& state) {
  factor_ = state.at(0), slope_ = state.at(1), last_factor_ = state.at(2), last_fraction_ = state.at(3);
}

}  // namespace cardiotwin::mechanics
