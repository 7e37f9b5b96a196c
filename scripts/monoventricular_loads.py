#!/usr/bin/env python3
"""Pressure and active stress of the monoventricular benchmark, as a CSV file for mechanics.loads_file.

Arostica et al., Comput Methods Appl Mech Eng 435 (2025) 117485:
  tau' = -|a| tau + sigma_0 max(a, 0)                      a = 5 f - 30 (1 - f),  f = S+(t - t_sys) S-(t - t_dias)
  p'   = -|b| p + sigma_mid max(b, 0) + sigma_pre g        b = a(t_sys = 0.17 s) + 5 g + 1,  g = S-(t - t_dias)
  S+-(x) = (1 +- tanh(x / 0.005 s)) / 2
Times s, tau and p Pa; written in ms and kPa.

Usage: monoventricular_loads.py OUTPUT.csv
"""

import math
import sys

SIGMA_0, SIGMA_MID, SIGMA_PRE = 150e3, 16e3, 7e3
T_SYS_ACTIVE, T_SYS_PRESSURE, T_DIAS = 0.16, 0.17, 0.484


def step(x, sign):
    return 0.5 * (1 + sign * math.tanh(x / 0.005))


def activation(t, t_sys):
    f = step(t - t_sys, 1) * step(t - T_DIAS, -1)
    return 5 * f - 30 * (1 - f)


def rates(t, tau, p):
    a = activation(t, T_SYS_ACTIVE)
    g = step(t - T_DIAS, -1)
    b = activation(t, T_SYS_PRESSURE) + 5 * g + 1
    return (-abs(a) * tau + SIGMA_0 * max(a, 0), -abs(b) * p + SIGMA_MID * max(b, 0) + SIGMA_PRE * g)


def runge_kutta(t, tau, p, h):
    k1 = rates(t, tau, p)
    k2 = rates(t + h / 2, tau + h / 2 * k1[0], p + h / 2 * k1[1])
    k3 = rates(t + h / 2, tau + h / 2 * k2[0], p + h / 2 * k2[1])
    k4 = rates(t + h, tau + h * k3[0], p + h * k3[1])
    return (
        tau + h / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]),
        p + h / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]),
    )


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    tau = p = 0.0
    parts = 20  # of a millisecond; the switches take 5 ms
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write("times_ms,pressure_kPa,tension_kPa\n")
        for ms in range(1001):
            file.write(f"{ms},{p / 1e3:.10g},{tau / 1e3:.10g}\n")
            for part in range(parts):
                tau, p = runge_kutta((ms + part / parts) * 1e-3, tau, p, 1e-3 / parts)


if __name__ == "__main__":
    main()
