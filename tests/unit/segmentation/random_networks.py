#!/usr/bin/python3
"""Random networks with their answers, as PyTorch gives them: random_networks.py FOLDER.

For each network: NAME.h5 (model file) and NAME_answer.h5 (input, logits, image, probabilities by sliding window).
"""
import pathlib
import sys

import h5py
import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from model import format  # noqa: E402
from model.network import UNet  # noqa: E402


class Mixed(nn.Module):
    """Every operation of the format, with channel counts that fill no vector register."""

    def __init__(self, dimensions):
        super().__init__()
        two = dimensions == 2
        conv, up, batch, inst = ((nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d) if two else
                                 (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d, nn.InstanceNorm3d))
        self.first = conv(1, 5, 3, padding=1)
        self.first_norm = batch(5)
        self.act = nn.ReLU()
        self.strided = conv(5, 12, 3, stride=2, padding=1)
        self.soft = nn.LeakyReLU(0.2)
        self.pool = (nn.AvgPool2d if two else nn.AvgPool3d)(2)
        self.low = conv(12, 20, (3, 1) if two else (3, 1, 3), padding=(1, 0) if two else (1, 0, 1))
        self.low_norm = inst(20, affine=False)
        self.back = conv(20, 12, 1)
        self.drop = nn.Dropout(0.5)
        self.residual = conv(12, 12, 3, padding=1)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear" if two else "trilinear", align_corners=False)
        self.coarse = nn.Upsample(scale_factor=2, mode="nearest")
        self.up = up(24, 7, 4, stride=2, padding=1)
        self.max = (nn.MaxPool2d if two else nn.MaxPool3d)(3, stride=1, padding=1)
        self.last = conv(24, 3, 1)

    def forward(self, x):
        a = self.act(self.first_norm(self.first(x)))
        b = self.soft(self.strided(a))
        c = self.back(self.low_norm(self.low(self.pool(b))))
        d = self.drop(c + self.act(self.residual(c)))
        e = torch.cat([b, self.grow(d)], dim=1)
        f = self.up(e)
        g = self.coarse(self.coarse(d))
        return self.last(torch.cat([self.max(f), a, g], dim=1))


def gaussian(patch):
    axes = [np.exp(-0.5 * ((np.arange(p) - (p - 1) / 2) / (p / 8)) ** 2) for p in patch]
    weights = axes[0]
    for axis in axes[1:]:
        weights = weights[..., None] * axis
    return weights


def starts(size, patch):
    if size <= patch:
        return [0]
    steps = -(-(size - patch) // max(1, patch // 2))
    return [int(np.floor(s * (size - patch) / steps + 0.5)) for s in range(steps + 1)]


def sliding(network, image, patch, flips):
    """Probabilities averaged over patches with Gaussian weights; the percentile normalisation is each patch's own."""
    sums, total = 0, 0
    weights = gaussian(patch)
    grids = np.meshgrid(*[starts(s, p) for s, p in zip(image.shape, patch)], indexing="ij")
    sums, total = np.zeros((3, *image.shape)), np.zeros(image.shape)
    last = (image.ndim - 2, image.ndim - 1)
    for origin in np.stack([g.ravel() for g in grids], axis=1):
        window = tuple(slice(o, o + p) for o, p in zip(origin, patch))
        crop = image[window]
        low, high = np.quantile(crop, [0.01, 0.99])
        crop = np.clip((crop - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
        for axes in [(), (last[1],), (last[0],), last] if flips else [()]:
            out = network(torch.from_numpy(np.flip(crop, axes).copy())[None, None]).softmax(1)[0].numpy()
            sums[(slice(None), *window)] += weights * np.flip(out, [a + 1 for a in axes])
            total[window] += weights
    return sums / total


def main(folder):
    torch.manual_seed(3)
    random = np.random.default_rng(3)
    torch.set_num_threads(1)
    cases = {
        "unet2d": (UNet((6, 16, 33), labels=3), (32, 48), (50, 75), True),
        "unet3d": (UNet((8, 16, 24), labels=3, dimensions=3), (8, 16, 24), (13, 16, 40), False),
        "mixed2d": (Mixed(2), (32, 24), (32, 61), False),
        "mixed3d": (Mixed(3), (16, 8, 12), (20, 8, 12), True),
    }
    for name, (network, patch, size, flips) in cases.items():
        for module in network.modules():
            if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
                module.running_mean.uniform_(-1, 1)
                module.running_var.uniform_(0.3, 2)
            if getattr(module, "affine", False):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.5, 0.5)
        network.eval()
        format.write(folder / f"{name}.h5", network, dimensions=len(patch), name=name, modality="MR", orientation="any",
                     labels=["a", "b", "c"], preprocessing={"spacing_mm": [1.0] * len(patch), "patch_size": list(patch),
                                                            "normalisation": {"kind": "percentiles", "low": 1.0, "high": 99.0}},
                     training={"data": "random weights"})
        batch = random.normal(2.0, 3.0, (3, 1, *patch)).astype(np.float32)
        image = random.gamma(2.0, 100.0, size).astype(np.float32)
        with torch.no_grad(), h5py.File(folder / f"{name}_answer.h5", "w") as file:
            file["input"] = batch
            file["logits"] = network(torch.from_numpy(batch)).numpy()
            file["image"] = image
            file["flips"] = np.array([float(flips)])
            file["probabilities"] = sliding(network, image, patch, flips).astype(np.float32)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
