"""Standardisation of each image to mean 0 and deviation 1, the same bits on every machine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core.errors import InvalidInput

__all__ = ["standardised"]


def standardised(images: ArrayLike) -> NDArray[np.float32]:
    """uint8 images (n, h, w, c) as float32: ``(x - mean) / max(deviation, 1 / sqrt(h w c))``.

    Mean and deviation are over all pixels and channels of the image, from exact whole-number sums,
    so the result is the same everywhere. A picture of one grey becomes zeros.

    Args:
        images: uint8, (n, h, w, c).

    Raises:
        InvalidInput: another type or shape.

    Source: TensorFlow's ``tf.image.per_image_standardization``.

    Example:
        >>> standardised(np.arange(4, dtype=np.uint8).reshape(1, 2, 2, 1)).std().round(3).item()
        1.0
    """
    x = np.asarray(images)
    if x.ndim != 4 or x.dtype != np.uint8 or 0 in x.shape[1:]:
        raise InvalidInput(f"images must be uint8 (n, h, w, c), got {x.dtype} {x.shape}")
    out = np.empty(x.shape, np.float32)
    pixels = math.prod(x.shape[1:])
    for at in range(0, len(x), 4096):  # so that the wider whole numbers stay small
        part = x[at : at + 4096].astype(np.int32)
        total = part.sum(axis=(1, 2, 3), dtype=np.int64)
        squares = (part * part).sum(axis=(1, 2, 3), dtype=np.int64)
        mean = total / pixels
        deviation = np.sqrt((pixels * squares - total * total).astype(np.float64)) / pixels
        deviation = np.maximum(deviation, 1 / math.sqrt(pixels))
        slope = (1 / deviation).astype(np.float32)
        np.multiply(
            part - mean[:, None, None, None],
            slope[:, None, None, None],
            out=out[at : at + 4096],
            casting="same_kind",
        )
    return out
