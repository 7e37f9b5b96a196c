#pragma once
/// The same tension everywhere, as a given function of time.

#include <algorithm>

#include "cardiotwin/circulation/curve.hpp"
#include "tension_model.hpp"

namespace cardiotwin::mechanics {

class PrescribedTension : public TensionModel {
 public:
  /// `curve` in kPa over the time of the beat.
  PrescribedTension(circulation::Curve curve, TensionSites sites)
      : curve_(std::move(curve)), sites_(std::move(sites)) {}
  void propose(double time, double /*step*/, TensionField& field) override {
    const double value = curve_.at(time);
    for (std::size_t k = 0; k < field.amplitude.size(); ++k) field.amplitude[k] = sites_.factor[k] * value;
  }

 private:
  circulation::Curve curve_;
  TensionSites sites_;
};

/// A passive wall.
class NoTension : public TensionModel {
 public:
  void propose(double /*time*/, double /*step*/, TensionField& field) override {
    std::ranges::fill(field.amplitude, 0.0);
  }
};

}  // namespace cardiotwin::mechanics
