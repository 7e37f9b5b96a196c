#!/usr/bin/env python3
"""Draws computed flows over their references, as docs/verification.md shows them, and prints the distances.

  plot_flow_verification.py nozzle RUN LABORATORIES OUT.svg   hemodynamics_cuts.csv over the measured profiles (folder
                                                              with the unpacked text files of doi 10.17917/C78G69)
  plot_flow_verification.py womersley RUN OUT.svg             hemodynamics_curves.csv over the closed form
  plot_flow_verification.py cylinder RUN OUT.svg              drag and lift over time over the reference's extremes
"""

import csv
import pathlib
import sys

import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "cardiotwin", "font.size": 8, "axes.grid": True, "grid.alpha": 0.3})
import matplotlib.pyplot as plt  # noqa: E402  after the backend is chosen


def table(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(figure, out):
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})


# ---- nozzle ----

NOMINAL = 5.20624  # ml/s at a throat Reynolds number of 500


def cuts_of(run):
    cuts = {}
    for row in table(run / "hemodynamics_cuts.csv"):
        cuts.setdefault(row["cut"], []).append((float(row["radius_mm"]), float(row["axial_velocity_m_per_s"])))
    return {name: np.array(values) for name, values in cuts.items()}


def profiles_of(path):
    """Radius [mm] and axial velocity [m/s] by z [mm]."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = {}
    for i, line in enumerate(lines):
        if line.startswith("plot-profile-axial-velocity-at-z"):
            count = int(lines[i + 1].split()[0])
            values = np.array([[float(x) for x in row.split()[:2]] for row in lines[i + 2 : i + 2 + count]])
            values[:, 0] *= 1000
            found[round(1000 * float(line.split()[1]))] = values[np.argsort(values[:, 0])]
    return found


def both_sides(profile, radius):
    sides = [np.interp(s * radius, profile[:, 0], profile[:, 1], left=np.nan, right=np.nan) for s in (1, -1)]
    return np.mean(sides, axis=0)


def flow_of(profile):
    return np.trapz(np.pi * np.abs(profile[:, 0]) * profile[:, 1], profile[:, 0])


def compare(radius, computed, measured):
    """Root mean squares over the radius of computed - mean and of the standard deviation, over the largest mean; points
    within the smallest and the largest; points."""
    known = ~np.isnan(measured).any(axis=0)
    measured, computed = measured[:, known], computed[known]
    mean = measured.mean(axis=0)
    inside = (computed >= measured.min(axis=0)) & (computed <= measured.max(axis=0))
    rms = [np.sqrt(np.mean(x**2)) / mean.max() for x in (computed - mean, measured.std(axis=0, ddof=1))]
    return *rms, inside.sum(), known.sum()


def nozzle(run, laboratories, out):
    labs = {path.stem: profiles_of(path) for path in sorted(pathlib.Path(laboratories).glob("*.txt"))}
    figure, axes = plt.subplots(3, 4, figsize=(13, 8.5))
    print("z [mm]: measured flow [ml/s]; as measured: distance, spread [%], inside; each at the nominal flow: likewise")
    totals = np.zeros(3, dtype=int)
    for axis, (name, cut) in zip(axes.flat, cuts_of(run).items()):
        z = int(name[1:])
        profiles = {lab: by_z[z] for lab, by_z in labs.items() if z in by_z}
        radius = cut[:, 0]
        flows = [flow_of(p) for p in profiles.values()]
        measured = np.array([both_sides(p, radius) for p in profiles.values()])
        plain = compare(radius, cut[:, 1], measured)
        scaled = compare(radius, cut[:, 1], measured * (NOMINAL / np.array(flows))[:, None])
        totals += [plain[2], scaled[2], plain[3]]
        print(f"{z:5d}: {min(flows):.2f} to {max(flows):.2f};", *(
            f"{100 * d:.1f} {100 * s:.1f} {inside}/{count};" for d, s, inside, count in (plain, scaled)))
        for lab, p in profiles.items():
            p = p[np.abs(p[:, 0]) < 1.1 * radius[-1]][::2]
            axis.plot(p[:, 0], p[:, 1], lw=0.8, label=lab[-3:])
        axis.plot(np.concatenate([-radius[::-1], radius]), np.concatenate([cut[::-1, 1], cut[:, 1]]), "k", lw=1.5)
        axis.set(title=f"z = {z} mm", xlim=(-1.1 * radius[-1], 1.1 * radius[-1]))
    print("inside, as measured:", totals[0], "at the nominal flow:", totals[1], "of", totals[2])
    axes[0, 0].legend(fontsize=6, title="laboratory")
    axes[2, 0].set(xlabel="r [mm]", ylabel="axial velocity [m/s]")
    save(figure, out)


# ---- Womersley ----


def womersley(run, out):
    from scipy.special import jv

    radius, viscosity, density, period, length = 5.0, 3.5e-3, 1.06, 1000.0, 10.0  # configs/verification/womersley.json
    flow = {0: 2, 1: 4, 2: -1.5j}
    rows = table(run / "hemodynamics_curves.csv")
    times = np.array([float(row["time_ms"]) for row in rows])
    shear, drop = np.zeros_like(times), np.zeros_like(times)
    for k, q in flow.items():
        omega, area = 2 * np.pi * k / period, np.pi * radius**2
        if k == 0:
            gradient, stress = 8 * viscosity / (area * radius**2), 4 * viscosity / (area * radius)
        else:
            z = 1j**1.5 * radius * np.sqrt(omega * density / viscosity)
            f = 2 * jv(1, z) / (z * jv(0, z))
            gradient = 1j * omega * density / (area * (1 - f))
            stress = gradient * radius * f / 2
        turn = q * np.exp(1j * omega * times)
        shear += 1000 * (stress * turn).real
        drop += length * (gradient * turn).real
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for axis, key, exact, label in ((axes[0], "middle_shear_Pa", shear, "wall shear stress [Pa]"),
                                    (axes[1], "pressure_drop_kPa", drop, "pressure drop [kPa]")):
        computed = np.array([float(row[key]) for row in rows])
        axis.plot(times, exact, "0.6", lw=4, label="Womersley")
        axis.plot(times, computed, "k", lw=1, label="computed")
        axis.set(xlabel="t [ms]", ylabel=label)
        print(f"{label}: distance {np.linalg.norm(computed - exact) / np.linalg.norm(exact):.4f}")
    axes[0].legend()
    save(figure, out)


# ---- cylinder ----


def cylinder(run, out):
    rows = table(run / "hemodynamics_curves.csv")
    times = np.array([float(row["time_ms"]) for row in rows])
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    # Largest drag and smallest lift of doi 10.1504/IJCSE.2012.048245.
    extremes = ((axes[0], "drag_coefficient", (3.2978,)), (axes[1], "lift_coefficient", (-0.010999,)))
    for axis, key, reference in extremes:
        axis.plot(times, [float(row[key]) for row in rows], "k", lw=1)
        for value in reference:
            axis.axhline(value, color="0.6", lw=2)
        axis.set(xlabel="t [ms]", ylabel=key.replace("_", " "))
    save(figure, out)


if __name__ == "__main__":
    drawings = {"nozzle": (nozzle, 5), "womersley": (womersley, 4), "cylinder": (cylinder, 4)}
    if len(sys.argv) < 2 or sys.argv[1] not in drawings or len(sys.argv) != drawings[sys.argv[1]][1]:
        sys.exit(__doc__)
    drawings[sys.argv[1]][0](pathlib.Path(sys.argv[2]), *sys.argv[3:])
