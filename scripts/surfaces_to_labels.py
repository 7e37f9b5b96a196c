#!/usr/bin/python3
"""Voxelises closed surfaces of the blood in a heart's chambers (Wavefront OBJ) into a label volume (NRRD, patient
coordinates), and adds the wall of the left ventricle: for synthetic scans of real anatomies.

  scripts/surfaces_to_labels.py ../shared/data/toronto-heart-surfaces/normal toronto.nrrd
  build/release/cardiotwin phantom --modality ct --heart-labels toronto.nrrd --output study

The folder holds one file a chamber whose name ends with LV, RV, LA, RA, AO or PA. --axes says which way its x, y, z point.
Where blood of two chambers overlaps, the earlier of LV, AO, PA, LA, RA, RV wins. Wall is what lies within --wall-mm of the LV
and nearer to it than to atria and vessels; narrow gaps between the LV and its atrium or aorta become theirs, as valves are.
"""
import argparse
import pathlib

import numpy as np
from scipy import ndimage

CHAMBERS = {"LV": 1, "RV": 3, "LA": 4, "RA": 5, "AO": 6, "PA": 7}
PRIORITY = ["LV", "AO", "PA", "LA", "RA", "RV"]
DIRECTIONS = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
VALVE_GAP_MM = 4.5


def read_obj(path):
    points, triangles = [], []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["v"]:
            points.append([float(w) for w in words[1:4]])
        elif words[:1] == ["f"]:
            triangles.append([int(w.split("/")[0]) - 1 for w in words[1:4]])
    return np.array(points), np.array(triangles)


def voxelise(points, triangles, origin, spacing, size):
    """Voxels (k, j, i) whose centre is inside, by the parity of crossings along k."""
    crossings = np.zeros((size[2] + 1, size[1], size[0]), dtype=np.int32)
    p = (points[triangles] - origin) / spacing + [1e-5, 2e-5, 3e-5]  # no centre lies on an edge
    for a, b, c in p:
        low, high = np.ceil(np.min([a, b, c], axis=0)[:2]).astype(int), np.floor(np.max([a, b, c], axis=0)[:2]).astype(int)
        if (low > high).any():
            continue
        twice = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if twice == 0:
            continue
        for j in range(low[1], high[1] + 1):
            for i in range(low[0], high[0] + 1):
                u = ((i - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (j - a[1])) / twice
                v = ((b[0] - a[0]) * (j - a[1]) - (i - a[0]) * (b[1] - a[1])) / twice
                if u >= 0 and v >= 0 and u + v <= 1:
                    z = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2])
                    crossings[int(np.clip(np.ceil(z), 0, size[2])), j, i] += 1
    return np.cumsum(crossings[:-1], axis=0) % 2 == 1


def write_nrrd(path, labels, origin, spacing):
    header = ["NRRD0005", "type: uint8", "dimension: 3", "space: left-posterior-superior",
              "sizes: " + " ".join(str(n) for n in labels.shape[::-1]),
              "space directions: " + " ".join(f"({','.join(str(spacing * (r == c)) for c in range(3))})" for r in range(3)),
              "encoding: raw", f"space origin: ({','.join(f'{x:.6f}' for x in origin)})", "", ""]
    path.write_bytes("\n".join(header).encode() + labels.astype(np.uint8).tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--axes", default="RSP", help="where x, y and z of the surfaces point, of L R, P A, S I (Toronto heart: RSP)")
    parser.add_argument("--spacing-mm", type=float, default=0.8)
    parser.add_argument("--wall-mm", type=float, default=9.0)
    options = parser.parse_args()

    turn = np.array([DIRECTIONS[d] for d in options.axes.upper()], dtype=float)
    surfaces = {}
    for name in CHAMBERS:
        found = sorted(options.folder.glob(f"*{name}.obj"))
        if len(found) != 1:
            raise SystemExit(f"{options.folder}: expected one file *{name}.obj, found {len(found)}")
        points, triangles = read_obj(found[0])
        surfaces[name] = points @ turn, triangles
    everything = np.concatenate([points for points, _ in surfaces.values()])
    margin = options.wall_mm + 4
    origin = everything.min(axis=0) - margin
    size = np.ceil((everything.max(axis=0) + margin - origin) / options.spacing_mm).astype(int) + 1
    labels = np.zeros(size[::-1], dtype=np.uint8)
    inside = {name: voxelise(*surfaces[name], origin, options.spacing_mm, size) for name in CHAMBERS}
    for name in reversed(PRIORITY):
        labels[inside[name]] = CHAMBERS[name]

    distance = {name: ndimage.distance_transform_edt(labels != CHAMBERS[name], sampling=options.spacing_mm) for name in CHAMBERS}
    free = labels == 0
    for name in ("LA", "AO"):
        labels[free & (distance["LV"] + distance[name] < VALVE_GAP_MM)] = CHAMBERS[name]
    beyond = np.minimum.reduce([distance[name] for name in ("LA", "AO", "RA", "PA")])
    labels[(labels == 0) & (distance["LV"] <= options.wall_mm) & (distance["LV"] < beyond)] = 2
    write_nrrd(options.output, labels, origin, options.spacing_mm)
    for name, label in {**CHAMBERS, "LV wall": 2}.items():
        print(f"{name}: {np.count_nonzero(labels == label) * options.spacing_mm ** 3 / 1000:.1f} ml")


if __name__ == "__main__":
    main()
