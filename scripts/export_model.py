#!/usr/bin/python3
"""Writes the model file (HDF5) that the segmentation stage reads, from trained weights.

  scripts/export_model.py build/model/short_axis_cine_mr.pt data/models/short_axis_cine_mr.h5
  scripts/export_model.py nnunet FOLDER OUTPUT.h5 [--configuration 3d_fullres] [--fold 0] [--modality MR] [--rename LV=lv_cavity]
  scripts/export_model.py monai --architecture DynUNet --config ARGUMENTS.json WEIGHTS.pt OUTPUT.h5

The first takes a checkpoint of train_model.py, with its training record beside it, and enters the result in the MANIFEST. FOLDER
is nnU-Net's results folder TRAINER__PLANS__CONFIGURATION. Neither nnU-Net nor MONAI need be installed. The file format is told in
docs/model_format.md. Weights are unpickled: export only files whose origin you trust.
"""
import argparse
import hashlib
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from model import format, monai, nnunet  # noqa: E402
from model.network import UNet  # noqa: E402


def load(path):
    """The checkpoint of train_model.py; anything else is refused with what it seems to be."""
    checkpoint = torch.load(path, map_location="cpu")
    if not isinstance(checkpoint, dict) or not {"weights", "settings", "description"} <= set(checkpoint):
        kind = "an nnU-Net result" if isinstance(checkpoint, dict) and {"network_weights", "init_args"} <= set(checkpoint) else "something else"
        sys.exit(f"{path}: expected a checkpoint of train_model.py, got {kind}\n  export others with \"nnunet FOLDER\" or \"monai\" (--help)")
    return checkpoint


def enter_in_manifest(paths):
    """Hashes of shipped files, in MANIFEST above the folder of the models."""
    manifest = paths[0].parent.parent / "MANIFEST"
    names = {f"models/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    lines = [line for line in (manifest.read_text().splitlines() if manifest.exists() else []) if line.split()[-1] not in names]
    lines += [f"{sha}  {name}" for name, sha in names.items()]
    manifest.write_text("\n".join(sorted(lines, key=lambda line: line.split()[-1])) + "\n")


def export_own(options):
    checkpoint = load(options.checkpoint)
    record = json.loads(options.checkpoint.with_suffix(".json").read_text())
    if record["checkpoint_sha256"] != hashlib.sha256(options.checkpoint.read_bytes()).hexdigest():
        sys.exit(f"{options.checkpoint}: its training record beside it belongs to another checkpoint")
    network = UNet(**checkpoint["settings"])
    network.load_state_dict(checkpoint["weights"])
    sha = format.write(options.output, network, name=options.output.stem, **checkpoint["description"],
                       training={k: v for k, v in record.items() if k != "curve"})
    record["model_sha256"] = sha
    record["file_sha256"] = hashlib.sha256(options.output.read_bytes()).hexdigest()
    options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    enter_in_manifest([options.output, options.output.with_suffix(".json")])
    return sha


def export_foreign(options):
    """A network of another framework; options overrule what its files say."""
    if options.framework == "nnunet":
        network, facts = nnunet.read(options.folder, options.configuration, options.fold, options.checkpoint_name)
    else:
        network, facts = monai.read(options.architecture, options.config, options.weights)
    new_names = dict(pair.split("=", 1) for pair in options.rename)
    if unknown := set(new_names) - set(facts["labels"]):
        raise ValueError(f"--rename: expected labels of the network, {facts['labels']}, found {sorted(unknown)}\n  correct the names")
    facts["labels"] = [new_names.get(label, label) for label in facts["labels"]]
    facts["modality"] = options.modality or facts["modality"]
    facts["orientation"] = options.orientation or facts.get("orientation", "any")
    if facts["modality"] is None:
        raise ValueError(f"modality: expected MR or CT, found the channels {facts['training']['channels']}\n  say it with --modality")
    return format.write(options.output, network, **facts)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    if not arguments or arguments[0] not in ("nnunet", "monai"):
        parser.add_argument("checkpoint", type=pathlib.Path)
        parser.set_defaults(framework=None)
    else:
        parser.add_argument("framework", choices=("nnunet", "monai"))
        if arguments[0] == "nnunet":
            parser.add_argument("folder", type=pathlib.Path)
            parser.add_argument("--configuration", help="of the plans; else that of the checkpoint")
            parser.add_argument("--fold", help="else the first one that has the checkpoint")
            parser.add_argument("--checkpoint", dest="checkpoint_name", default="checkpoint_final.pth")
        else:
            parser.add_argument("--architecture", required=True, choices=sorted(monai.ARCHITECTURES))
            parser.add_argument("--config", required=True, type=pathlib.Path, help="JSON, told in docs/model_format.md")
            parser.add_argument("weights", type=pathlib.Path)
        parser.add_argument("--modality", choices=("MR", "CT"))
        parser.add_argument("--orientation", choices=("any", "axial", "short-axis"))
        parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="a label's name; may be given several times")
    parser.add_argument("output", type=pathlib.Path)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    try:
        sha = export_foreign(options) if options.framework else export_own(options)
    except (ValueError, RuntimeError) as error:  # RuntimeError: weights that do not fit the architecture, by name
        sys.exit(f"export_model.py: {error}")
    print(f"{options.output}: {options.output.stat().st_size} bytes, model hash {sha}")


if __name__ == "__main__":
    main(sys.argv[1:])
