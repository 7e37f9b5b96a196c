#pragma once
/// Free calcium of the cytosol at a place that is activated periodically: what drives a model of the active tension
/// when no membrane model does.
///
///   Ca(t) = Ca_d + (Ca_p - Ca_d) sum_k p(t - t_act - delay - k T) / max p,   p(s) = e^{-s/tau_d} - e^{-s/tau_r},  s >
///   0
///
/// Ca_d diastolic and Ca_p peak concentration [uM], tau_r rise and tau_d decay time [ms], T cycle [ms], k = 0, 1, ...
/// the beats since the first activation. The pulse: Rice, Wang, Bers, de Tombe, Biophys J 95 (2008) 2368-2390, doi
/// 10.1529/biophysj.107.119487. The sum is what keeps the curve continuous from beat to beat: the tail of a beat goes
/// on under the next one, which at 60/min is 1 % of the amplitude and at 120/min 20 %.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::mechanics {

/// Defaults: human ventricle at 37 C. Concentrations as in the transient that Land et al. 2017 use (their fig. 6, from
/// the measurements of Coppini et al., Circulation 127 (2013) 575-584, doi 10.1161/CIRCULATIONAHA.112.134932): lowest
/// 0.164 uM, highest 0.593 uM at 1 Hz. Times chosen here such that the pulse resembles that curve and the twitch has
/// the published course (see land.hpp).
struct CalciumTransient {
  double diastolic = 0.16, peak = 0.593;  ///< [uM]
  double rise = 75, decay = 175;          ///< [ms]
  double delay = 5;                       ///< from local activation to the release [ms]
};

/// A transient at one cycle length [ms]. Throws a configuration error unless 0 <= diastolic < peak, 0 < rise < decay,
/// delay >= 0 and cycle > 0.
class CalciumCurve {
 public:
  CalciumCurve(const CalciumTransient& transient, double cycle) : t_(transient), cycle_(cycle) {
    const double times = t_.rise + t_.decay + t_.delay + cycle;
    if (!(t_.diastolic >= 0 && t_.peak > t_.diastolic && std::isfinite(t_.peak) && t_.rise > 0 && t_.decay > t_.rise &&
          t_.delay >= 0 && cycle > 0 && std::isfinite(times)))
      core::fail_configuration({.where = "mechanics, calcium transient",
                                .expected = "0 <= diastolic < peak, 0 < rise < decay, delay >= 0 and a positive cycle",
                                .found = "diastolic " + std::to_string(t_.diastolic) + ", peak " +
                                         std::to_string(t_.peak) + " uM, rise " + std::to_string(t_.rise) + ", decay " +
                                         std::to_string(t_.decay) + ", delay " + std::to_string(t_.delay) + ", cycle " +
                                         std::to_string(cycle) + " ms"});
    const double top = std::log(t_.decay / t_.rise) * t_.decay * t_.rise / (t_.decay - t_.rise);
    const double scale = (t_.peak - t_.diastolic) / (std::exp(-top / t_.decay) - std::exp(-top / t_.rise));
    decay_weight_ = scale / -std::expm1(-cycle / t_.decay);
    rise_weight_ = scale / -std::expm1(-cycle / t_.rise);
  }

  double diastolic() const { return t_.diastolic; }
  double cycle() const { return cycle_; }

  /// Concentration [uM] at a time `since` the first activation of the place [ms]; diastolic before.
  double at(double since) const {
    const double s = since - t_.delay;
    if (!(s > 0)) return t_.diastolic;
    // Beats 0 to n = floor(s / T) are a geometric series; its last term has the age s + T.
    const double age = s - std::floor(s / cycle_) * cycle_, after = s + cycle_;
    return t_.diastolic + decay_weight_ * (std::exp(-age / t_.decay) - std::exp(-after / t_.decay)) -
           rise_weight_ * (std::exp(-age / t_.rise) - std::exp(-after / t_.rise));
  }

  /// The same at places with their first activation at `activation` [ms]; negative: never, the value stays diastolic.
  void at(double time, std::span<const double> activation, std::span<double> calcium) const {
    for (std::size_t i = 0; i < activation.size(); ++i)
      calcium[i] = activation[i] < 0 ? t_.diastolic : at(time - activation[i]);
  }

 private:
  CalciumTransient t_;
  double cycle_;
  double decay_weight_, rise_weight_;  ///< [uM]
};

}  // namespace cardiotwin::mechanics
