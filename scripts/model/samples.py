"""Training samples: an image slice at the network's spacing and, per pixel, the SET of labels it may have.

A label set is a bit mask: bit c is set when label c is possible. A contoured pixel has one bit, a pixel about which a
study says only "not the left ventricle" has several, and 15 means that nothing is known. The loss is the negative
logarithm of the probability of the set (marginal cross-entropy), so that every study teaches exactly what it knows.
"""
import dataclasses
import functools

import numpy as np
import scipy.ndimage as ndi

BACKGROUND, CAVITY, WALL, RIGHT = 1, 2, 4, 8  # bits of labels 0, 1, 2, 3
ANYTHING = 15

SPACING_MM = 1.4
SIDE = 208  # pixels of a stored slice: larger than the patch, so that rotated and shifted patches stay inside


@dataclasses.dataclass
class Sample:
    image: np.ndarray    # (SIDE, SIDE) float32, raw intensities
    sets: np.ndarray     # (SIDE, SIDE) uint8, bit masks
    source: str          # study, slice and phase, for the record
    weight: float = 1.0  # relative chance of being drawn


def resample(image, spacing_mm, order=1):
    """The slice at SPACING_MM, centre on centre, cropped or zero-padded to SIDE x SIDE."""
    image = np.asarray(image)
    centre = (np.array(image.shape) - 1) / 2
    step = SPACING_MM / np.asarray(spacing_mm, dtype=float)
    if order and np.any(step > 1.2):  # avoid aliasing where the image is much finer than the network
        image = ndi.gaussian_filter(image.astype(np.float32), np.maximum(0, 0.5 * np.sqrt(step**2 - 1)))
    return ndi.affine_transform(image, np.diag(step), centre - step * (SIDE - 1) / 2, output_shape=(SIDE, SIDE), order=order,
                                mode="constant", cval=0)


def polygon_mask(points, shape, oversampling=4):
    """Pixels whose centre lies inside the closed polygon; `points` are (x, y) in pixels, 0-based, pixel centres at integers."""
    points = np.asarray(points, dtype=float)
    x, y = points.T
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    rows = np.arange(shape[0])[:, None]
    crosses = (y[None] <= rows) != (y2[None] <= rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x[None] + (rows - y[None]) * (x2 - x)[None] / (y2 - y)[None]
    mask = np.zeros(shape, bool)
    columns = np.arange(shape[1])
    for row in range(shape[0]):
        if crosses[row].any():
            mask[row] = np.count_nonzero(at[row, crosses[row]][None] > columns[:, None], axis=1) % 2 == 1
    return mask


@functools.lru_cache(maxsize=None)
def disk(radius_pixels):
    r = int(np.ceil(radius_pixels))
    y, x = np.mgrid[-r:r + 1, -r:r + 1]
    return x * x + y * y <= radius_pixels**2


def of_labels(labels):
    """Label sets of a fully labelled slice."""
    return (1 << labels.astype(np.uint8)).astype(np.uint8)
