#!/usr/bin/python3
"""Turns manual contours of the Sunnybrook Cardiac Data into reference labels on the image's own grid.

  scripts/contours_to_labels.py FOLDER SCD0000301 reference.nrrd

FOLDER holds full_cine/, contourfiles/ and link.csv. The result is a gzipped 4D NRRD (i, j, k, phase; LPS): 1 LV cavity,
2 LV wall (contoured at end diastole alone), 0 everywhere else, also where nothing was contoured. Slices are ordered along
the normal of the image plane and phases by trigger time, as the ingest stage orders them.
"""
import argparse
import csv
import gzip
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from model.samples import polygon_mask  # noqa: E402
from model.studies import read_contour, read_slice  # noqa: E402


def labels_of(contours, number, shape):
    """Labels of file `number`, zeros where it has no contour."""
    labels = np.zeros(shape, np.uint8)
    inner = contours / "i-contours" / f"IM-0001-{number:04d}-icontour-manual.txt"
    outer = contours / "o-contours" / f"IM-0001-{number:04d}-ocontour-manual.txt"
    if outer.exists():
        labels[polygon_mask(read_contour(outer), shape)] = 2
    if inner.exists():
        labels[polygon_mask(read_contour(inner), shape)] = 1
    return labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("patient")
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    with open(options.folder / "link.csv") as file:
        link = {row["patient_id"]: row["original_id"] for row in csv.DictReader(file)}
    if options.patient not in link:
        sys.exit(f"{options.patient}: expected one of {', '.join(sorted(link))}")
    contours = options.folder / "contourfiles" / link[options.patient]
    planes = {}
    for path in (options.folder / "full_cine" / options.patient).glob("*.dcm"):
        image, header = read_slice(path)
        row, column = (np.array(header.ImageOrientationPatient[s], dtype=float) for s in (slice(0, 3), slice(3, 6)))
        position = np.array(header.ImagePositionPatient, dtype=float)
        height = round(float(position @ np.cross(row, column)), 2)
        planes.setdefault(height, []).append((float(header.TriggerTime), int(path.stem), image.shape, position, row, column, header.PixelSpacing))
    stack = [sorted(planes[h], key=lambda s: s[0]) for h in sorted(planes)]
    if len({len(s) for s in stack}) != 1:
        sys.exit(f"{options.patient}: slices with different numbers of phases")
    labels = np.stack([[labels_of(contours, s[p][1], s[p][2]) for s in stack] for p in range(len(stack[0]))])
    _, _, _, origin, row, column, spacing = stack[0][0]
    between = (stack[-1][0][3] - origin) / (len(stack) - 1)
    vector = lambda v: "(" + ",".join(f"{x:.12g}" for x in v) + ")"  # noqa: E731
    directions = " ".join(vector(v) for v in (row * float(spacing[1]), column * float(spacing[0]), between))
    header = (f"NRRD0005\ntype: uint8\ndimension: 4\nspace: left-posterior-superior\nsizes: {' '.join(str(n) for n in labels.shape[::-1])}\n"
              f"space directions: {directions} none\nkinds: domain domain domain list\nencoding: gzip\nspace origin: {vector(origin)}\n\n")
    options.output.write_bytes(header.encode() + gzip.compress(labels.tobytes(), mtime=0))
    counted = [int((labels[p] == 1).sum()) for p in range(len(labels))]
    voxel = float(spacing[0]) * float(spacing[1]) * float(np.linalg.norm(between)) / 1000
    print(f"{options.output}: " + ", ".join(f"phase {p} {c * voxel:.1f} ml" for p, c in enumerate(counted) if c))


if __name__ == "__main__":
    main()
