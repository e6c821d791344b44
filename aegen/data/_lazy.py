"""Images that are decoded when they are asked for, so that a set may be larger than the memory."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, ByteArray, IntArray

__all__ = ["LazyImages"]


class LazyImages(ABC):
    """Images in place of a uint8 array (n, h, w, c): rows are decoded as they are taken.

    It has the ``shape``, ``dtype`` and length of that array, ``numpy.asarray`` decodes all of it,
    and it can be pickled. Rows are taken by a number, a slice, or an array of row numbers or of
    yes and no, and come as an array.

    Args:
        n: how many images the source has.
        image_shape: (h, w, c).
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, n: int, image_shape: tuple[int, int, int]) -> None:
        self.image_shape = image_shape
        self.rows: IntArray = np.arange(n)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, h, w, c)."""
        return len(self.rows), *self.image_shape

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: int | np.integer[Any] | slice | IntArray | BoolArray) -> ByteArray:
        chosen: IntArray = np.asarray(self.rows[rows])
        if chosen.ndim == 0:
            image: ByteArray = self._decode(chosen[None])[0]
            return image
        return self._decode(chosen)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)

    def select(self, rows: IntArray) -> LazyImages:
        """Only these rows, in their order; nothing is decoded."""
        chosen = copy.copy(self)
        chosen.rows = self.rows[rows]
        return chosen

    @abstractmethod
    def _decode(self, rows: IntArray) -> ByteArray:
        """The images (k, h, w, c) of these rows of the source."""

    @abstractmethod
    def signature(self) -> bytes:
        """What changes where other images would come, and costs little to find out."""
