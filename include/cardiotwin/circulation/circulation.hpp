#pragma once
/// The left ventricle's surroundings as one equation of its cavity.
///
/// A step of length dt from the accepted state to volume V and pressure P of the cavity holds when
///
///   balance(V, P, dt).value = 0
///
/// The wall appends this equation to its own with P as the unknown. It never decreases in V or in P and increases in at
/// least one of them, whatever the valves do, so that Newton's matrix keeps its sign. The time schemes behind it are
/// implicit, first order and without overshoot. Volumes mm^3, pressures kPa, times ms, flows mm^3/ms (= ml/s).
/// Nothing here is collective: every rank holds the same circulation and computes the same numbers.

#include <memory>
#include <span>
#include <vector>

namespace cardiotwin::circulation {

/// Left side of the cavity's equation and its derivatives by volume and pressure, neither of them negative.
struct Balance {
  double value = 0, by_volume = 0, by_pressure = 0;
};

/// What is recorded after an accepted step. Flows are positive into the ventricle (mitral) and out of it (aortic).
struct Signals {
  double mitral_flow = 0, aortic_flow = 0;
  double aortic_pressure = 0, atrial_pressure = 0;
};

class Circulation {
 public:
  virtual ~Circulation() = default;

  /// The equation of a step that starts from the accepted state.
  virtual Balance balance(double volume, double pressure, double step_ms) const = 0;
  /// Takes the step for which balance() holds. What the caller's solver leaves of the equation must not add up: models
  /// that keep a volume take it from their own flows, so that the next step makes it good.
  virtual void accept(double volume, double pressure, double step_ms) = 0;

  virtual Signals signals() const = 0;
  /// Since the start of the first beat.
  double time() const { return time_; }

  /// Everything a resumed run needs to repeat an undisturbed one bit for bit. The first entry is the time; the others
  /// repeat from beat to beat once the limit cycle is reached.
  virtual std::vector<double> state() const = 0;
  /// Throws core::Error (integrity) when `state` is not of this model.
  virtual void set_state(std::span<const double> state) = 0;
  virtual std::unique_ptr<Circulation> clone() const = 0;

 protected:
  double time_ = 0;
};

}  // namespace cardiotwin::circulation
