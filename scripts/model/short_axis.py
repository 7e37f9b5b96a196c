"""Short-axis cine MR slices: what is trained on, loss and Dice where contours say only part of the truth."""
import numpy as np
import torch

from . import augment, phantoms, studies
from .samples import SPACING_MM

LABELS = ["background", "lv_cavity", "lv_wall", "rv_cavity"]
VALIDATION_SLICES = ("SCD0000101 slice 5 ", "SCD0000201 slice 4 ", "SCD0000201 slice 8 ", "biv-me slice 3 ")
DESCRIPTION = {"dimensions": 2, "modality": "MR", "orientation": "short-axis", "labels": LABELS,
               "preprocessing": {"spacing_mm": [SPACING_MM, SPACING_MM], "patch_size": [augment.PATCH, augment.PATCH],
                                 "normalisation": {"kind": "percentiles", "low": 1.0, "high": 99.0}}}


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


def real_slices(data):
    """Contoured slices to train on, and those held out."""
    real = studies.sunnybrook(data / "scd-sunnybrook") + studies.bivme(data / "bivme-cine4d") + studies.pig(data / "pig-cine-ep")
    held_out = [s for s in real if any(v in s.source + " " for v in VALIDATION_SLICES)]
    return [s for s in real if all(s is not h for h in held_out)], held_out


class Task:
    """Batches of real slices and a share of phantom slices."""

    batch_size, iterations, phantoms = 10, 2400, 32
    description = DESCRIPTION
    phantom_words = ["--modality", "cine-mr"]
    phantom_share = 0.35
    loss_of = staticmethod(loss_of)

    def __init__(self, options, made, made_out, random):
        self.random = random
        self.train, self.held_out = real_slices(options.data)
        self.synthetic = [s for folder in made for s in phantoms.samples(folder, random)]
        self.synthetic_out = [s for folder in made_out for s in phantoms.samples(folder, random, phases=2)]
        self.chance = np.array([s.weight for s in self.train]) / sum(s.weight for s in self.train)
        self.from_phantoms = round(options.batch * self.phantom_share) if self.synthetic else 0
        self.from_studies = options.batch - self.from_phantoms
        print(f"{len(self.train)} real and {len(self.synthetic)} phantom slices; held out {len(self.held_out)} and "
              f"{len(self.synthetic_out)}", flush=True)

    def batch(self):
        chosen = [self.train[i] for i in self.random.choice(len(self.train), self.from_studies, p=self.chance)]
        if self.from_phantoms:
            chosen += [self.synthetic[i] for i in self.random.integers(len(self.synthetic), size=self.from_phantoms)]
        return augment.patches(chosen, self.random)

    def data(self):
        return {"real": sorted({" ".join(s.source.split()[:2 if "sunny" in s.source else 1]) for s in self.train}),
                "real_slices": len(self.train), "phantom_slices": len(self.synthetic), "phantom_share": self.phantom_share,
                "held_out": list(VALIDATION_SLICES), "never_read": sorted(studies.TEST_PATIENTS)}

    def scores(self, network):
        return {"dice_real_held_out": dice_of(network, self.held_out),
                "dice_phantom_held_out": dice_of(network, self.synthetic_out) if self.synthetic_out else {}}
