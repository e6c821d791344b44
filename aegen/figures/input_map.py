"""Map of the inputs that a layer reads: how many of its weights remain at each."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.figures.mask_colours import MaskColours

__all__ = ["input_map", "painted"]


def input_map(mask: ArrayLike, shape: tuple[int, int, int]) -> IntArray:
    """How many weights remain at each place of the picture, (h, w), over all units and channels.

    Args:
        mask: (units, channels * h * w) of -1, 0 and 1.
        shape: (channels, h, w) of the picture.

    Raises:
        InvalidInput: a mask of another number of inputs.

    Example:
        >>> input_map([[1, 0], [-1, 0]], (1, 1, 2)).tolist()
        [[2, 0]]
    """
    array = np.asarray(mask)
    if array.ndim != 2 or array.shape[1] != int(np.prod(shape)):
        raise InvalidInput(f"a picture of shape {shape} does not fit a mask of {array.shape}")
    counts: IntArray = (array != 0).sum(axis=0).reshape(shape).sum(axis=0)
    return counts


def painted(counts: ArrayLike, colours: MaskColours, most: float | None = None) -> ByteArray:
    """Counts (h, w) as a picture (h, w, 3): from the colour of drop to the strongest ink.

    Args:
        counts: not negative.
        colours: of a mask on the wanted paper.
        most: what the strongest ink stands for; by default the largest count.
    """
    n = np.asarray(counts, dtype=float)
    top = most or float(n.max()) or 1.0
    share = np.sqrt(np.clip(n / top, 0, 1))[..., None]
    low, high = (
        np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
        for colour in (colours.drop, colours.strong)
    )
    picture: ByteArray = (low + (high - low) * share + 0.5).astype(np.uint8)
    return picture
