"""Grids of several models on one sheet, each under its name: a picture to keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput
from aegen.core.images import grid, quantize

__all__ = ["sheet"]

MARGIN, GAP, LINE = 24, 28, 26
"""Pixels around the sheet, between grids, and for a line of a name."""

SIZE = 19
"""Height of the letters."""

INK, PAPER = (29, 37, 41), (255, 255, 255)


def sheet(
    grids: Sequence[tuple[str, ArrayLike]], *, title: str = "", across: int = 5, side: int = 280
) -> ByteArray:
    """Several grids of images on white, each under its name.

    Args:
        grids: (name, images (n, h, w, c) uint8 or floats in [0, 1]) each; at least one.
        title: a line above all.
        across: grids side by side.
        side: about how wide a grid is, in pixels; each pixel of an image is a square of pixels.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InvalidInput: no grids.

    Example:
        >>> sheet([("a", np.zeros((4, 8, 8, 1)))], title="One", side=32).shape
        (142, 88, 3)
    """
    from PIL import Image, ImageDraw, ImageFont

    if not grids:
        raise InvalidInput("a sheet needs at least one grid of images")
    pictures = [_enlarged(grid(quantize(images), gap=1), side) for _, images in grids]
    wide = max(max(picture.shape[1] for picture in pictures), 40)
    high = max(picture.shape[0] for picture in pictures)
    across = min(across, len(grids))
    down = -(-len(grids) // across)
    font = ImageFont.load_default(SIZE)
    names = [_wrapped(name, font, wide) for name, _ in grids]
    head = LINE * max(map(len, names))
    top = MARGIN + (LINE + 8 if title else 0)
    size = (
        2 * MARGIN + across * wide + (across - 1) * GAP,
        top + down * (head + high) + (down - 1) * GAP + MARGIN,
    )
    whole = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(whole)
    if title:
        pen.text((MARGIN, MARGIN), title, fill=INK, font=font)
    for k, (picture, lines) in enumerate(zip(pictures, names, strict=True)):
        left = MARGIN + (k % across) * (wide + GAP)
        above = top + (k // across) * (head + high + GAP)
        for number, line in enumerate(lines):
            start = above + head - LINE * (len(lines) - number)
            pen.text((left, start), line, fill=INK, font=font)
        whole.paste(Image.fromarray(picture), (left, above + head))
    return np.asarray(whole)


def _enlarged(picture: ByteArray, side: int) -> ByteArray:
    """A picture (H, W, c) as colour (H', W', 3), about ``side`` wide."""
    scale = max(1, round(side / picture.shape[1]))
    large = picture.repeat(scale, 0).repeat(scale, 1)
    return np.ascontiguousarray(np.broadcast_to(large[..., :3], (*large.shape[:2], 3)))


def _wrapped(name: str, font: object, width: int) -> list[str]:
    """A name in lines that are no wider than ``width``, as far as its words allow."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:  # type: ignore[attr-defined]
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
