"""Phantom studies as fully labelled training samples."""
import json
import pathlib
import subprocess

import numpy as np

from . import studies
from .samples import Sample, of_labels, resample


def read_truth(path):
    """Labels (phase, k, j, i) and pixel spacing of a raw-encoded NRRD."""
    data = pathlib.Path(path).read_bytes()
    head, body = data.split(b"\n\n", 1)
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    sizes = [int(s) for s in fields["sizes"].split()]
    if fields["encoding"] != "raw" or fields["type"] not in ("uint8", "unsigned char", "uchar"):
        raise ValueError(f"{path}: expected raw uint8 labels, got {fields['encoding']} {fields['type']}")
    directions = np.array([[float(x) for x in d.strip("()").split(",")] for d in fields["space directions"].split() if d != "none"])
    origin = np.array([float(x) for x in fields["space origin"].strip("()").split(",")])
    return np.frombuffer(body, np.uint8).reshape(sizes[::-1]), directions, origin


def make(program, seed, folder):
    """The phantom of this seed, made with the program unless it is there already."""
    folder = pathlib.Path(folder) / str(seed)
    if not (folder / "truth.json").exists():
        subprocess.run([*program, "--seed", str(seed), "--output", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


def samples(folder, random, phases=3):
    """Slices of the first, the smallest and further phases, each with its truth."""
    folder = pathlib.Path(folder)
    truth, directions, origin = read_truth(folder / "truth.nrrd")
    volumes = json.loads((folder / "truth.json").read_text())["lv_volume_ml"]
    chosen = {0, int(np.argmin(volumes))}
    chosen |= set(random.permutation(sorted(set(range(len(volumes))) - chosen))[:phases - len(chosen)].tolist())
    normal = directions[2] / np.linalg.norm(directions[2])
    slices = [studies.read_slice(p) for p in (folder / "dicom").iterdir()]
    times = sorted({float(h.TriggerTime) for _, h in slices})
    result = []
    for image, header in slices:
        offset = np.dot(np.array(header.ImagePositionPatient, dtype=float) - origin, normal)
        k = int(round(offset / np.linalg.norm(directions[2])))
        phase = int(np.argmin([abs(t - float(header.TriggerTime)) for t in times]))
        if phase in chosen:
            spacing = [float(s) for s in header.PixelSpacing]
            result.append(Sample(resample(image, spacing).astype(np.float16), resample(of_labels(truth[phase, k]), spacing, order=0),
                                 f"phantom {folder.name} slice {k} phase {phase}"))
    return result
