"""A few pictures side by side on clear ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize

__all__ = ["filmstrip"]

FRAME = 3
"""Clear pixels around each image, in which a page may draw a frame."""


def filmstrip(x: ArrayLike, *, side: int = 56) -> ByteArray:
    """Images in a row, with gaps that let the page through.

    Args:
        x: images (n, h, w, c) of 1, 3 or 4 channels, uint8 or floats in [0, 1]; n >= 1.
        side: about how high an image is drawn: each pixel becomes a square of whole pixels.

    Returns:
        uint8 (H, W, 4), with opacity as the last channel.

    Raises:
        InvalidInput: no images, or images of another shape.

    Example:
        >>> filmstrip(np.zeros((7, 28, 28, 1))).shape
        (62, 434, 4)
    """
    tiles = _with_opacity(quantize(x))
    scale = max(1, round(side / tiles.shape[1]))
    tiles = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    framed = np.pad(tiles, ((0, 0), (FRAME, FRAME), (FRAME, FRAME), (0, 0)))
    return np.concatenate(framed, axis=1)


def _with_opacity(tiles: ByteArray) -> ByteArray:
    """Tiles (n, h, w, 4), opaque where they had no opacity of their own."""
    if tiles.ndim != 4 or 0 in tiles.shape or tiles.shape[3] not in (1, 3, 4):
        raise InvalidInput(
            f"a filmstrip needs images (n, h, w, c) of 1, 3 or 4 channels, got {tiles.shape}"
        )
    if tiles.shape[3] == 4:
        return tiles
    colour = tiles.repeat(3, axis=3) if tiles.shape[3] == 1 else tiles
    return np.concatenate([colour, np.full_like(colour[..., :1], 255)], axis=3)
