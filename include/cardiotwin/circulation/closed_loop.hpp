#pragma once
/// The whole circulation as a ring of eight compartments; the left ventricle is the wall's.
///
///   LV -> aortic valve -> systemic arteries -> systemic veins -> RA -> tricuspid valve ->
///   RV -> pulmonary valve -> pulmonary arteries -> pulmonary veins -> LA -> mitral valve -> LV
///
///   dV_k/dt = Q_(k-1) - Q_k                 every compartment k, Q_k the flow that leaves it
///   P_k = V_k / C_k                         vessels
///   P_k = E_k(t) (V_k - V0_k)               left atrium, right atrium, right ventricle
///   L_k dQ_k/dt + R_k Q_k = P_k - P_(k+1)   from a vessel
///   R_k Q_k = max(0, P_k - P_(k+1))         through a valve
///
/// V volume above the unstressed one [mm^3], P pressure [kPa], Q flow [mm^3/ms], C compliance [mm^3/kPa], R resistance
/// [kPa ms/mm^3], L inertance [kPa ms^2/mm^3]. Twelve states: eight volumes, four flows. Source: Regazzoni, Salvador,
/// Africa, Fedele, Dede', Quarteroni, J Comput Phys 457 (2022) 111083, doi 10.1016/j.jcp.2022.111083 (there a closed
/// valve leaks through 75,000 mmHg s/ml, here not at all).
///
/// Backward Euler. With P of the left ventricle given, a step is the minimum of a strictly convex, piecewise quadratic
/// function of the other seven pressures: one solution, found by Newton on the set of open valves with a tridiagonal
/// matrix. What a link takes from one compartment it gives to the next, so the total volume is kept to rounding.

#include <array>

#include "cardiotwin/circulation/circulation.hpp"
#include "cardiotwin/circulation/elastance.hpp"

namespace cardiotwin::circulation {

/// A compliance and the way out of it.
struct Vessel {
  double resistance = 0, compliance = 0, inertance = 0;
};

struct ClosedLoopParameters {
  double period = 0;  ///< of the heart [ms]
  Chamber left_atrium, right_atrium, right_ventricle;
  Vessel systemic_arteries, systemic_veins, pulmonary_arteries, pulmonary_veins;
  double mitral = 0, aortic = 0, tricuspid = 0, pulmonary = 0;  ///< resistances of open valves
};

/// Throws core::Error (configuration) naming the first parameter that is out of its range.
void check(const ClosedLoopParameters& parameters);

/// Compartments in the order of the flow. A flow has the number of the compartment that it leaves.
enum Compartment : std::size_t {
  left_ventricle,
  systemic_arteries,
  systemic_veins,
  right_atrium,
  right_ventricle,
  pulmonary_arteries,
  pulmonary_veins,
  left_atrium,
  compartments
};
using Ring = std::array<double, compartments>;

struct ClosedLoopState {
  Ring volume{}, flow{};  ///< the flows through valves are results only
};

/// Parameters and state at end diastole of a healthy adult as published with the model by its authors (the program
/// cardioemulator, heart rate 72 /min). Times are parts of the period there too.
ClosedLoopParameters healthy_loop(double period_ms);
Chamber healthy_left_ventricle();
ClosedLoopState healthy_state();

class ClosedLoop final : public Circulation {
 public:
  /// At time 0 the left ventricle starts to contract. Throws as check().
  ClosedLoop(const ClosedLoopParameters& parameters, const ClosedLoopState& start);

  Balance balance(double volume, double pressure, double step_ms) const override;
  void accept(double volume, double pressure, double step_ms) override;
  Signals signals() const override;
  std::vector<double> state() const override;
  void set_state(std::span<const double> state) override;
  std::unique_ptr<Circulation> clone() const override { return std::make_unique<ClosedLoop>(*this); }

  const ClosedLoopParameters& parameters() const { return parameters_; }
  const ClosedLoopState& blood() const { return blood_; }
  /// Of a compartment other than the left ventricle, now.
  double pressure(Compartment k) const;
  double total_volume() const;

 private:
  struct Step;
  Step step(double pressure, double step_ms) const;
  double compliance(std::size_t k, double time) const;
  double charge(std::size_t k) const;

  ClosedLoopParameters parameters_;
  ClosedLoopState blood_;
};

}  // namespace cardiotwin::circulation
