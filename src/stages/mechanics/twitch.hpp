#pragma once
/// Active tension along the fibre: a twitch timed by the local activation, and its dependence on length.
///
///   S_active = T f0 x f0,   T = T_peak f_t(t - t_act) f_l(lambda)
///   f_t(s) = tanh^2(s / tau_r) tanh^2((d - s) / tau_d)   for 0 < s < d, else 0, scaled to a maximum of 1
///   f_l = tanh^2(a6 (l - a7)) / tanh^2(a6 (l0 - a7)),  l = l0 lambda, 0 below a7
///
/// s time since activation, d duration, tau_r rise, tau_d decay [ms]; l sarcomere length, l0 at rest [um]; lambda
/// stretch. Source: Kerckhoffs, Bovendeerd, Kotte, Prinzen, Smits, Arts, Ann Biomed Eng 31 (2003) 536-547, without its
/// series elastic element and with a duration that does not depend on length.

#include <algorithm>
#include <cmath>

#include "pack.hpp"

namespace cardiotwin::mechanics {

struct Twitch {
  double peak = 170;                  ///< T at rest length [kPa]
  double rise = 140, decay = 75;      ///< [ms]
  double duration = 460, delay = 15;  ///< [ms]; delay from activation to the first tension
  bool length_dependence = true;
  double rest_length = 2.1;   ///< l0 [um]
  double a6 = 2.0, a7 = 1.5;  ///< [1/um], [um]

  /// f_t before scaling.
  double shape(double since) const {
    if (since <= 0 || since >= duration) return 0;
    return std::pow(std::tanh(since / rise) * std::tanh((duration - since) / decay), 2);
  }
  /// Time of the maximum of the shape, by bisection of its monotone parts.
  double top() const {
    double low = 0, high = duration;
    for (int i = 0; i < 100; ++i) {
      const double a = low + (high - low) / 3, b = high - (high - low) / 3;
      (shape(a) < shape(b) ? low : high) = shape(a) < shape(b) ? a : b;
    }
    return 0.5 * (low + high);
  }
};

/// T without the dependence on length, at a place that is activated at `activation` (negative: never) [kPa].
inline double tension(const Twitch& twitch, double scale, double time, double activation) {
  return activation < 0 ? 0 : twitch.peak * scale * twitch.shape(time - activation - twitch.delay);
}

/// T and its derivative by E11 at the fibre component C11 of the right Cauchy-Green tensor.
template <class T>
void active_stress(const Twitch& twitch, const T& amplitude, const T& c11, T& stress, T& stiffness) {
  if (!twitch.length_dependence) {
    stress = amplitude;
    stiffness = constant<T>(0);
    return;
  }
  const double at_rest = std::tanh(twitch.a6 * (twitch.rest_length - twitch.a7));
  const T stretch = square_root(c11);
  const T x = each(twitch.a6 * (twitch.rest_length * stretch - twitch.a7),
                   [](double v) { return std::tanh(std::max(v, 0.0)); });
  const T scaled = amplitude * (1 / (at_rest * at_rest));
  stress = scaled * x * x;
  stiffness = scaled * 2.0 * x * (1.0 - x * x) * (twitch.a6 * twitch.rest_length) / stretch;
}

}  // namespace cardiotwin::mechanics
