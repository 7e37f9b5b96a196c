#pragma once
/// Minimal human ventricular membrane after Bueno-Orovio, Cherry and Fenton 2008 (doi 10.1016/j.jtbi.2008.03.029).
///
///   V = 85.7 u - 84 [mV];  du/dt = -(J_fi + J_so + J_si) + J_stim [1/ms];  H(x) = 1 for x > 0, else 0
///   J_fi = -v H(u - theta_v) (u - theta_v) (u_u - u) / tau_fi                               fast inward
///   J_so = u / tau_o for u <= theta_w, 1 / tau_so above                                      slow outward
///   J_si = -H(u - theta_w) w s / tau_si                                                      slow inward
///   dv/dt = (v_inf - v) / tau_v-  for u <= theta_v,  -v / tau_v+  above
///   dw/dt = (w_inf - w) / tau_w-  for u <= theta_w,  -w / tau_w+  above
///   ds/dt = ((1 + tanh(k_s (u - u_s))) / 2 - s) / tau_s
///   v_inf = 1 for u < theta_v-, else 0;   w_inf = 1 - u / tau_winf for u <= theta_o, else w_inf*
///   tau_v- = tau_v1- below theta_v-, tau_v2- above;    tau_o = tau_o1 below theta_o, tau_o2 above;
///   tau_s = tau_s1 below theta_w, tau_s2 above;
///   tau_w-, tau_so: from their first to their second value with (1 + tanh(k (u - u_k))) / 2
///
/// Times in ms. Parameters are those of the paper for epicardial, endocardial and mid-myocardial cells; cells start at
/// u = 0, v = w = 1, s = 0. Gates are exact for constant V. `J_fi`, `J_so` and `J_si` can be scaled.

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// Variants: endocardial, mid, epicardial.
const IonicModel& bueno_orovio();

}  // namespace cardiotwin::electrophysiology
