#pragma once
/// Two-current membrane after Mitchell and Schaeffer 2003 (doi 10.1016/S0092-8240(03)00041-7).
///
///   u = (V + 80) / 100                               scaled potential, V from -80 (rest) to 20 [mV]
///   du/dt = J_in - J_out + J_stim                    [1/ms]
///   J_in  = h u^2 (1 - u) / tau_in                   sodium and calcium
///   J_out = u / tau_out                              potassium
///   dh/dt = (1 - h) / tau_open    for u < u_gate,    -h / tau_close    above
///
/// tau_in 0.3, tau_out 6, tau_open 120, tau_close 150 [ms], u_gate 0.13: the values of the paper; its potential has no
/// scale of its own. The gate is exact for constant V.
///
/// For tau_in << tau_out << tau_open, tau_close an action potential lasts until h has fallen to h_min = 4
/// tau_in/tau_out:
///   APD = tau_close ln(h_0 / h_min),   h_0 = 1 - (1 - h_min) e^(-DI / tau_open)   after the diastolic interval DI.
/// `J_in` scales 1/tau_in, `J_out` 1/tau_out. The steepest upstroke is 4/27 h/tau_in, 49 mV/ms: waves of this model
/// need a higher conductivity than those of the others for the same speed.

#include "ionic_model.hpp"

namespace cardiotwin::electrophysiology {

/// One variant: ventricular.
const IonicModel& mitchell_schaeffer();

}  // namespace cardiotwin::electrophysiology
