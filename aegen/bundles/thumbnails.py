"""thumbnails.webp and cover.webp: decoded training rows as small pictures in one file."""

from __future__ import annotations

import functools
import math
from bisect import bisect_right
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from aegen.bundles.manifest import Atlas, Manifest
from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.images import grid, read_webp, webp

__all__ = [
    "COVER",
    "THUMBNAILS",
    "choose_cover",
    "compose",
    "parse_cover",
    "parse_tiles",
    "tile_side",
]

THUMBNAILS, COVER = "thumbnails.webp", "cover.webp"

PIXELS = 16_000_000
"""Most pixels of an atlas: a browser holds four bytes for each while it shows one."""

SIDES = (64, 48, 32, 16)
"""Sides of a tile. Multiples of 16, the blocks that WebP codes separately, so that a tile's loss
does not show in its neighbours."""

LIMIT = 3_100_000
"""Most bytes of an atlas where quality can be traded for them: 60,000 digits at quality 40, whose
pixels differ by 3 of 255 levels."""

QUALITIES = (30, 40, 50, 60, 70, 80)


def tile_side(n: int, h: int, w: int) -> int:
    """The longest side of a tile for ``n`` images of h x w pixels.

    The largest that keeps the atlas below 16 million pixels, never above an image's own size
    rounded up. Where even 16-pixel tiles are too many, the first rows have tiles and the others
    have none.
    """
    sides = [s for s in SIDES if s <= max(16, -(-max(h, w) // 16) * 16)]
    return next((s for s in sides if n * s * s <= PIXELS), 16)


def compose(tiles: ByteArray, *, limit: int = LIMIT) -> tuple[bytes, Atlas]:
    """An atlas of tiles (n, h, w, c) in their order, at most ``limit`` bytes where possible.

    In the best quality that fits.
    """
    n, high, wide = tiles.shape[:3]
    rows = min(n, PIXELS // (high * wide))
    columns = max(1, min(rows, math.isqrt(rows * high // wide)))
    picture = grid(tiles[:rows], columns=columns, gap=0, background=0)
    return _packed(picture, limit), Atlas(columns=columns, tile_h=high, tile_w=wide, rows=rows)


def parse_cover(manifest: Manifest, content: bytes, path: Path) -> ByteArray:
    """The cover, uint8 (h, w, c): rows side by side.

    Raises:
        BundleError: no WebP picture, or of another size than bundle.json says.
    """
    h, w, c = manifest.image_shape
    try:
        return read_webp(content, (h, w * len(manifest.cover), c))
    except InvalidInput as problem:
        raise BundleError(path, str(problem)) from problem


def _packed(picture: ByteArray, limit: int) -> bytes:
    """The picture in the best of the qualities that makes at most ``limit`` bytes, else the least.

    Found by halving, since packing 15 million pixels takes seconds.
    """
    packed = functools.cache(lambda quality: webp(picture, quality=quality, effort=6))
    fitting = bisect_right(QUALITIES, limit, key=lambda quality: len(packed(quality)))
    return packed(QUALITIES[max(0, fitting - 1)])


def parse_tiles(manifest: Manifest, content: bytes, path: Path) -> ByteArray:
    """The tiles of an atlas, uint8 (rows, tile_h, tile_w, c), read-only.

    Raises:
        BundleError: no WebP picture, or of another size than bundle.json says.
    """
    atlas, c = manifest.atlas, manifest.image_shape[2]
    try:
        picture = read_webp(content, (*atlas.size, c))
    except InvalidInput as problem:
        raise BundleError(path, str(problem)) from problem
    across = picture.reshape(-1, atlas.tile_h, atlas.columns, atlas.tile_w, c).swapaxes(1, 2)
    tiles = across.reshape(-1, atlas.tile_h, atlas.tile_w, c)[: atlas.rows]
    tiles.setflags(write=False)
    return tiles


def choose_cover(labels: ArrayLike | None, n: int, rng: np.random.Generator) -> IntArray:
    """About a dozen rows that show what there is: spread evenly over the values of an attribute.

    ``labels`` (n,) has the value of each row; None takes rows at random. ``rng`` chooses within a
    value.
    """
    count = min(12, n)
    shuffled = rng.permutation(n)
    if labels is None:
        return np.sort(shuffled[:count])
    import pandas as pd

    values = np.asarray(labels)[shuffled]
    # the k-th appearance of each value comes before any (k+1)-th one, values in their order
    turn = pd.Series(values).groupby(values).cumcount()
    order = np.lexsort((values, turn))[:count]
    return shuffled[order]
