"""Images in rows and columns, each with its name: the figure of a paper that shows pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from numpy.typing import ArrayLike

from aegen.core.errors import InvalidInput
from aegen.core.images import grid, png, quantize

__all__ = ["image_table"]

SIDE, GAP, LINE, LETTER = 64.0, 4.0, 20.0, 6.6
"""Pixels of an image's width, between images, of a line of text, and of a letter."""

LONGEST = 28


def image_table(
    images: ArrayLike, *, rows: Sequence[str] = (), columns: Sequence[str] = (), title: str = ""
) -> str:
    """Images as an SVG picture, each a picture of its own in it, so that nothing is lost.

    Args:
        images: (r, k, h, w, c), uint8 or floats in [0, 1]; r and k >= 1.
        rows: a name each, to the left; none by default.
        columns: a name each, above.
        title: read out by screen readers.

    Raises:
        InvalidInput: no images, or another number of names than of rows or columns.

    Example:
        >>> import numpy as np
        >>> image_table(np.zeros((1, 2, 8, 8, 1)), columns=["a", "b"]).count("<image")
        2
    """
    tiles = quantize(images)
    if tiles.ndim != 5 or 0 in tiles.shape:
        raise InvalidInput(f"a table of images needs images (r, k, h, w, c), got {tiles.shape}")
    r, k, h, w, _ = tiles.shape
    if (rows and len(rows) != r) or (columns and len(columns) != k):
        raise InvalidInput(f"{r} rows and {k} columns of images need as many names, or none")
    names = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in rows]
    left = LETTER * max((len(name) for name in names), default=0) + (8 if names else 0)
    top = LINE if columns else 0.0
    high = SIDE * h / w
    parts = [
        f'<text x="{left + j * (SIDE + GAP) + SIDE / 2:.1f}" y="14" text-anchor="middle">'
        f"{escape(name)}</text>"
        for j, name in enumerate(columns)
    ]
    for i in range(r):
        y = top + i * (high + GAP)
        if names:
            parts.append(
                f'<text x="{left - 8:.1f}" y="{y + high / 2 + 4:.1f}" text-anchor="end">'
                f"{escape(names[i])}</text>"
            )
        for j in range(k):
            content = base64.b64encode(png(grid(tiles[i, j][None]))).decode()
            parts.append(
                f'<image href="data:image/png;base64,{content}" x="{left + j * (SIDE + GAP):.1f}" '
                f'y="{y:.1f}" width="{SIDE:g}" height="{high:.1f}"/>'
            )
    size = left + k * (SIDE + GAP) - GAP, top + r * (high + GAP) - GAP
    return (
        f'<svg viewBox="0 0 {size[0]:.1f} {size[1]:.1f}" width="100%" role="img" '
        f'aria-label="{escape(title or "images")}" style="font-size:12px;fill:currentColor;'
        f'image-rendering:pixelated">{"".join(parts)}</svg>'
    )
