#pragma once
/// Human ventricular myocyte ToR-ORd after Tomek et al. 2019 (doi 10.7554/eLife.48890).
///
/// Membrane:   dV/dt = -(I_Na + I_NaL + I_to + I_CaL + I_Kr + I_Ks + I_K1 + I_NaCa + I_NaK + I_Kb + I_bNa + I_bCa +
/// I_pCa + I_ClCa + I_Clb) + I_stim with V [mV], t [ms] and currents per capacitance [pA/pF = mV/ms]. Channels that
/// CaMK phosphorylates mix a plain and a phosphorylated form (index p) with the fraction phi = 1/(1 +
/// 0.15/CaMK_active):
///   I_Na  = g_Na m^3 ((1-phi) h j + phi h_p j_p) (V - E_Na)
///   I_NaL = g_NaL m_L ((1-phi) h_L + phi h_Lp) (V - E_Na)
///   I_to  = g_to ((1-phi) a i + phi a_p i_p) (V - E_K),   i = A i_F + (1-A) i_S
///   I_CaL = P_Ca d ((1-phi) (f (1-n) + j_Ca f_Ca n) + 1.1 phi (f_p (1-n) + j_Ca f_Cap n)) Psi, calcium, sodium and
///           potassium each with its own Psi and P, 80 % of the channels at the subspace, 20 % at the cytosol;
///           f = 0.6 f_F + 0.4 f_S, f_Ca = A f_CaF + (1-A) f_CaS, n the calcium-bound part of the channels;
///   Psi   = z^2 V F^2/RT (gamma_i X_i e^(zu) - gamma_o X_o) / (e^(zu) - 1),   u = V F/RT, gamma activity coefficients
///           (Davies' law of the ionic strength)
///   I_Kr  = g_Kr sqrt(K_o/5) O (V - E_K), O the open state of the chain C0 - C1 - C2 - O - I - C2 (a loop)
///   I_Ks  = g_Ks (1 + 0.6/(1 + (3.8e-5/Ca_i)^1.4)) x_s1 x_s2 (V - E_Ks)
///   I_K1  = g_K1 sqrt(K_o/5) x_K1inf(V - E_K) (V - E_K);   I_Kb = g_Kb x_Kb(V) (V - E_K)
///   I_NaCa, I_NaK: cycles of states in equilibrium; 35 % of the exchanger at the subspace
///   I_ClCa = g_ClCa/(1 + 0.1/Ca_ss) (V - E_Cl);   I_Clb = g_Clb (V - E_Cl);   I_pCa, I_bNa, I_bCa
/// Gates:      Rush-Larsen. The chain of I_Kr: one backward Euler step, solved exactly; it conserves the sum and allows
///             steps that its fastest rate (50/ms at rest) would forbid to an explicit method.
/// Calcium:    cytosol Ca_i, subspace Ca_ss, network and junctional reticulum Ca_nsr, Ca_jsr, buffers in equilibrium;
///             release J_rel relaxes towards a multiple of the subspace's calcium current, but takes no more than the
///             store has (that of the mid-wall cell runs empty); CaMK is trapped by Ca_ss.
/// Sodium and potassium: Na_i, Na_ss, K_i, K_ss. Concentrations in mM, forward Euler; chloride is constant.
///
/// Constants are those of the authors' own program (github.com/jtmff/torord, the version with constant chloride) at
/// Na_o 140, Ca_o 1.8, K_o 5 mM. Endocardium, mid-wall and epicardium differ in the factors of Variant in tor_ord.cpp.
/// Initial values are the program's, too; those of the endocardium are its steady state at 1 Hz, the others reach
/// theirs only after some hundred beats (calcium falls by 10 to 15 %; the epicardial action potential grows by 7 ms).
///
/// What depends on V alone is read from a table (see rate_table.hpp), as in ten_tusscher_2006.hpp.

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// Variants: endocardial, mid, epicardial.
const IonicModel& tor_ord();

}  // namespace cardiotwin::electrophysiology
