#pragma once
/// Human ventricular myocyte after ten Tusscher and Panfilov 2006 (doi 10.1152/ajpheart.00109.2006).
///
/// Membrane:   dV/dt = -(I_Na + I_CaL + I_to + I_Kr + I_Ks + I_K1 + I_NaCa + I_NaK + I_pCa + I_pK + I_bNa + I_bCa) +
/// I_stim with V [mV], t [ms] and currents per capacitance [pA/pF = mV/ms]:
///   I_Na  = g_Na m^3 h j (V - E_Na)                     I_to = g_to r s (V - E_K)
///   I_CaL = g_CaL d f f2 f_Cass 4 (V-15) F^2/RT (Ca_ss/4 e^u - Ca_o) / (e^u - 1),   u = 2 (V-15) F/RT
///   I_Kr  = g_Kr sqrt(K_o/5.4) x_r1 x_r2 (V - E_K)      I_Ks = g_Ks x_s^2 (V - E_Ks)
///   I_K1  = g_K1 x_K1inf (V - E_K)                      I_pK = g_pK (V - E_K) / (1 + e^((25-V)/5.98))
///   I_bNa = g_bNa (V - E_Na)                            I_bCa = g_bCa (V - E_Ca)
///   I_NaCa, I_NaK, I_pCa: exchanger and pumps (saturating in their ions).
/// Gates:      dy/dt = (y_inf(V) - y) / tau_y(V) for m h j x_r1 x_r2 x_s r s d f f2, and f_Cass driven by Ca_ss;
///             y' = y_inf + (y - y_inf) e^(-dt/tau_y)   (Rush and Larsen 1978, exact for constant V).
/// Calcium:    cytosol Ca_i, reticulum Ca_SR, subspace Ca_ss, each with a buffer in equilibrium; release through the
///             channel with open fraction O = k1 Ca_ss^2 R' / (k3 + k1 Ca_ss^2), dR'/dt = -k2 Ca_ss R' + k4 (1 - R').
/// Sodium and potassium: Na_i, K_i from the sum of their currents. Concentrations in mM, forward Euler.
///
/// Constants are those of the authors' own program, in ten_tusscher_2006.cpp. Epicardium, mid-wall and endocardium
/// differ in g_to, g_Ks and the s gate. Initial values are the published ones; the epicardial ones are those of
/// Niederer et al. 2011 (doi 10.1098/rsta.2011.0139).
///
/// What depends on V alone is read from a table with rows every 0.05 mV, all values of a row side by side (one or two
/// cache lines a cell), and interpolated linearly; steady states and the parts 1 - e^(-dt/tau) of a step stand in it.

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// Variants: endocardial, mid, epicardial.
const IonicModel& ten_tusscher_2006();

}  // namespace cardiotwin::electrophysiology
