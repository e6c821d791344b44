"""Features of a network trained on ImageNet, for those who want them beside the bundle's own.

They are an option and never needed: torchvision fetches the weights (104 MB) once, and a picture
takes about a tenth of a second on a CPU. Weights and resizing are torchvision's, not those of the
original FID, so a Fréchet distance on them is no FID either and is not called one.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["WIDTH", "inception_features"]

WIDTH = 2048
"""Features of a picture: those that Inception v3 pools before its last layer."""

SIDE, BATCH = 299, 32

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's colours, by which torchvision's weights were trained."""


def inception_features(images: NDArray[np.float32]) -> FloatArray:
    """Features (n, 2048) of images (n, h, w, c) in [0, 1]; grey ones are repeated in each colour.

    Raises:
        AegenError: the weights are not there and cannot be fetched.
    """
    import torch
    from torch.nn import functional

    network = _network()
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, DEVIATION))
    found = np.empty((len(images), WIDTH))
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            part = np.ascontiguousarray(images[start : start + BATCH].transpose(0, 3, 1, 2))
            x = torch.from_numpy(part).expand(-1, 3, -1, -1)
            x = functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True)
            found[start : start + len(part)] = network((x - mean) / deviation).numpy()
    return found


@functools.cache
def _network() -> nn.Module:
    """Inception v3 up to its pooled features, loaded once."""
    from torch import nn
    from torchvision.models import Inception_V3_Weights, inception_v3

    try:
        network = inception_v3(weights=Inception_V3_Weights.IMAGENET1K_V1)
    except (OSError, RuntimeError) as problem:
        raise AegenError(
            f"the weights of Inception v3 could not be fetched ({problem}): connect once, or "
            "leave out the metrics in inception; those in features need no network"
        ) from problem
    network.fc = nn.Identity()
    pooled: nn.Module = network.eval()
    return pooled
