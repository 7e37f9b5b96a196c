#!/usr/bin/python3
"""Writes the model file (HDF5) that the segmentation stage reads, from a checkpoint of train_model.py.

  scripts/export_model.py build/model/short_axis_cine_mr.pt data/models/short_axis_cine_mr.h5

Other checkpoints are refused by name: a network from elsewhere is exported with model.format.write, which takes any
PyTorch module made of the operations in docs/model_format.md, once its preprocessing is known.
"""
import argparse
import hashlib
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from model import augment, format  # noqa: E402
from model.network import UNet  # noqa: E402
from model.samples import SPACING_MM  # noqa: E402


def load(path):
    """The checkpoint of train_model.py; anything else is refused with what it seems to be."""
    checkpoint = torch.load(path, map_location="cpu")
    if not isinstance(checkpoint, dict) or not {"weights", "settings", "labels"} <= set(checkpoint):
        kind = "an nnU-Net result" if isinstance(checkpoint, dict) and {"network_weights", "init_args"} <= set(checkpoint) else "something else"
        sys.exit(f"{path}: expected a checkpoint of train_model.py, got {kind}\n  export other networks with model.format.write (docs/model_format.md)")
    return checkpoint


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    checkpoint = load(options.checkpoint)
    record = json.loads(options.checkpoint.with_suffix(".json").read_text())
    if record["checkpoint_sha256"] != hashlib.sha256(options.checkpoint.read_bytes()).hexdigest():
        sys.exit(f"{options.checkpoint}: its training record beside it belongs to another checkpoint")
    network = UNet(**checkpoint["settings"])
    network.load_state_dict(checkpoint["weights"])
    options.output.parent.mkdir(parents=True, exist_ok=True)
    sha = format.write(
        options.output, network, dimensions=network.dimensions, name=options.output.stem, modality="MR", orientation="short-axis",
        labels=["background", "lv_cavity", "lv_wall", "rv_cavity"],
        preprocessing={"spacing_mm": [SPACING_MM, SPACING_MM], "patch_size": [augment.PATCH, augment.PATCH],
                       "normalisation": {"kind": "percentiles", "low": 1.0, "high": 99.0}},
        training={k: v for k, v in record.items() if k != "curve"})
    record["model_sha256"] = sha
    record["file_sha256"] = hashlib.sha256(options.output.read_bytes()).hexdigest()
    options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    manifest = options.output.parent.parent / "MANIFEST"
    lines = [] if not manifest.exists() else [l for l in manifest.read_text().splitlines() if not l.endswith(f"  models/{options.output.name}")
                                               and not l.endswith(f"  models/{options.output.with_suffix('.json').name}")]
    for path in (options.output, options.output.with_suffix(".json")):
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  models/{path.name}")
    manifest.write_text("\n".join(sorted(lines, key=lambda l: l.split()[-1])) + "\n")
    print(f"{options.output}: {options.output.stat().st_size} bytes, model hash {sha}")


if __name__ == "__main__":
    main()
