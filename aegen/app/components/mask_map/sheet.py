"""Where each weight of a layer lies on the flat sheet that a map shows; ``sheet.js`` reads it.

A sheet is made of tiles of cells, tiles side by side in blocks, and blocks in lines. A dense layer
is one tile, its matrix; a convolution has a tile a kernel and a block a filter; and a dense layer
whose inputs come from a picture can be shown like one, with a tile for each unit. Any two of the
axes can be shown alone, the others standing still: a slice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from aegen.core.arrays import IntArray
from aegen.core.errors import InvalidInput

__all__ = ["Sheet", "matrix", "slice_of", "some_tiles", "tiles"]

ASPECT = 1.6
"""Width to height that a sheet of tiles comes near to, as a screen has it."""


@dataclass(frozen=True)
class Sheet:
    """Blocks of tiles of rows of cells; ``strides`` lead from one to the next in the layer.

    Attributes:
        counts: blocks, tiles in each, rows in each, cells in each.
        strides: how far apart two neighbours of each kind lie in the flat layer.
        offset: the flat index of the first cell.
        tiles_across: tiles side by side in a block.
        blocks_across: blocks side by side.
        gap: empty cells between tiles.
        block_gap: empty cells between blocks.
        order: the block, or where there is one block the row, at each place; None as they come.
        tile_order: of the block at each place, the tile at each place; None as they come.
    """

    counts: tuple[int, int, int, int]
    strides: tuple[int, int, int, int]
    offset: int = 0
    tiles_across: int = 1
    blocks_across: int = 1
    gap: int = 0
    block_gap: int = 0
    order: tuple[int, ...] | None = None
    tile_order: tuple[tuple[int, ...], ...] | None = None

    @property
    def block(self) -> tuple[int, int]:
        """Height and width of a block, with the gap after it."""
        _, tiles, height, width = self.counts
        down = -(-tiles // self.tiles_across)
        return (
            down * (height + self.gap) - self.gap + self.block_gap,
            self.tiles_across * (width + self.gap) - self.gap + self.block_gap,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sheet in cells."""
        height, width = self.block
        down = -(-self.counts[0] // self.blocks_across)
        across = min(self.counts[0], self.blocks_across)
        return down * height - self.block_gap, across * width - self.block_gap

    def indices(self) -> IntArray:
        """The flat index of the weight at every cell, (height, width); -1 in the gaps."""
        found = np.full(self.size, -1, dtype=np.int64)
        blocks, tiles, height, width = self.counts
        steps = [np.arange(n) * step for n, step in zip(self.counts, self.strides, strict=True)]
        if self.order is not None:
            axis = 0 if blocks > 1 else 2
            steps[axis] = self.strides[axis] * np.asarray(self.order)
        cells = steps[2][:, None] + steps[3]
        for b in range(blocks):
            for t in range(tiles):
                y = b // self.blocks_across * self.block[0]
                y += t // self.tiles_across * (height + self.gap)
                x = b % self.blocks_across * self.block[1]
                x += t % self.tiles_across * (width + self.gap)
                tile = t if self.tile_order is None else self.tile_order[b][t]
                start = self.offset + steps[0][b] + self.strides[1] * tile
                found[y : y + height, x : x + width] = start + cells
        return found

    def specification(self) -> dict[str, Any]:
        """As the browser takes it."""
        words = asdict(self)
        for name in ("tiles_across", "blocks_across", "block_gap", "tile_order"):
            first, second = name.split("_")
            words[first + second.capitalize()] = words.pop(name)
        return words


def matrix(shape: Sequence[int]) -> Sheet:
    """A layer as the matrix (units, inputs); a convolution's inputs are channels by places.

    Example:
        >>> matrix((2, 3)).indices().tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    units = shape[0]
    inputs = math.prod(shape[1:])
    return Sheet((1, 1, units, inputs), (0, 0, inputs, 1))


def tiles(shape: Sequence[int]) -> Sheet:
    """A tile for each pair of a unit (or filter) and a channel, of height x width cells.

    Where a line a unit and a column a channel would make too long a sheet, each unit's tiles are
    set in a block of their own, and blocks in lines.

    Args:
        shape: (units, channels, height, width).

    Example:
        >>> tiles((2, 2, 1, 2)).indices().tolist()
        [[0, 1, -1, 2, 3], [-1, -1, -1, -1, -1], [4, 5, -1, 6, 7]]
    """
    units, channels, height, width = shape
    plane = height * width
    strides = (channels * plane, plane, width, 1)
    table = Sheet(tuple(shape), strides, 0, channels, 1, 1, 1)  # type: ignore[arg-type]
    if _near(table.size) <= math.log(2.5) and channels > 1:
        return table
    best = table
    for across in sorted({channels, math.ceil(math.sqrt(channels))}):
        gap = 1 if channels == 1 else 2
        for beside in range(1, units + 1):
            made = Sheet(tuple(shape), strides, 0, across, beside, 1, gap)  # type: ignore[arg-type]
            if _unlike(made) < _unlike(best):
                best = made
    return best


def some_tiles(
    shape: Sequence[int], units: Sequence[int], channels: Sequence[Sequence[int]]
) -> Sheet:
    """Tiles of some units, two or more, in their order, and of each of as many channels.

    Args:
        shape: (units, channels, height, width) of the layer.
        units: at each place.
        channels: of the unit at each place.

    Example:
        >>> some_tiles((3, 2, 1, 1), (2, 0), ((1,), (0,))).indices().tolist()
        [[5, -1, 0]]
    """
    _, depth, height, width = shape
    drawn = tiles((len(units), len(channels[0]), height, width))
    plane = height * width
    return replace(
        drawn,
        strides=(depth * plane, plane, width, 1),
        order=tuple(units),
        tile_order=tuple(map(tuple, channels)),
    )


def slice_of(
    shape: Sequence[int], down: int, across: int, still: Mapping[int, int] | None = None
) -> Sheet:
    """Two axes of a layer as a matrix, the others standing ``still`` at an index, or else at 0.

    Raises:
        InvalidInput: twice the same axis, or an index outside its axis.

    Example:
        >>> slice_of((2, 3), 1, 0).indices().tolist()
        [[0, 3], [1, 4], [2, 5]]
    """
    if down == across:
        raise InvalidInput(f"a slice needs two different axes, got axis {down} twice")
    strides = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
    offset = 0
    for axis, index in (still or {}).items():
        if axis in (down, across):
            continue
        if not 0 <= index < shape[axis]:
            raise InvalidInput(f"axis {axis} has indexes 0 to {shape[axis] - 1}, got {index}")
        offset += index * strides[axis]
    counts = (1, 1, shape[down], shape[across])
    return Sheet(counts, (0, 0, strides[down], strides[across]), offset)


def _unlike(sheet: Sheet) -> float:
    """How far a sheet is from the wanted one: proportions, and a last line that is filled."""
    lacking = -sheet.counts[0] % sheet.blocks_across
    return _near(sheet.size) + 3 * lacking / sheet.counts[0]


def _near(size: tuple[int, int]) -> float:
    return abs(math.log(size[1] / size[0] / ASPECT))
