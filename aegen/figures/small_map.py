"""A small map, one picture: all rows as a quiet shade, a few draws as rings."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.images import png
from aegen.figures.palette import ACCENT

__all__ = ["Shade", "shade", "small_map"]

SIDE = 160
"""Cells of the shade in each direction."""

GREY = (139, 151, 157)


class Shade:
    """All rows of a projection as one picture, made once: its bytes and the frame they fill."""

    def __init__(self, picture: bytes, low: FloatArray, span: float) -> None:
        self.picture = picture
        self.low = low
        self.span = span


def shade(points: ArrayLike) -> Shade:
    """The quiet background of a small map: how many rows lie in each cell, as opacity.

    Args:
        points: (n, 2) coordinates of all rows, n >= 1.
    """
    xy = arrays.codes(points, name="points", dimension=2, minimum=1)
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = float((high - low).max()) * 1.08 or 1.0
    low = (low + high) / 2 - span / 2
    edges = np.linspace(0, span, SIDE + 1)
    x, y = (xy - low).T
    counts = np.histogram2d(x, y, bins=[edges, edges])[0].T[::-1]
    top = max(1.0, float(np.quantile(counts[counts > 0], 0.98)))
    alpha = np.where(counts > 0, 40 + 150 * np.clip(counts / top, 0, 1) ** 0.6, 0)
    picture: ByteArray = np.empty((SIDE, SIDE, 4), np.uint8)
    picture[..., :3] = GREY
    picture[..., 3] = alpha
    return Shade(png(picture), low, span)


def small_map(background: Shade, draws: ArrayLike, *, chosen: int | None = None) -> str:
    """The shade with a ring for each draw, as an SVG picture.

    Args:
        background: from `shade`.
        draws: (k, 2) coordinates in the same projection; those beyond the frame sit on its edge.
        chosen: the draw to stress.

    Example:
        >>> small_map(shade([[0.0, 0.0], [1.0, 1.0]]), [[0.5, 0.5]]).count("<circle")
        1
    """
    xy = arrays.codes(draws, name="draws", dimension=2)
    at = np.clip((xy - background.low) / background.span, 0.01, 0.99) * 100
    rings = "".join(
        f'<circle cx="{x:.2f}" cy="{100 - y:.2f}" r="{1.9 if k == chosen else 1.1}" '
        f'fill="{ACCENT if k == chosen else "none"}"/>'
        for k, (x, y) in enumerate(at)
    )
    data = base64.b64encode(background.picture).decode()
    return (
        '<svg viewBox="0 0 100 100" width="100%" role="img" '
        f'aria-label="Map of all rows with {len(xy)} draws as rings" '
        'style="max-width:220px;display:block;margin:auto">'
        f'<image href="data:image/png;base64,{data}" width="100" height="100" '
        'preserveAspectRatio="none"/>'
        f'<g stroke="{ACCENT}" stroke-width="0.6">{rings}</g></svg>'
    )
