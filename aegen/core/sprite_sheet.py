"""Sprite sheets: images side by side for games and print, with an atlas of where each one is."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

import aegen
from aegen.core.arrays import ByteArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.core.images import grid, png, quantize, require_grid

__all__ = ["Sheet", "background", "cut_out", "in_order", "sheet", "sheet_names"]

CONSTANT = 0.95
"""Share of the pixels at the border that have one colour where there is a background."""

TOLERANCE = 10
"""Levels of 255 by which a pixel of the background may differ from its colour."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files in an archive, so that the same pictures give the same bytes."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sprite sheet.

    Attributes:
        tiles: uint8 (n, h, w, c), enlarged as they lie on the sheet.
        names: one a tile, without an ending.
        columns: how many side by side.
        gap: pixels between them.
        scale: how many pixels of the sheet a pixel of an image is, in each direction.
    """

    tiles: ByteArray
    names: tuple[str, ...]
    columns: int
    gap: int
    scale: int

    @property
    def picture(self) -> ByteArray:
        """All of them, uint8 (H, W, c); gaps are clear where there is opacity, else white."""
        clear = self.tiles.shape[3] == 4
        return grid(self.tiles, columns=self.columns, gap=self.gap, background=0 if clear else 255)

    def places(self) -> dict[str, tuple[int, int, int, int]]:
        """Left, top, width and height of each, in pixels of the sheet."""
        _, h, w, _ = self.tiles.shape
        return {
            name: (k % self.columns * (w + self.gap), k // self.columns * (h + self.gap), w, h)
            for k, name in enumerate(self.names)
        }

    def png(self) -> bytes:
        """The sheet as a file."""
        return png(self.picture)

    def atlas(self, image: str = "sheet.png") -> bytes:
        """Where each image is: JSON as TexturePacker writes it (Phaser and PixiJS read it).

        Args:
            image: the name of the sheet's file.
        """
        channels = self.tiles.shape[3]
        high, wide = self.picture.shape[:2]
        frames = {
            f"{name}.png": {
                "frame": {"x": x, "y": y, "w": w, "h": h},
                "rotated": False,
                "trimmed": False,
                "spriteSourceSize": {"x": 0, "y": 0, "w": w, "h": h},
                "sourceSize": {"w": w, "h": h},
            }
            for name, (x, y, w, h) in self.places().items()
        }
        meta = {
            "app": "aegen",
            "version": aegen.__version__,
            "image": image,
            "format": {4: "RGBA8888", 3: "RGB888", 1: "I8"}[channels],
            "size": {"w": wide, "h": high},
            "scale": str(self.scale),
        }
        return (json.dumps({"frames": frames, "meta": meta}, indent=1) + "\n").encode()

    def archive(self, stem: str = "sheet") -> bytes:
        """A ZIP with each image as a PNG of its own, the sheet and its atlas.

        Args:
            stem: the name of the sheet in it, without its ending.
        """
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, tile in zip(self.names, self.tiles, strict=True):
                archive.writestr(zipfile.ZipInfo(f"{name}.png", EPOCH), png(tile))
            archive.writestr(zipfile.ZipInfo(f"{stem}.png", EPOCH), self.png())
            archive.writestr(zipfile.ZipInfo(f"{stem}.json", EPOCH), self.atlas(f"{stem}.png"))
        return file.getvalue()


def sheet(
    images: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    scale: int = 1,
    gap: int = 0,
    columns: int | None = None,
    clear: ArrayLike | None = None,
) -> Sheet:
    """Images on a sheet, row by row; nothing is smoothed.

    Args:
        images: (n, h, w, c), uint8 or floats in [0, 1]; n >= 1.
        names: one each; by default "image-000" and so on.
        scale: each pixel becomes scale x scale pixels.
        gap: pixels between neighbours.
        columns: how many side by side; by default the smallest whole number >= sqrt(n).
        clear: the `background` colour (c,) that becomes transparent; None leaves images whole.

    Raises:
        InvalidInput: no images, names that are not one each, or over 100 million pixels.

    Example:
        >>> made = sheet(np.zeros((3, 8, 8, 3), np.uint8), scale=2, gap=1)
        >>> made.picture.shape, made.places()["image-001"]
        ((33, 33, 3), (17, 0, 16, 16))
    """
    tiles = quantize(images)
    if tiles.ndim != 4 or 0 in tiles.shape:
        raise InvalidInput(f"a sheet needs images (n, h, w, c), got {tiles.shape}")
    n = len(tiles)
    scale, gap = count(scale, name="scale", minimum=1), count(gap, name="gap")
    side = math.isqrt(n - 1) + 1
    columns = min(n, side if columns is None else count(columns, name="columns", minimum=1))
    require_grid(n, tiles.shape[1:], columns=columns, gap=gap, scale=scale)
    if names is None:
        names = sheet_names("image", n)
    if len(names) != n or len(set(names)) != n:
        raise InvalidInput(f"a sheet of {n} images needs as many different names")
    if clear is not None:
        tiles = cut_out(tiles, clear)
    large = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    return Sheet(large, tuple(names), columns, gap, scale)


def sheet_names(stem: str, n: int, values: Sequence[str] | None = None) -> list[str]:
    """A name for each image: its stem, its value where there is one, and its number.

    Example:
        >>> sheet_names("face", 2, ["red", "blue / green"])
        ['face-red-000', 'face-blue-green-001']
    """
    digits = max(3, len(str(n - 1)))
    middle = [""] * n if values is None else [f"-{_plain(value)}" for value in values]
    return [f"{stem}{word}-{k:0{digits}d}" for k, word in enumerate(middle)]


def _plain(value: str) -> str:
    """A value as part of a file's name."""
    kept = "".join(sign if sign.isalnum() else " " for sign in value)
    return "-".join(kept.split()) or "none"


def in_order(values: ArrayLike) -> IntArray:
    """The order of images by their values (n,), those of one value as they were."""
    order: IntArray = np.argsort(np.asarray(values), kind="stable")
    return order


def background(images: ArrayLike) -> ByteArray | None:
    """The colour behind what images show, uint8 (c,), where nearly all of their border has it.

    None where there is none, also for images that have opacity of their own, which needs none.

    Example:
        >>> background(np.zeros((2, 8, 8, 3), np.uint8)).tolist()
        [0, 0, 0]
    """
    tiles = quantize(images)
    if tiles.ndim != 4 or 0 in tiles.shape or tiles.shape[3] == 4:
        return None
    edges = (tiles[:, 0], tiles[:, -1], tiles[:, :, 0], tiles[:, :, -1])
    border = np.concatenate([edge.reshape(-1, tiles.shape[3]) for edge in edges])
    colour: ByteArray = np.median(border, axis=0).astype(np.uint8)
    return colour if _near(border, colour).mean() >= CONSTANT else None


def cut_out(images: ByteArray, colour: ArrayLike) -> ByteArray:
    """Images (n, h, w, 4) whose background is clear: what has its colour from the border inwards.

    Args:
        images: uint8 (n, h, w, c) of 1 or 3 channels; those of 4 are given back.
        colour: of the background, uint8 (c,).

    Example:
        >>> cut_out(np.zeros((1, 4, 4, 1), np.uint8), [0]).shape
        (1, 4, 4, 4)
    """
    from scipy import ndimage

    n, h, w, c = images.shape
    if c == 4:
        return images
    whole = np.empty((n, h, w, 4), np.uint8)
    whole[..., :3] = images
    same = _near(images, np.asarray(colour))
    framed = np.pad(same, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    for k in range(n):
        regions, _ = ndimage.label(framed[k])
        outside = (regions == regions[0, 0])[1:-1, 1:-1]
        whole[k, outside] = 0  # also its colour, which no filter then bleeds into the edge
        whole[k, ..., 3] = np.where(outside, 0, 255)
    return whole


def _near(pixels: ByteArray, colour: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which pixels (..., c) have a colour, nearly."""
    apart = np.abs(pixels.astype(np.int16) - np.asarray(colour, np.int16)).max(axis=-1)
    near: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = apart <= TOLERANCE
    return near
