"""Density contours of points: the smallest areas that hold given shares, as polylines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.figures.point_density import smoothed

__all__ = ["SHARES", "Contour", "contours"]

SHARES = (0.25, 0.5, 0.75, 0.95)
"""Shares of the points that the lines hold."""

CELLS = 160
"""Cells of the grid along the longer side, without its margin."""

FINEST, COARSEST = 1.2, 16.0
"""Least and largest smoothing, in cells."""

GROUPS = 8
"""Kinds of smoothing between those two."""


@dataclass(frozen=True, eq=False)
class Contour:
    """The border of the smallest area that holds a share of the points.

    Attributes:
        share: of the points.
        lines: its pieces, (k, 2) vertices each; closed ones end where they began.
    """

    share: float
    lines: tuple[FloatArray, ...]


def contours(points: ArrayLike, *, shares: tuple[float, ...] = SHARES) -> tuple[Contour, ...]:
    r"""Borders of the smallest areas that hold given shares of the points, as smoothed.

    The points are counted in square cells, 160 along the longer side of the middle 99 % of them.
    Each is smoothed by a Gaussian kernel as wide as the distance to its $n^{2/5}$-th nearest
    neighbour, rounded to one of eight widths from 1.2 to 16 cells: islands stay apart where points
    are dense, and few points make no bumps where they are rare. The level of a share p is the
    density at which the cells above it hold p of the whole.

    Args:
        points: (n, 2) coordinates, n >= 2.
        shares: between 0 and 1.

    Raises:
        InvalidInput: fewer than two points, points that all coincide, or shares out of range.

    Example:
        >>> cloud = np.random.default_rng(0).normal(size=(2000, 2))
        >>> [round(c.share, 2) for c in contours(cloud)]
        [0.25, 0.5, 0.75, 0.95]
    """
    import contourpy

    if not all(0 < share < 1 for share in shares):
        raise InvalidInput(f"shares of contours must lie between 0 and 1, got {shares}")
    xy = arrays.codes(points, name="points", dimension=2, minimum=2, why="to draw contours")
    low, high = np.quantile(xy, [0.005, 0.995], axis=0)
    cell = float((high - low).max()) / CELLS
    if cell <= 0:
        raise InvalidInput("contours need points that do not all coincide")
    margin = int(np.ceil(2 * COARSEST))
    low = low - margin * cell
    sides = np.ceil((high - low) / cell).astype(np.int64) + margin
    heights = _heights((xy - low) / cell, sides)
    xs = low[0] + (np.arange(sides[0]) + 0.5) * cell
    ys = low[1] + (np.arange(sides[1]) + 0.5) * cell
    drawn: Any = contourpy.contour_generator(xs, ys, heights)
    return tuple(
        Contour(share, tuple(drawn.lines(level)))
        for share, level in zip(shares, _levels(heights, shares), strict=True)
    )


def _heights(places: FloatArray, sides: IntArray) -> FloatArray:
    """Points, placed in units of cells, as smoothed counts (height, width)."""
    widths = np.geomspace(FINEST, COARSEST, GROUPS)
    reach = np.clip(_reach(places), FINEST, COARSEST)
    group = np.rint(np.log(reach / FINEST) / np.log(COARSEST / FINEST) * (GROUPS - 1))
    cells = np.floor(places).astype(np.int64)
    inside = ((cells >= 0) & (cells < sides)).all(axis=1)
    total = np.zeros((int(sides[1]), int(sides[0])))
    for number, width in enumerate(widths):
        x, y = cells[inside & (group == number)].T
        counts = np.bincount(y * sides[0] + x, minlength=total.size)
        if len(x):
            total += smoothed(counts.reshape(total.shape), float(width))
    return total


def _reach(places: FloatArray) -> FloatArray:
    """How far each point's neighbour of rank n^(2/5) is."""
    from scipy.spatial import cKDTree

    rank = max(1, round(len(places) ** 0.4))
    found: Any = cKDTree(places).query(places, k=[min(rank + 1, len(places))])
    distance: FloatArray = found[0][:, 0]
    return distance


def _levels(heights: FloatArray, shares: tuple[float, ...]) -> list[float]:
    """The height above which cells hold each share of the whole."""
    falling = np.sort(heights, axis=None)[::-1]
    held = np.cumsum(falling) / falling.sum()
    return [float(falling[np.searchsorted(held, share)]) for share in shares]
