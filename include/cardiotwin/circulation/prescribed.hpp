#pragma once
/// Pressure or volume of the cavity as a given function of time: P = f(t) or V = f(t).

#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/circulation/curve.hpp"

namespace cardiotwin::circulation {

enum class Quantity { pressure, volume };

class Prescribed final : public Circulation {
 public:
  /// `curve` in kPa or mm^3. `volume` is the cavity's at time 0; flows are told from its change.
  Prescribed(Quantity quantity, Curve curve, double volume);

  Balance balance(double volume, double pressure, double step_ms) const override;
  void accept(double volume, double pressure, double step_ms) override;
  /// There are no vessels: growth of the volume is mitral flow, loss is aortic flow, both at the cavity's pressure.
  Signals signals() const override;
  std::vector<double> state() const override;
  void set_state(std::span<const double> state) override;
  std::unique_ptr<Circulation> clone() const override { return std::make_unique<Prescribed>(*this); }

 private:
  Quantity quantity_;
  Curve curve_;
  double volume_, pressure_ = 0, inflow_ = 0;
};

}  // namespace cardiotwin::circulation
