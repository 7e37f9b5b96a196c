#pragma once
/// Active tension of human myocardium at body temperature: crossbridges between a thin filament that calcium switches
/// and a distortion that the motion of the fibre makes.
///
///   dC/dt  = k_TRPN ((Ca / Ca_T50)^n_TRPN (1 - C) - C)            Ca_T50 = ref + beta_1 (min(lambda, 1.2) - 1)
///   dB/dt  = k_b min(C^{-n_Tm/2}, 100) U - k_u C^{n_Tm/2} B       U = 1 - B - W - S
///   dW/dt  = k_uw U - (k_wu + k_ws + gamma_w |z_w|) W
///   dS/dt  = k_ws W - (k_su + gamma_s max(z_s, -z_s - 1, 0)) S
///   dz_i/dt = A dlambda/dt - c_i z_i,   i = s, w
///   T = h(lambda) T_ref / r_s (S (1 + z_s) + W z_w)
///   h = max(0, 1 + beta_0 (l + min(l, 0.87) - 1.87)),   l = min(lambda, 1.2)
///   k_wu = k_uw (1/r_w - 1) - k_ws,  k_su = k_ws r_w (1/r_s - 1),  k_b = k_u TRPN50^n_Tm / ((1 - r_s) (1 - r_w)),
///   A = A_eff r_s / ((1 - r_s) r_w + r_s),  c_w = phi k_uw (1 - r_w)/r_w,  c_s = phi k_ws (1 - r_s) r_w / r_s
///
/// C calcium-bound troponin, B blocked, W weakly (pre-powerstroke) and S strongly bound crossbridges, U unbound: all
/// fractions; z distortion [1]; Ca free calcium [uM]; lambda stretch of the fibre; T tension [kPa].
/// Source: Land, Park-Holohan, Smith, dos Remedios, Kentish, Niederer, J Mol Cell Cardiol 106 (2017) 68-83, doi
/// 10.1016/j.yjmcc.2017.03.008. Its viscoelastic passive part is left out: passive stress is the wall's.
/// Readings of the paper, as in the implementations that its authors and others published: k_b holds TRPN50, the
/// parameter, not the state; the bound 100 (theirs, numerical) acts on the blocking rate only; gamma_s opposes strong
/// bridges that are stretched (z_s > 0) or pushed beyond the powerstroke (z_s < -1).
///
/// Time step. Calcium is linear over the step. C, B, W, S take the two-stage, second-order, L-stable SDIRK method
/// (Alexander, SIAM J Numer Anal 14 (1977) 1006-1021) with the stretch and the distortions of the last accepted time; a
/// stage is solved in closed form. The distortions are integrated exactly for a constant rate of stretch, so that at
/// the end of the step they, and T, are affine in the unknown stretch there:
///   T(lambda) = amplitude + slope (lambda - lambda_accepted),
///   slope = h T_ref / r_s A (S (1 - e^{-c_s dt}) / (c_s dt) + W (1 - e^{-c_w dt}) / (c_w dt)) >= 0.
/// With the slope in the tangent of the wall the feedback from force to stretch is stable: Regazzoni, Quarteroni, CMAME
/// 381 (2021) 113773, doi 10.1016/j.cma.2021.113773. Second order in time at constant length, first with motion.

#include <algorithm>
#include <span>
#include <vector>

#include "calcium.hpp"

namespace cardiotwin::mechanics {

/// Defaults: the paper's table of parameters, column of the whole organ (human, 37 C). Measured on skinned cells were
/// instead Ca_T50 2.5 uM, n_Tm 2.2, k_uw 0.026/ms, k_ws 0.004/ms and T_ref 40.5 kPa.
/// With the default CalciumTransient at 1 Hz and lambda = 1 they give a twitch between 0.081 and 50.6 kPa with its peak
/// 184 ms after activation, which falls to half in 112 ms and by 95 % in 283 ms; the paper reports 0.078, 51 kPa, 175,
/// 121 and 281 ms.
struct LandParameters {
  double k_trpn = 0.1;                       ///< unbinding of calcium from troponin [1/ms]
  double n_trpn = 2;                         ///< cooperativity of calcium binding
  double ca_t50 = 0.805;                     ///< calcium at which half of troponin binds, at lambda = 1 [uM]
  double k_u = 1;                            ///< unblocking of the thin filament [1/ms]
  double n_tm = 5;                           ///< cooperativity of the thin filament
  double trpn50 = 0.35;                      ///< bound troponin at half activation
  double k_uw = 0.182, k_ws = 0.012;         ///< unbound to weak, weak to strong [1/ms]
  double r_w = 0.5, r_s = 0.25;              ///< steady duty ratios: weak of not strong, strong of unblocked
  double gamma_s = 0.0085, gamma_w = 0.615;  ///< detachment by distortion [1/ms]
  double phi = 2.23;                         ///< decay of distortion relative to the cycling of crossbridges
  double a_eff = 25;                         ///< relative change of tension per quick change of stretch
  double beta_0 = 2.3;                       ///< dependence of tension on length
  double beta_1 = -2.4;                      ///< dependence of calcium sensitivity on length [uM]
  double t_ref = 120;                        ///< tension at full activation, no motion and lambda = 1 [kPa]
};

/// What is known at the last accepted time: one value per quadrature point.
struct LandStates {
  std::vector<double> calcium;                             ///< Ca [uM]
  std::vector<double> troponin, blocked, weak, strong;     ///< C, B, W, S
  std::vector<double> weak_distortion, strong_distortion;  ///< z_w, z_s
  std::vector<double> stretch;                             ///< lambda
  std::size_t size() const { return stretch.size(); }
};

/// All values, variable by variable, for a checkpoint; and back. Throws an integrity error at a size that is no
/// multiple of the number of variables.
std::vector<double> flat(const LandStates& states);
LandStates land_states(std::span<const double> flat);

/// The states after a long time at rest: calcium [uM] and stretch held. Throws as propose() and accept() do.
LandStates steady_state(const LandParameters& parameters, double calcium, std::span<const double> stretch);

/// The states at time `beats` * cycle of places with their first activation at `activation` [ms; negative: never], held
/// at lambda = 1 and at rest at time 0. Go on with curve.at(beats * cycle + time). Places share one course, shifted:
/// the cost does not grow with their number.
LandStates limit_cycle(const LandParameters& parameters, const CalciumCurve& curve, std::span<const double> activation,
                       int beats = 5);

/// Tension [kPa] of accepted states.
void tension(const LandParameters& parameters, const LandStates& states, std::span<double> result);

/// A step that has not been accepted: its length [ms] and the states at its end without the motion of the step.
struct LandProposal {
  double step = 0;
  LandStates end;
};

/// Advances `now` by `step` [ms] to `calcium` [uM] at its end; `now` does not change, so that a rejected step is
/// proposed anew. Gives T(lambda) = amplitude + slope (lambda - now.stretch) [kPa]. All spans have now.size(). Local.
/// Throws a configuration error at parameters without meaning, a numerical one at a step or calcium that is negative or
/// not finite.
void propose(const LandParameters& parameters, const LandStates& now, double step, std::span<const double> calcium,
             LandProposal& proposal, std::span<double> amplitude, std::span<double> slope);

/// Makes the end of the proposal, with the stretches found there, the accepted states. Uses the proposal up. Local.
/// Throws a numerical error at a proposal that is used up and at a stretch that is not positive and finite; then
/// nothing has changed.
void accept(const LandParameters& parameters, std::span<const double> stretch, LandProposal& proposal, LandStates& now);

/// T(lambda) as the wall must take it: crossbridges do not push, so a tension below 0 (shortening faster than about
/// 3.5/s) is 0 and then has no slope either.
struct PullingTension {
  double value, by_stretch;  ///< [kPa]
};
inline PullingTension pulling_tension(double amplitude, double slope, double change_of_stretch) {
  const double value = amplitude + slope * change_of_stretch;
  return value > 0 ? PullingTension{value, slope} : PullingTension{0, 0};
}

}  // namespace cardiotwin::mechanics
