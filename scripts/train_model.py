#!/usr/bin/python3
"""Trains the demonstration network for short-axis cine MR: background, LV cavity, LV wall, RV cavity.

Real contoured studies teach what they know (see model/samples.py), phantoms fill in the right ventricle and the variety.
Sunnybrook SCD0000301 is never read. Writes CHECKPOINT (PyTorch) and beside it the training record (JSON);
export_model.py turns both into the model file that the pipeline reads.

  scripts/train_model.py --data ../shared/data --output build/model/short_axis_cine_mr.pt
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import sys
import time

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from model import augment, phantoms, studies  # noqa: E402
from model.network import UNet  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
LABELS = ["background", "LV cavity", "LV wall", "RV cavity"]
VALIDATION_SLICES = ("SCD0000101 slice 5 ", "SCD0000201 slice 4 ", "SCD0000201 slice 8 ", "biv-me slice 3 ")


def loss_of(logits, sets):
    """Marginal cross-entropy, plus one minus Dice per class over the pixels where the sets decide about the class."""
    logits = logits.float()
    bits = torch.stack([(sets >> c) & 1 for c in range(logits.shape[1])], dim=1).bool()
    log_p = torch.log_softmax(logits, dim=1)
    entropy = -torch.logsumexp(log_p.masked_fill(~bits, -1e4), dim=1).mean()
    p = log_p.exp()
    alone = bits.sum(dim=1, keepdim=True) == 1
    dice, classes = 0.0, 0
    for c in range(1, logits.shape[1]):
        sure = (bits[:, c] & alone[:, 0])
        known = sure | ~bits[:, c]
        if sure.any():
            overlap, size = (p[:, c] * sure).sum(), (p[:, c] * known).sum() + sure.sum()
            dice, classes = dice + 1 - 2 * overlap / (size + 1e-6), classes + 1
    return entropy + dice / max(classes, 1)


def dice_of(network, samples):
    """Dice per class over all samples together, on the pixels where the sets decide about the class."""
    network.eval()
    overlap, size = np.zeros(len(LABELS)), np.zeros(len(LABELS))
    with torch.no_grad():
        for start in range(0, len(samples), 16):
            images, sets = augment.central(samples[start:start + 16])
            found = network(images).argmax(dim=1).numpy()
            for c in range(1, len(LABELS)):
                sure = sets == 1 << c
                known = sure | ((sets >> c) & 1 == 0)
                if sure.any():
                    overlap[c] += 2 * np.count_nonzero((found == c) & sure)
                    size[c] += np.count_nonzero((found == c) & known) + np.count_nonzero(sure)
    network.train()
    return {LABELS[c]: round(float(overlap[c] / size[c]), 4) for c in range(1, len(LABELS)) if size[c]}


def load_studies(data):
    real = studies.sunnybrook(data / "scd-sunnybrook") + studies.bivme(data / "bivme-cine4d") + studies.pig(data / "pig-cine-ep")
    held_out = [s for s in real if any(v in s.source + " " for v in VALIDATION_SLICES)]
    return [s for s in real if all(s is not h for h in held_out)], held_out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("CARDIOTWIN_SHARED_DATA", ROOT.parent / "shared" / "data")))
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "model" / "short_axis_cine_mr.pt")
    parser.add_argument("--phantom-folder", type=pathlib.Path, default=ROOT / "build" / "model" / "phantoms")
    parser.add_argument("--phantom-program", default=f"{ROOT}/build/release/cardiotwin phantom --modality cine-mr")
    parser.add_argument("--phantoms", type=int, default=32, help="number of training phantoms, seeds 1001...; 4 more are held out")
    parser.add_argument("--phantom-share", type=float, default=0.35, help="of every batch")
    parser.add_argument("--iterations", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start-from", type=pathlib.Path, help="weights of an earlier checkpoint")
    options = parser.parse_args()

    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    train, held_out = load_studies(options.data)
    program = options.phantom_program.split()
    made = [phantoms.make(program, 1001 + i, options.phantom_folder) for i in range(options.phantoms)]
    made_out = [phantoms.make(program, 2001 + i, options.phantom_folder) for i in range(4 if made else 0)]
    synthetic = [s for folder in made for s in phantoms.samples(folder, random)]
    synthetic_out = [s for folder in made_out for s in phantoms.samples(folder, random, phases=2)]
    chance = np.array([s.weight for s in train])
    chance /= chance.sum()
    print(f"{len(train)} real and {len(synthetic)} phantom slices; held out {len(held_out)} and {len(synthetic_out)}", flush=True)

    network, average = UNet(), UNet()
    earlier = "random weights"
    if options.start_from:
        network.load_state_dict(torch.load(options.start_from)["weights"])
        earlier = {k: v for k, v in json.loads(options.start_from.with_suffix(".json").read_text()).items() if k != "curve"}
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-2)
    warmup = 50
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda i: min(1, (i + 1) / warmup) * 0.5 *
                                                 (1 + math.cos(math.pi * i / options.iterations)) + 1e-4)
    from_phantoms = round(options.batch * options.phantom_share) if synthetic else 0
    curve, running, begin = [], 0.0, time.process_time()
    options.output.parent.mkdir(parents=True, exist_ok=True)

    def save(iteration):
        record = {
            "data": {"real": sorted({" ".join(s.source.split()[:2 if "sunny" in s.source else 1]) for s in train}),
                     "real_slices": len(train), "phantom_slices": len(synthetic), "phantom_seeds": [1001, 1000 + options.phantoms],
                     "held_out": list(VALIDATION_SLICES) + [f"phantom {2001 + i}" for i in range(len(made_out))],
                     "never_read": sorted(studies.TEST_PATIENTS)},
            "settings": {"iterations": options.iterations, "batch": options.batch, "phantom_share": options.phantom_share,
                         "optimiser": f"AdamW {options.rate}, weight decay 1e-2, cosine", "average": 0.99, "seed": options.seed,
                         "started_from": earlier},
            "iterations_done": iteration, "cpu_seconds": round(time.process_time() - begin),
            "parameters": sum(p.numel() for p in network.parameters()),
            "dice_real_held_out": dice_of(average, held_out),
            "dice_phantom_held_out": dice_of(average, synthetic_out) if synthetic_out else {},
            "curve": curve,
        }
        torch.save({"weights": average.state_dict(), "settings": network.settings(), "labels": LABELS}, options.output)
        record["checkpoint_sha256"] = hashlib.sha256(options.output.read_bytes()).hexdigest()
        options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
        return record

    for iteration in range(1, options.iterations + 1):
        batch = [train[i] for i in random.choice(len(train), options.batch - from_phantoms, p=chance)]
        batch += [synthetic[i] for i in random.integers(len(synthetic), size=from_phantoms)] if from_phantoms else []
        images, sets = augment.patches(batch, random)
        loss = loss_of(network(images), sets)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 12.0)
        optimiser.step()
        schedule.step()
        keep = min(0.99, iteration / (iteration + 10))
        with torch.no_grad():
            for a, w in zip(average.parameters(), network.parameters()):
                a.lerp_(w, 1 - keep)
        running += loss.item()
        if iteration % 50 == 0:
            curve.append({"iteration": iteration, "loss": round(running / 50, 4)})
            print(f"{iteration:5d}  loss {running / 50:.4f}  {(time.process_time() - begin) / iteration:.2f} CPU s", flush=True)
            running = 0.0
        if iteration % 300 == 0 or iteration == options.iterations:
            record = save(iteration)
            print("      held out:", record["dice_real_held_out"], record["dice_phantom_held_out"], flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
