"""Arrays as pictures: many images become one grid, and a grid becomes PNG or WebP bytes."""

from __future__ import annotations

import io
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core.arrays import ByteArray, count
from aegen.core.errors import InvalidInput

__all__ = ["grid", "png", "quantize", "read_webp", "require_grid", "shrink", "webp"]

LARGEST = 100_000_000
"""Pixels of a grid at most."""

WEBP_SIDE = 16_383
"""The longest side that the WebP format can hold, in pixels."""


def quantize(x: ArrayLike) -> ByteArray:
    """Images of any shape, in [0, 1], as uint8 in 0..255, rounded; uint8 is returned as it is.

    Raises:
        InvalidInput: another type, or values outside [0, 1].

    Example:
        >>> quantize([0.0, 0.5, 1.0]).tolist()
        [0, 128, 255]
    """
    array = np.asarray(x)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise InvalidInput(f"images must be uint8 or floats in [0, 1], got {array.dtype}")
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise InvalidInput("images given as floats must lie in [0, 1]")
    # adding a half and cutting rounds halves up, which reads more naturally than round-to-even
    return (array * 255 + 0.5).astype(np.uint8)


def grid(
    x: ArrayLike,
    *,
    columns: int | None = None,
    gap: int = 1,
    scale: int = 1,
    background: int = 255,
) -> ByteArray:
    """Lay images out row by row in one picture.

    Args:
        x: images (n, h, w, c) or (n, h, w), uint8 or floats in [0, 1]; n >= 1.
        columns: how many side by side; by default the smallest whole number >= sqrt(n).
        gap: pixels between neighbours (none around the outside).
        scale: each pixel becomes scale x scale pixels.
        background: grey level 0..255 of gaps and of unfilled places.

    Returns:
        uint8 of shape (H, W, c), where W = scale (columns w) + gap (columns - 1), H likewise.

    Raises:
        InvalidInput: no image, another shape, or a picture of over 100 million pixels.

    Example:
        >>> grid(np.zeros((3, 4, 4, 1)), columns=2).shape
        (9, 9, 1)
    """
    tiles = quantize(x)
    if tiles.ndim == 3:
        tiles = tiles[..., None]
    if tiles.ndim != 4 or 0 in tiles.shape:
        raise InvalidInput(f"a grid needs images of shape (n, h, w, c), got {np.shape(x)}")
    n, h, w, c = tiles.shape
    side = math.isqrt(n - 1) + 1
    columns = min(n, side if columns is None else count(columns, name="columns", minimum=1))
    gap, scale = count(gap, name="gap"), count(scale, name="scale", minimum=1)
    rows = -(-n // columns)
    high, wide = h * scale + gap, w * scale + gap
    require_grid(n, (h, w, c), columns=columns, gap=gap, scale=scale)
    places = np.full((rows * columns, high, wide, c), background, dtype=np.uint8)
    places[:n, : h * scale, : w * scale] = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    sheet = places.reshape(rows, columns, high, wide, c).swapaxes(1, 2)
    whole = sheet.reshape(rows * high, columns * wide, c)
    return np.ascontiguousarray(whole[: rows * high - gap, : columns * wide - gap])


def require_grid(
    n: int,
    shape: tuple[int, int, int],
    *,
    columns: int | None = None,
    gap: int = 2,
    scale: int = 2,
) -> None:
    """Refuse a `grid` of too many pixels, before there are any.

    Args:
        n: images.
        shape: of each, (h, w, c).
        columns: of the grid, by default as many as rows.
        gap: pixels between images.
        scale: of each image.

    Raises:
        InvalidInput: over 100 million pixels.

    Example:
        >>> require_grid(64, (28, 28, 1))
    """
    h, w, _ = shape
    columns = columns or math.isqrt(max(n - 1, 0)) + 1
    rows = -(-n // columns)
    if rows * (h * scale + gap) * columns * (w * scale + gap) > LARGEST:
        raise InvalidInput(
            f"a grid of {n:,} images of {h} x {w} at scale {scale} has over 100 million pixels: "
            "take fewer images or a smaller scale"
        )


def shrink(x: ArrayLike, side: int) -> ByteArray:
    """Images (n, h, w, c), uint8 or in [0, 1], at most ``side`` pixels high and wide.

    By averaging areas; never enlarged.

    Example:
        >>> shrink(np.zeros((2, 28, 28, 1), np.uint8), 16).shape
        (2, 16, 16, 1)
    """
    tiles = quantize(x)
    _, h, w, _ = tiles.shape
    ratio = min(1.0, count(side, name="side", minimum=1) / max(h, w))
    high, wide = max(1, round(h * ratio)), max(1, round(w * ratio))
    if (high, wide) == (h, w):
        return tiles
    down, across = _averaging(h, high), _averaging(w, wide)
    small = np.empty((len(tiles), high, wide, tiles.shape[3]), dtype=np.uint8)
    for start in range(0, len(tiles), 1024):  # in blocks, so that 60,000 images need little memory
        block = tiles[start : start + 1024].astype(np.float32)
        block = np.einsum("ih,nhwc,jw->nijc", down, block, across, optimize=True)
        small[start : start + 1024] = np.clip(block + 0.5, 0, 255).astype(np.uint8)
    return small


def _averaging(old: int, new: int) -> NDArray[np.float32]:
    """The (new, old) matrix that averages ``old`` pixels over ``new`` equal stretches."""
    edges = np.linspace(0, old, new + 1)
    pixels = np.arange(old)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    share = np.clip(overlap, 0, None) * new / old
    averaging: NDArray[np.float32] = share.astype(np.float32)
    return averaging


def png(picture: ByteArray) -> bytes:
    """A picture (H, W, c) as PNG bytes; the same picture gives the same bytes.

    Example:
        >>> png(np.zeros((2, 2, 1), np.uint8))[1:4]
        b'PNG'
    """
    # The strategy is zlib's own for PNG: half the time, and a little smaller.
    return _encoded(picture, "PNG", compress_level=6, compress_type=zlib.Z_RLE)


def webp(
    picture: ByteArray, *, quality: int = 80, lossless: bool = False, effort: int = 4
) -> bytes:
    """A picture (H, W, c) as WebP bytes, about a tenth of PNG where some loss is fine.

    ``effort``, from 0 to 6, spends time to make them fewer.

    Raises:
        InvalidInput: a side above 16,383 pixels, which WebP cannot hold.
    """
    if max(picture.shape[:2]) > WEBP_SIDE:
        raise InvalidInput(
            f"a WebP picture can have sides up to {WEBP_SIDE} pixels, got {picture.shape[:2]}"
        )
    return _encoded(picture, "WEBP", quality=quality, lossless=lossless, method=effort)


def _encoded(picture: ByteArray, kind: str, **options: Any) -> bytes:
    from PIL import Image

    flat = picture[..., 0] if picture.shape[2] == 1 else picture
    file = io.BytesIO()
    Image.fromarray(flat).save(file, kind, **options)
    return file.getvalue()


def read_webp(content: bytes, shape: tuple[int, int, int]) -> ByteArray:
    """The picture in WebP bytes, refused before it is unpacked unless it has the size expected.

    ``shape`` is (H, W, c); WebP stores grey pictures as colour.

    Raises:
        InvalidInput: not WebP, truncated, or of another size (so a small file cannot fill memory).
    """
    from PIL import Image

    height, width, channels = shape
    try:
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as image:
            if image.size != (width, height):
                found = f"{image.size[0]} x {image.size[1]} pixels"
                raise InvalidInput(f"is {found} where {width} x {height} are expected")
            mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
            array = np.asarray(image.convert(mode))
    except InvalidInput:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as problem:
        raise InvalidInput(f"is no whole WebP picture ({problem})") from problem
    return array.reshape(shape)
