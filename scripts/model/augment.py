"""Random patches: what a short-axis slice may look like on another patient, scanner and position."""
import numpy as np
import torch
import torch.nn.functional as F

from .samples import SIDE, SPACING_MM

PATCH = 128


def normalise(patches):
    """1st to 99th percentile of each patch to 0..1, clipped: exactly what the inference engine does."""
    flat = patches.flatten(1)
    low, high = torch.quantile(flat, 0.01, dim=1, keepdim=True), torch.quantile(flat, 0.99, dim=1, keepdim=True)
    return ((flat - low) / (high - low).clamp_min(1e-6)).clamp(0, 1).view_as(patches)


def smooth_field(random, batch, coarse, channels):
    """Smooth random values of unit size over the patch."""
    field = torch.from_numpy(random.standard_normal((batch, channels, coarse, coarse)).astype(np.float32))
    return F.interpolate(field, size=(PATCH, PATCH), mode="bicubic", align_corners=False)


def centre(sets):
    """Middle of the ventricle in pixels from the middle of the slice; zero where there is none."""
    ys, xs = np.nonzero((sets == 2) | (sets == 4))
    return np.array([xs.mean(), ys.mean()]) - (SIDE - 1) / 2 if len(xs) else np.zeros(2)


def patches(samples, random):
    """Images (n x 1 x PATCH x PATCH, normalised) and label sets of randomly deformed and disturbed patches."""
    n = len(samples)
    images = torch.from_numpy(np.stack([s.image for s in samples]).astype(np.float32))[:, None]
    sets = torch.from_numpy(np.stack([s.sets for s in samples]).astype(np.float32))[:, None]
    # row and column directions of a short-axis plane are the operator's choice: quarter turns and mirror images happen
    angle = np.deg2rad(random.uniform(-45, 45, n) + 90 * random.integers(4, size=n) * (random.random(n) < 0.15))
    scale = np.exp(random.uniform(-0.3, 0.3, n))
    mirror = np.where(random.random(n) < 0.15, -1.0, 1.0)
    # between the middle of the image, which inference uses, and the middle of the heart
    middle = np.stack([random.uniform(0, 1) * centre(s.sets) for s in samples]) + random.uniform(-18, 18, (n, 2))
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    matrix = np.stack([np.stack([c * mirror, -s], 1), np.stack([s * mirror, c], 1)], 1) * (PATCH / SIDE)
    theta = np.concatenate([matrix, (middle / (SIDE / 2))[:, :, None]], axis=2).astype(np.float32)
    grid = F.affine_grid(torch.from_numpy(theta), (n, 1, PATCH, PATCH), align_corners=False)
    elastic = smooth_field(random, n, 6, 2) * torch.from_numpy(random.uniform(0, 4.0 / SPACING_MM, (n, 1, 1, 1)).astype(np.float32))
    grid = grid + elastic.permute(0, 2, 3, 1) / (SIDE / 2)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    sets = F.grid_sample(sets, grid, mode="nearest", padding_mode="zeros", align_corners=False)[:, 0].to(torch.uint8)
    sets[sets == 0] = 1  # outside the slice is background

    images = normalise(images)

    def some(values, chance):
        """values where the dice fall, else the neutral 0"""
        return torch.from_numpy(np.where(random.random(n) < chance, values, 0).astype(np.float32))[:, None, None, None]

    images = images.clamp_min(1e-4) ** torch.exp(some(random.uniform(-0.6, 0.6, n), 0.7))
    images = images * torch.exp(some(random.uniform(0, 0.6, n), 0.7) * smooth_field(random, n, 3, 1))
    blurred = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    images = images + some(random.uniform(-0.8, 1.0, n), 0.5) * (blurred - images)  # negative: sharper
    noise = torch.from_numpy(random.standard_normal(images.shape).astype(np.float32))
    images = images + some(random.uniform(0, 0.1, n), 0.5) * noise
    return normalise(images), sets


def central(samples):
    """Undisturbed central patches, as inference sees them."""
    low = (SIDE - PATCH) // 2
    window = np.s_[low:low + PATCH, low:low + PATCH]
    images = torch.from_numpy(np.stack([s.image[window] for s in samples]).astype(np.float32))[:, None]
    return normalise(images), np.stack([s.sets[window] for s in samples])
