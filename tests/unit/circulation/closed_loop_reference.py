#!/usr/bin/env python3
"""Prints the limit cycle that closed_loop_test.cpp compares with: the equations of Regazzoni et al., J Comput Phys 457
(2022) 111083, with the parameters of the authors' program cardioemulator (heart rate 72 /min, closed valves leak through
75006.2 mmHg s/ml), integrated by SciPy's Radau. Units ml, mmHg, s."""
import numpy as np
from scipy.integrate import solve_ivp

PERIOD = 60 / 72


def elastance(active, passive, start, contraction, relaxation=0.17):
    def at(t):
        a = (t / PERIOD - start) % 1
        if a < contraction:
            return passive + active * (1 - np.cos(np.pi * a / contraction)) / 2
        if a < contraction + relaxation:
            return passive + active * (1 + np.cos(np.pi * (a - contraction) / relaxation)) / 2
        return passive
    return at


E_LA, E_LV = elastance(0.07, 0.09, 0.8, 0.17), elastance(2.75, 0.08, 0, 0.34)
E_RA, E_RV = elastance(0.06, 0.07, 0.8, 0.17), elastance(0.55, 0.05, 0, 0.34)


def valve(drop):
    return drop / (0.0075 if drop > 0 else 75006.2)


def rate(t, y):
    v_la, v_lv, v_ra, v_rv, p_as, p_vs, p_ap, p_vp, q_as, q_vs, q_ap, q_vp = y
    la, lv, ra, rv = E_LA(t) * (v_la - 4), E_LV(t) * (v_lv - 5), E_RA(t) * (v_ra - 4), E_RV(t) * (v_rv - 10)
    mitral, aortic, tricuspid, pulmonary = valve(la - lv), valve(lv - p_as), valve(ra - rv), valve(rv - p_ap)
    return [q_vp - mitral, mitral - aortic, q_vs - tricuspid, tricuspid - pulmonary,
            (aortic - q_as) / 1.2, (q_as - q_vs) / 60, (pulmonary - q_ap) / 10, (q_ap - q_vp) / 16,
            (p_as - p_vs - 0.8 * q_as) / 5e-3, (p_vs - ra - 0.26 * q_vs) / 5e-4,
            (p_ap - p_vp - 0.1625 * q_ap) / 5e-4, (p_vp - la - 0.1625 * q_vp) / 5e-4]


def beat(y, **options):
    return solve_ivp(rate, [0, PERIOD], y, method='Radau', rtol=1e-8, atol=1e-8, max_step=5e-3, **options)


y = np.array([65, 120, 65, 145, 80, 30, 35, 24, 0, 0, 0, 0.0])
for _ in range(75):
    y = beat(y).y[:, -1]
t = np.linspace(0, PERIOD, 8001)
last = beat(y, dense_output=True).sol(t)
pressure = np.array([E_LV(a) for a in t]) * (last[1] - 5)
print('left ventricle: at start %.3f, largest %.3f, smallest %.3f ml, peak %.3f mmHg'
      % (last[1, 0], last[1].max(), last[1].min(), pressure.max()))
print('arteries: %.3f / %.3f mmHg' % (last[4].max(), last[4].min()))
print('right ventricle: %.3f to %.3f ml; pulmonary arteries %.3f / %.3f mmHg'
      % (last[3].min(), last[3].max(), last[6].max(), last[6].min()))
print('end diastole: V_LA %.3f V_LV %.3f V_RA %.3f V_RV %.3f p_AS %.3f p_VS %.3f p_AP %.3f p_VP %.3f '
      'Q_AS %.3f Q_VS %.3f Q_AP %.3f Q_VP %.3f' % tuple(last[:, 0]))
