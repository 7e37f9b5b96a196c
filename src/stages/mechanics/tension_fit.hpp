#pragma once
/// The factor of the active tension with which a beat ejects what was measured.
///
///     ln EF(k) is taken for a straight line over ln k:   ln k' = ln k + (ln EF* - ln EF(k)) / slope
///
/// k      factor of the tension, the same at every site [1]
/// EF     ejection fraction of a beat, EF* the measured one [1]
/// slope  of the last two trials; 0.7 after the first: a stronger contraction ejects more, with less and less gain
///
/// The tension of a patient cannot be measured; the ejection fraction can. The circulation has been calibrated for the
/// same EF, so that pressures come out as measured with it. Trials are first beats from the same end diastole: beats
/// that follow one another would tell how the circulation answers, too, and a secant through them swings.

#include <vector>

namespace cardiotwin::mechanics {

class TensionFit {
 public:
  /// `target`: EF* in (0, 1); 0: nothing is fitted, the factor stays 1.
  explicit TensionFit(double target = 0) : target_(target) {}
  double factor() const { return factor_; }
  double target() const { return target_; }
  /// Is `ejection_fraction` as near as one measures (half a point)? True where nothing is fitted.
  bool accepts(double ejection_fraction) const;
  /// Takes the ejection fraction of a trial with factor(), and sets the factor of the next.
  void learn(double ejection_fraction);
  /// The same with the slope that the trials have told, for beats that follow one another.
  void follow(double ejection_fraction);

  /// For checkpoints.
  std::vector<double> state() const { return {factor_, slope_, last_factor_, last_fraction_}; }
  void set_state(const std::vector<double>& state);

 private:
  double target_, factor_ = 1;
  double slope_ = 0.7;
  double last_factor_ = 0, last_fraction_ = 0;  ///< of the trial before; 0: none
};

}  // namespace cardiotwin::mechanics
