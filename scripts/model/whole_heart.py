"""CT phantoms as volumes of a whole heart: samples at the network's spacing, augmentation, loss and Dice."""
import pathlib

import numpy as np
import torch
from torch.nn import functional

from . import phantoms, studies

LABELS = ["background", "lv_cavity", "lv_wall", "rv_cavity", "left_atrium", "right_atrium", "aorta", "pulmonary_artery"]
SPACING_MM = 2.5
PATCH = (64, 64, 64)
WINDOW = {"kind": "window", "low": -200.0, "high": 700.0, "mean": 150.0, "deviation": 200.0}


def at_spacing(volume, spacing, mode):
    """(k, j, i) at SPACING_MM: low-passed for images, one-hot probabilities for labels."""
    size = [max(1, int(np.ceil(n * s / SPACING_MM - 1e-6))) for n, s in zip(volume.shape[-3:], spacing)]
    grid = [(torch.arange(m, dtype=torch.float32) - (m - 1) / 2) * SPACING_MM / (n * s) * 2
            for m, n, s in zip(size, volume.shape[-3:], spacing)]
    where = torch.stack(torch.meshgrid(*grid, indexing="ij")[::-1], dim=-1)[None]
    return functional.grid_sample(volume[None], where, mode=mode, padding_mode="border", align_corners=False)[0]


def low_pass(volume, spacing):
    """The same Gaussian that segmentation uses where the model's spacing is coarser."""
    for axis, s in enumerate(spacing):
        step = SPACING_MM / s
        if step <= 1.2:
            continue
        sigma = 0.5 * np.sqrt(step * step - 1)
        reach = int(np.ceil(3 * sigma))
        kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
        shape, pad = [1, 1, 1, 1, 1], [0] * 6
        shape[axis + 2], pad[2 * (2 - axis)], pad[2 * (2 - axis) + 1] = len(kernel), reach, reach
        volume = functional.conv3d(functional.pad(volume[:, None], pad, mode="replicate"), (kernel / kernel.sum()).view(shape))[:, 0]
    return volume


def load(folder):
    """Image (1, k, j, i) [HU] and probabilities of every label (labels, k, j, i) at SPACING_MM."""
    folder = pathlib.Path(folder)
    truth, _, _ = phantoms.read_truth(folder / "truth.nrrd")
    slices = sorted((studies.read_slice(p) for p in (folder / "dicom").iterdir()), key=lambda s: float(s[1].ImagePositionPatient[2]))
    header = slices[0][1]
    spacing = [float(header.SliceThickness), *(float(s) for s in header.PixelSpacing)]
    image = torch.from_numpy(np.stack([pixels for pixels, _ in slices]).astype(np.float32))[None]
    one_hot = functional.one_hot(torch.from_numpy(truth[0].astype(np.int64)), len(LABELS)).permute(3, 0, 1, 2).float()
    return (at_spacing(low_pass(image, spacing), spacing, "bilinear").half(),
            at_spacing(low_pass(one_hot, spacing), spacing, "bilinear").argmax(dim=0).byte())


def normalised(image):
    return (image.clamp(WINDOW["low"], WINDOW["high"]) - WINDOW["mean"]) / WINDOW["deviation"]


def augmented(image, label, random):
    """A patch under a random rotation, scale, shear and smooth displacement, with other contrast, blur and noise."""
    angles = random.uniform(-0.35, 0.35, 3)
    rotation = np.eye(3)
    for axis, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.eye(3)
        a, b = [x for x in range(3) if x != axis]
        turn[a, a], turn[a, b], turn[b, a], turn[b, b] = c, -s, s, c
        rotation = rotation @ turn
    matrix = rotation @ np.diag(np.exp(random.uniform(-0.2, 0.2, 3)))
    size = np.array(label.shape)
    heart = np.argwhere(label.numpy() > 0)
    middle = heart[random.integers(len(heart))] if random.random() < 0.35 else heart.mean(axis=0) + random.uniform(-14, 14, 3)
    steps = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in PATCH]
    at = torch.stack(torch.meshgrid(*steps, indexing="ij"), dim=-1) @ torch.from_numpy(matrix.T.astype(np.float32))
    if random.random() < 0.7:
        coarse = torch.from_numpy(random.normal(0, random.uniform(0.5, 2.2), (1, 3, 5, 5, 5)).astype(np.float32))
        at = at + functional.interpolate(coarse, PATCH, mode="trilinear", align_corners=True)[0].permute(1, 2, 3, 0)
    at = at + torch.from_numpy(middle.astype(np.float32))
    where = ((2 * at + 1) / torch.from_numpy(size.astype(np.float32)) - 1).flip(-1)[None]
    x = functional.grid_sample(image[None].float(), where, mode="bilinear", padding_mode="border", align_corners=False)[0]
    y = functional.grid_sample(label[None, None].float(), where, mode="nearest", padding_mode="zeros", align_corners=False)[0, 0]
    inside = functional.grid_sample(torch.ones_like(label[None, None], dtype=torch.float32), where, mode="nearest", align_corners=False)[0]
    x = torch.where(inside > 0, x, torch.full_like(x, -1000.0) if random.random() < 0.5 else x)
    x = x * float(random.uniform(0.85, 1.15)) + float(random.uniform(-25, 25))
    x = normalised(x)
    if random.random() < 0.5:
        x = x + float(random.uniform(0, 0.12)) * torch.from_numpy(random.normal(size=x.shape).astype(np.float32))
    if random.random() < 0.3:
        x = 0.5 * x + 0.5 * functional.avg_pool3d(x[None], 3, stride=1, padding=1)[0]
    return x, y.long()


def patches(volumes, random):
    made = [augmented(*v, random) for v in volumes]
    return torch.stack([x for x, _ in made]), torch.stack([y for _, y in made])


def loss_of(logits, labels):
    """Cross-entropy plus one minus the mean Dice of the labels that the batch shows."""
    entropy = functional.cross_entropy(logits, labels)
    p = torch.softmax(logits, dim=1)
    truth = functional.one_hot(labels, logits.shape[1]).movedim(-1, 1).float()
    axes = (0, 2, 3, 4)
    size, overlap = p.sum(axes) + truth.sum(axes), (p * truth).sum(axes)
    shown = truth.sum(axes) > 0
    shown[0] = False
    return entropy + (1 - (2 * overlap + 1) / (size + 1))[shown].mean()


def dice_of(network, volumes):
    """Mean over volumes of the Dice per label, whole patches around the heart's middle."""
    network.eval()
    scores = []
    with torch.no_grad():
        for image, label in volumes:
            middle = np.argwhere(label.numpy() > 0).mean(axis=0).round().astype(int)
            low = [int(np.clip(m - p // 2, 0, max(0, n - p))) for m, p, n in zip(middle, PATCH, label.shape)]
            cut = tuple(slice(a, a + p) for a, p in zip(low, PATCH))
            x, y = normalised(image[(slice(None), *cut)].float()), label[cut].long()
            short = [p - n for p, n in zip(PATCH, y.shape)]
            pad = [v for s in reversed(short) for v in (0, s)]
            x, y = functional.pad(x, pad, value=(-200.0 - 150) / 200), functional.pad(y, pad)
            found = network(x[None]).argmax(dim=1)[0]
            scores.append([2 * ((found == c) & (y == c)).sum().item() / max(1, ((found == c).sum() + (y == c).sum()).item())
                           for c in range(1, len(LABELS))])
    network.train()
    return {name: round(float(s), 4) for name, s in zip(LABELS[1:], np.mean(scores, axis=0))}


class Task:
    """Batches of patches from CT phantoms alone."""

    batch_size, iterations, phantoms = 2, 1500, 120
    description = {"dimensions": 3, "modality": "CT", "orientation": "any", "labels": LABELS,
                   "preprocessing": {"spacing_mm": [SPACING_MM] * 3, "patch_size": list(PATCH), "normalisation": WINDOW}}
    phantom_words = ["--modality", "ct", "--matrix", "160", "--slice-thickness-mm", "2"]
    loss_of = staticmethod(loss_of)

    def __init__(self, options, made, made_out, random):
        self.random, self.size = random, options.batch
        self.train, self.held_out = [load(f) for f in made], [load(f) for f in made_out]
        print(f"{len(self.train)} phantoms; held out {len(self.held_out)}", flush=True)

    def batch(self):
        return patches([self.train[i] for i in self.random.integers(len(self.train), size=self.size)], self.random)

    def data(self):
        return {"phantoms": len(self.train), "real": []}

    def scores(self, network):
        return {"dice_phantom_held_out": dice_of(network, self.held_out)}
