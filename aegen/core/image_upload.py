"""An uploaded picture as an image of a bundle's shape, within stated limits."""

from __future__ import annotations

import io
from dataclasses import dataclass

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput
from aegen.core.picture_file import fit, opened

__all__ = ["FORMATS", "UploadedImage", "read_picture"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
"""Kinds of files that are read; what a file is called does not matter."""

BYTES = 20_000_000
PIXELS = 25_000_000


@dataclass(frozen=True, eq=False)
class UploadedImage:
    """A picture in a bundle's shape.

    Attributes:
        image: uint8 (h, w, c).
        steps: what was done to it, in words, in order; empty where it fitted.
    """

    image: ByteArray
    steps: tuple[str, ...]


def read_picture(
    content: bytes, shape: tuple[int, int, int], *, invert: bool = False
) -> UploadedImage:
    """The picture in a file's bytes as an image of ``shape`` (h, w, c), by the rules of `fit`.

    Raises:
        InvalidInput: no picture, another kind of file, damaged, above 20 MB or 25 million pixels,
            too small, or too long a strip.
    """
    if len(content) > BYTES:
        most = f"bring a picture of at most {BYTES // 1_000_000} MB"
        raise InvalidInput(f"the file has {len(content) / 1e6:.0f} MB: {most}")
    with opened(io.BytesIO(content), FORMATS, PIXELS) as picture:
        return UploadedImage(*fit(picture, shape, invert=invert))
