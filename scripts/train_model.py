#!/usr/bin/python3
"""Trains a demonstration network.

  short-axis   short-axis cine MR, slice by slice: background, LV cavity, LV wall, RV cavity. Real contoured studies teach
               what they know (model/samples.py), phantoms fill in the right ventricle and the variety. Sunnybrook
               SCD0000301 is never read.
  whole-heart  contrast-enhanced CT, volumes: LV cavity and wall, RV, both atria, ascending aorta, pulmonary artery; on
               phantoms alone.

Writes OUTPUT (PyTorch) and beside it the training record (JSON); export_model.py turns both into the model file that the
pipeline reads.

  scripts/train_model.py short-axis --data ../shared/data --output build/model/short_axis_cine_mr.pt
"""
import argparse
import json
import os
import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from model import fit, phantoms, short_axis, whole_heart  # noqa: E402
from model.network import UNet  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
TASKS = {"short-axis": (short_axis.Task, "short_axis_cine_mr"), "whole-heart": (whole_heart.Task, "whole_heart_ct")}
FIRST_SEED, FIRST_HELD_OUT, HELD_OUT = 1001, 2001, 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("CARDIOTWIN_SHARED_DATA", ROOT.parent / "shared" / "data")))
    parser.add_argument("--output", type=pathlib.Path, help="default: build/model/NAME.pt")
    parser.add_argument("--phantom-folder", type=pathlib.Path, help="default: build/model/phantoms/TASK")
    parser.add_argument("--phantom-program", default=f"{ROOT}/build/release/cardiotwin")
    parser.add_argument("--phantoms", type=int, help=f"to train on, seeds {FIRST_SEED}...; {HELD_OUT} more are held out")
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start-from", type=pathlib.Path, help="weights of an earlier checkpoint")
    options = parser.parse_args()
    kind, name = TASKS[options.task]
    output = options.output or ROOT / "build" / "model" / f"{name}.pt"
    folder = options.phantom_folder or ROOT / "build" / "model" / "phantoms" / options.task
    count = kind.phantoms if options.phantoms is None else options.phantoms
    iterations, options.batch = options.iterations or kind.iterations, options.batch or kind.batch_size

    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    program = [options.phantom_program, "phantom", *kind.phantom_words]
    made = [phantoms.make(program, FIRST_SEED + i, folder) for i in range(count)]
    made_out = [phantoms.make(program, FIRST_HELD_OUT + i, folder) for i in range(HELD_OUT if made else 0)]
    task = kind(options, made, made_out, random)

    shape = {"labels": len(kind.description["labels"]), "dimensions": kind.description["dimensions"]}
    network, average = UNet(**shape), UNet(**shape)
    earlier = "random weights"
    if options.start_from:
        network.load_state_dict(torch.load(options.start_from)["weights"])
        earlier = {k: v for k, v in json.loads(options.start_from.with_suffix(".json").read_text()).items() if k != "curve"}

    def report(iteration, curve, seconds):
        scores = task.scores(average)
        print("      held out:", scores, flush=True)
        fit.save(output, average, kind.description, {
            "task": options.task,
            "data": task.data() | {"phantom_seeds": [FIRST_SEED, FIRST_SEED + count - 1],
                                   "phantom_seeds_held_out": [FIRST_HELD_OUT, FIRST_HELD_OUT + len(made_out) - 1]},
            "settings": {"iterations": iterations, "batch": options.batch, "optimiser": fit.optimiser_text(options.rate),
                         "seed": options.seed, "started_from": earlier},
            "iterations_done": iteration, "cpu_seconds": seconds, **scores, "curve": curve})

    fit.fit(network, average, task.batch, task.loss_of, iterations, options.rate, report)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
