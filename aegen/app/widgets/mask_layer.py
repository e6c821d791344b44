"""A layer of a ticket as its map shows it: what its axes are, and which layouts suit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aegen.app.components.mask_map import Sheet, matrix, slice_of, tiles

__all__ = ["Layout", "MaskedLayer"]

Layout = Literal["matrix", "tiles", "slice"]

LONG = 6.0
"""A matrix longer than this many times its height is first shown as tiles, if it can be."""


@dataclass(frozen=True)
class MaskedLayer:
    """A layer of shape (out, in), (out, in, k, k), or another of two and more axes.

    ``picture`` is (c, h, w) where a dense layer's inputs are a picture's places.
    """

    name: str
    shape: tuple[int, ...]
    picture: tuple[int, int, int] | None = None

    @property
    def convolution(self) -> bool:
        """Whether it has kernels."""
        return len(self.shape) == 4

    @property
    def unit(self) -> str:
        """What its first axis counts."""
        return "filter" if self.convolution else "unit"

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """Name and size of each axis, a dense layer's inputs as places where that is known.

        Example:
            >>> MaskedLayer("fc1", (300, 784), (1, 28, 28)).axes
            (('unit', 300), ('row', 28), ('column', 28))
        """
        if self.convolution:
            names = ("filter", "channel", "row", "column")
            return tuple(zip(names, self.shape, strict=True))
        if self.picture is not None:
            c, h, w = self.picture
            depth = (("channel", c),) if c > 1 else ()
            return (("unit", self.shape[0]), *depth, ("row", h), ("column", w))
        if len(self.shape) == 2:
            return (("unit", self.shape[0]), ("input", self.shape[1]))
        return tuple((f"axis {k}", size) for k, size in enumerate(self.shape))

    @property
    def places(self) -> tuple[int, int, int, int] | None:
        """(units, channels, height, width) where inputs are a picture's places."""
        return None if self.picture is None else (self.shape[0], *self.picture)

    @property
    def tiled(self) -> tuple[int, ...] | None:
        """(units, channels, height, width) as tiles show it, where a unit has several tiles."""
        shape = self.places or self.shape
        return shape if len(shape) == 4 and shape[0] > 1 and shape[1] > 1 else None

    @property
    def words(self) -> str:
        """Its shape as people read it.

        Example:
            >>> MaskedLayer("conv1", (64, 3, 3, 3)).words
            '64 × 3 × 3 × 3'
        """
        if len(self.shape) == 2:
            return f"{self.shape[1]:,} → {self.shape[0]:,}"
        return " × ".join(f"{size:,}" for size in self.shape)

    def layouts(self) -> tuple[Layout, ...]:
        """How it can be laid out, the one that suits it first."""
        if not self.convolution and self.picture is None:
            return ("matrix",) if len(self.shape) == 2 else ("matrix", "slice")
        height, width = matrix(self.shape).size
        if self.convolution or width > LONG * height:
            return ("tiles", "matrix", "slice")
        return ("matrix", "tiles", "slice")

    def sheet(
        self, layout: Layout, axes: Sequence[int] = (0, 1), still: Sequence[int] = ()
    ) -> Sheet:
        """Where its weights lie in one of its `layouts`.

        A slice shows ``axes`` downwards and across and holds the others at ``still``.
        """
        sizes = tuple(size for _, size in self.axes)
        if layout == "tiles":
            return tiles(self.places or self.shape)
        if layout == "slice":
            down, across = axes
            at = {k: min(i, sizes[k] - 1) for k, i in enumerate(still[: len(sizes)])}
            return slice_of(sizes, down, across, at)
        return matrix(self.shape)

    def fullest(self, mask: NDArray[np.int8], axes: Sequence[int]) -> tuple[int, ...]:
        """Where a slice of ``axes`` must hold the others to have the most remaining weights.

        Example:
            >>> MaskedLayer("x", (1, 1, 1, 3)).fullest(np.array([[[[0, 1, 0]]]]), (0, 1))
            (0, 0, 0, 1)
        """
        sizes = tuple(size for _, size in self.axes)
        counts = (mask.reshape(sizes) != 0).sum(axis=tuple(axes), keepdims=True)
        return tuple(int(k) for k in np.unravel_index(int(counts.argmax()), counts.shape))

    def unit_at(self, layout: Layout, sheet: Sheet) -> str | None:
        """How a unit shows: as a "row" of cells, as a "block" of tiles, or not as one."""
        if layout == "matrix":
            return "row"
        whole_block = sheet.counts[0] == self.shape[0]
        return "block" if layout == "tiles" and whole_block else None
