"""Features of pictures where there is no classifier: of convolutions with random weights.

They tell textures and shapes apart well enough to compare samplers on one bundle. What they say is
comparable with nothing else, and is named after them, never after Inception.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["random_features"]

WIDTHS = (32, 64, 64)
SEED = 2309

BATCH, PIXELS = 256, 2**24
"""Pictures at a time, and their pixels: larger pictures go through in smaller batches."""

Float32 = NDArray[np.float32]


def random_features(x: Float32) -> Float32:
    """Features, float32 (n, 224), of pictures ``x`` (n, h, w, c) in [0, 1].

    Three convolutions of 3 x 3 and step 2 with weights of N(0, 2 / fan-in), after each of which
    the mean over all places is a feature, and after the last the deviation too; the same weights
    always (after Saxe et al. 2011, On random weights and unsupervised feature learning).

    Example:
        >>> random_features(np.zeros((2, 8, 8, 1), np.float32)).shape
        (2, 224)
    """
    import torch
    from torch.nn import functional

    rng = np.random.default_rng(SEED)
    weights, before = [], 3
    for width in WIDTHS:
        kernel = rng.standard_normal((width, before, 3, 3)) * np.sqrt(2 / (9 * before))
        weights.append(torch.from_numpy(kernel.astype(np.float32)))
        before = width
    found = []
    with torch.inference_mode():
        at_once = min(BATCH, max(1, PIXELS // (x.shape[1] * x.shape[2])))
        for start in range(0, len(x), at_once):
            batch = x[start : start + at_once]
            if batch.shape[3] == 1:
                batch = np.repeat(batch, 3, axis=3)
            y = torch.from_numpy(np.array(batch[..., :3].transpose(0, 3, 1, 2))) - 0.5
            parts = []
            for weight in weights:
                y = functional.relu(functional.conv2d(y, weight, stride=2, padding=1))
                parts.append(y.mean(dim=(2, 3)))
            parts.append(y.std(dim=(2, 3), correction=0))
            found.append(torch.cat(parts, dim=1).numpy())
    width = sum(WIDTHS) + WIDTHS[-1]
    return np.concatenate(found) if found else np.empty((0, width), np.float32)
