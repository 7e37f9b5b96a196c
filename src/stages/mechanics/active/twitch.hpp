#pragma once
/// A twitch timed by the local activation; its dependence on length is ActiveLaw's.
///
///   amplitude = T_peak f_t(t - t_act - delay),   f_t(s) = tanh^2(s / tau_r) tanh^2((d - s) / tau_d)   for 0 < s < d
///
/// f_t is scaled to a maximum of 1; s time since activation and delay, d duration, tau_r rise, tau_d decay [ms].
/// Source: Kerckhoffs, Bovendeerd, Kotte, Prinzen, Smits, Arts, Ann Biomed Eng 31 (2003) 536-547, without its series
/// elastic element and with a duration that does not depend on length.

#include <cmath>

#include "tension_model.hpp"

namespace cardiotwin::mechanics {

struct Twitch {
  double peak = 170;                  ///< T at rest length [kPa]
  double rise = 140, decay = 75;      ///< [ms]
  double duration = 460, delay = 15;  ///< [ms]; delay from activation to the first tension

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
  /// T at rest length [kPa] at a place that is activated at `activation` (negative: never); `scale` is 1/shape(top()).
  double tension(double scale, double time, double activation) const {
    return activation < 0 ? 0 : peak * scale * shape(time - activation - delay);
  }
};

class TwitchModel : public TensionModel {
 public:
  TwitchModel(const Twitch& twitch, TensionSites sites)
      : twitch_(twitch), scale_(1 / twitch.shape(twitch.top())), sites_(std::move(sites)) {}
  void propose(double time, double /*step*/, TensionField& field) override {
    for (std::size_t k = 0; k < field.amplitude.size(); ++k)
      field.amplitude[k] = time < 0 ? 0 : sites_.factor[k] * twitch_.tension(scale_, time, sites_.activation[k]);
  }

 private:
  Twitch twitch_;
  double scale_;
  TensionSites sites_;
};

}  // namespace cardiotwin::mechanics
