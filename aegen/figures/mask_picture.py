"""A layer's mask as a picture: a pixel a weight, in the colours of keep, invert and drop."""

from __future__ import annotations

import base64
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput
from aegen.core.images import png
from aegen.figures.mask_colours import MASK_COLOURS, MaskColours

__all__ = ["GAP", "mask_picture", "mask_pixels"]

GAP = 2
"""What stands where there is no weight."""

WIDE, LINE = 400.0, 22.0


def mask_pixels(cells: ArrayLike, colours: MaskColours = MASK_COLOURS["light"]) -> ByteArray:
    """Cells (h, w) of -1, 0, 1 and `GAP` as a picture (h, w, 4); gaps are clear.

    Raises:
        InvalidInput: cells that are no two-dimensional array of these.

    Example:
        >>> mask_pixels([[1, 0, 2]])[..., 3].tolist()
        [[255, 255, 0]]
    """
    array = np.asarray(cells)
    if array.ndim != 2 or not np.isin(array, (-1, 0, 1, GAP)).all():
        raise InvalidInput("a mask is drawn of cells (h, w) of -1, 0 and 1, and 2 for gaps")
    table: ByteArray = np.zeros((4, 4), np.uint8)
    for value, colour in ((0, colours.drop), (1, colours.keep), (-1, colours.invert)):
        table[value] = [*_levels(colour), 255]
    picture: ByteArray = table[array]
    return picture


def mask_picture(cells: ArrayLike, title: str) -> str:
    """The picture with its legend, as SVG.

    Example:
        >>> mask_picture([[1, 0], [-1, 0]], "fc1").count("<rect")
        3
    """
    colours = MASK_COLOURS["light"]
    pixels = mask_pixels(cells)
    h, w = pixels.shape[:2]
    scale = max(1, int(WIDE // w))  # so that a viewer that smooths does not blur small ones
    large = pixels.repeat(scale, 0).repeat(scale, 1)
    content = base64.b64encode(png(large)).decode()
    high = WIDE * h / w
    array = np.asarray(cells)
    parts = [
        f'<image href="data:image/png;base64,{content}" x="0" y="0" width="{WIDE:g}" '
        f'height="{high:.1f}" preserveAspectRatio="none"/>'
    ]
    for k, (name, value, colour) in enumerate(
        (("keep", 1, colours.keep), ("invert", -1, colours.invert), ("drop", 0, colours.drop))
    ):
        x = k * WIDE / 3
        parts.append(
            f'<rect x="{x:.1f}" y="{high + 8:.1f}" width="11" height="11" fill="{colour}"/>'
            f'<text x="{x + 16:.1f}" y="{high + 18:.1f}">{name} {(array == value).sum():,}</text>'
        )
    return (
        f'<svg viewBox="0 0 {WIDE:g} {high + LINE:.1f}" width="100%" role="img" '
        f'aria-label="{escape(title)}" style="font-size:13px;fill:currentColor;'
        f'image-rendering:pixelated">{"".join(parts)}</svg>'
    )


def _levels(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
