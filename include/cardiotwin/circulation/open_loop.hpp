#pragma once
/// The left heart alone, beat after beat: Windkessel behind the aortic valve, an atrium that makes every beat start
/// from the same end-diastolic volume. Equations: left_heart.hpp, windkessel.hpp.

#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/circulation/left_heart.hpp"

namespace cardiotwin::circulation {

class OpenLoop final : public Circulation {
 public:
  /// Starts at end diastole with the given pressure in the arteries. Throws core::Error (configuration) naming the
  /// first parameter that is out of its range.
  OpenLoop(const LeftHeart& heart, double arterial_pressure);

  Balance balance(double volume, double pressure, double step_ms) const override;
  void accept(double volume, double pressure, double step_ms) override;
  Signals signals() const override;
  std::vector<double> state() const override;
  void set_state(std::span<const double> state) override;
  std::unique_ptr<Circulation> clone() const override { return std::make_unique<OpenLoop>(*this); }

 private:
  LeftHeart heart_;
  LeftHeartState blood_;  ///< its time is that of the beat
  double pressure_ = 0;   ///< of the ventricle
};

}  // namespace cardiotwin::circulation
