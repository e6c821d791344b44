"""Training images as rows that are fetched when they are needed: arrays, or files read on access.

A training asks for a batch of rows at a time, so no more than that need be in memory. What decodes
files on each access is kept as far as it was decoded where the whole of it is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from aegen.core.arrays import BoolArray, ByteArray, IntArray
from aegen.core.errors import TrainingError

__all__ = ["ImageRows", "Subset", "batch", "blocks", "kept", "parts", "require_images"]

KEPT = 1_000_000_000
"""Bytes of decoded images that are kept at most."""

BLOCK, BLOCK_PIXELS = 500, 500 * 128 * 128 * 3
"""Images, and numbers in them, that are evaluated at a time at most."""


class ImageRows(Protocol):
    """Images (n, h, w, c) of uint8: an array, or what gives arrays when rows are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> ByteArray: ...


@dataclass(frozen=True)
class Subset:
    """Some rows of images, in their order, without a copy.

    Example:
        >>> Subset(np.zeros((9, 8, 8, 1), np.uint8), np.array([2, 5])).shape
        (2, 8, 8, 1)
    """

    images: ImageRows
    rows: IntArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape (k, h, w, c) of these rows."""
        return (len(self.rows), *self.images.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a pixel."""
        return self.images.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | IntArray) -> ByteArray:
        return self.images[self.rows[rows]]


def parts(images: ImageRows, held_out: BoolArray) -> tuple[Subset, Subset]:
    """Images to train on and held-out ones, without a copy."""
    return (
        Subset(images, np.flatnonzero(~held_out)),
        Subset(images, np.flatnonzero(held_out)),
    )


class _Kept:
    """Images whose rows are kept once they were fetched."""

    def __init__(self, images: ImageRows) -> None:
        self.images, self.shape, self.dtype = images, images.shape, images.dtype
        self._pixels = np.empty(images.shape, images.dtype)
        self._known: BoolArray = np.zeros(len(images), bool)

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, rows: slice | IntArray) -> ByteArray:
        wanted = np.arange(len(self))[rows]
        missing = np.unique(wanted[~self._known[wanted]])
        if len(missing):
            self._pixels[missing] = self.images[missing]
            self._known[missing] = True
        found: ByteArray = self._pixels[wanted]
        return found


def kept(*sets: ImageRows) -> tuple[ImageRows, ...]:
    """The sets, each row of them fetched once only if they are no arrays and small together."""
    total = sum(math.prod(images.shape) for images in sets)
    if total > KEPT:
        return sets
    return tuple(images if _is_array(images) else _Kept(images) for images in sets)


def _is_array(images: ImageRows) -> bool:
    return isinstance(images.images if isinstance(images, Subset) else images, np.ndarray)


def require_images(images: ImageRows, least: int = 2) -> None:
    """Refuse what is no set of images to train on.

    Raises:
        TrainingError: another shape or type, or too few.
    """
    if len(images.shape) != 4 or images.dtype != np.uint8 or len(images) < least:
        raise TrainingError(
            f"training needs at least {least} images (n, h, w, c) of uint8, got {images.dtype} of "
            f"shape {tuple(images.shape)}"
        )


def batch(images: ImageRows, rows: slice | IntArray, device: str = "cpu") -> Tensor:
    """Images (k, c, h, w) in [0, 1], channels last in memory, of ``rows``.

    Raises:
        TrainingError: what was fetched is not as the images said.
    """
    found = images[rows]
    if found.dtype != np.uint8 or found.shape[1:] != images.shape[1:]:
        raise TrainingError(
            f"images of uint8 and shape {tuple(images.shape[1:])} gave rows of {found.dtype} and "
            f"shape {found.shape[1:]}: they must be what they say"
        )
    pixels = torch.from_numpy(np.ascontiguousarray(found.transpose(0, 3, 1, 2)))
    x = pixels.to(device).float().div_(255)
    return x.contiguous(memory_format=torch.channels_last)


def blocks(images: ImageRows) -> Iterator[slice]:
    """All rows in blocks that fit in memory with what a network makes of them."""
    size = min(BLOCK, max(1, BLOCK_PIXELS // math.prod(images.shape[1:])))
    return (slice(start, start + size) for start in range(0, len(images), size))
