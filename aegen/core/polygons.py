"""Which points lie inside a polygon: the test behind every lasso, box and region.

Sorting the points by height once makes an edge cost as much as there are points beside it, and
the whole grow with the number of edges, not with its square: a million points and hundreds of
vertices need a fraction of a second in plain numpy. ``aegen.targeting`` builds its regions on
this.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import BoolArray, FloatArray, codes
from aegen.core.errors import InvalidInput

__all__ = ["corners", "inside"]

BLOCK = 2**14
"""Points that are looked at together, so that they stay near the processor."""


def corners(polygon: ArrayLike, *, name: str = "polygon") -> FloatArray:
    """``polygon`` as float64 vertices of shape (k, 2), k >= 3, without a repeated last vertex.

    Raises:
        InvalidInput: another shape, fewer than 3 vertices, NaN or infinite values.

    Example:
        >>> corners([(0, 0), (1, 0), (0, 1), (0, 0)]).shape
        (3, 2)
    """
    vertices = codes(polygon, name=name, dimension=2)
    if len(vertices) > 1 and (vertices[0] == vertices[-1]).all():
        vertices = vertices[:-1]
    if len(vertices) < 3:
        raise InvalidInput(
            f"{name} must have at least 3 vertices, got {len(vertices)}: draw around an area"
        )
    return vertices


def inside(points: ArrayLike, polygon: ArrayLike) -> BoolArray:
    """Whether each point lies inside a polygon, by the even-odd rule.

    A point is inside when a ray from it to the right crosses the outline an odd number of times;
    where a polygon overlaps itself twice, the overlap is therefore outside. The outline is half
    open: of a box, the left and lower sides belong to it, the right and upper sides do not, so
    polygons that tile the plane share no point and lose none (up to rounding on slanted edges,
    which is the same for both neighbours).

    Args:
        points: (n, 2) coordinates.
        polygon: (k, 2) vertices in order, closed by itself; k >= 3.

    Returns:
        (n,) booleans.

    Raises:
        InvalidInput: another shape, fewer than 3 vertices, NaN or infinite values.

    Source: the crossing-number test, M. Shimrat, "Algorithm 112: position of point relative to
    polygon", Communications of the ACM 5(8), 1962; the sweep by height is ours.

    Example:
        >>> inside([(0.5, 0.5), (2.0, 0.5)], [(0, 0), (1, 0), (1, 1), (0, 1)]).tolist()
        [True, False]
    """
    vertices = corners(polygon)
    p = codes(points, name="points", dimension=2)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    x, y = p[:, 0], p[:, 1]
    candidates = np.flatnonzero((x >= low[0]) & (x < high[0]) & (y >= low[1]) & (y < high[1]))
    found = np.zeros(len(p), dtype=np.bool_)
    found[candidates] = _odd_crossings(x[candidates], y[candidates], vertices)
    return found


def _odd_crossings(x: FloatArray, y: FloatArray, vertices: FloatArray) -> BoolArray:
    """The even-odd test for points within the polygon's range of heights."""
    lower, upper = _rising_edges(vertices)
    levels = np.unique(vertices[:, 1])
    # No edge begins or ends between two neighbouring levels, so a band has one set of edges.
    band = np.searchsorted(levels, y, side="right") - 1
    # 16-bit keys, where they suffice, are sorted in linear time
    order = np.argsort(band.astype(np.uint16) if len(levels) <= 2**16 else band, kind="stable")
    x, y, band = x[order], y[order], band[order]
    starts = np.searchsorted(band, np.arange(len(levels) + 1))
    first, last = (starts[np.searchsorted(levels, end[:, 1])] for end in (lower, upper))
    odd = np.zeros(len(x), dtype=np.bool_)
    for begin in range(0, len(x), BLOCK):
        end = begin + BLOCK
        for k in np.flatnonzero((first < end) & (last > begin) & (first < last)):
            rows = slice(max(first[k], begin), min(last[k], end))
            (x0, y0), (x1, y1) = lower[k], upper[k]
            odd[rows] ^= (x1 - x0) * (y[rows] - y0) > (x[rows] - x0) * (y1 - y0)
    found = np.empty_like(odd)
    found[order] = odd
    return found


def _rising_edges(vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The edges as (lower end, upper end); level edges are crossed by no level ray.

    Every edge runs upward whichever way the polygon does, so that two polygons which share an
    edge round alike along it.
    """
    ends = np.roll(vertices, -1, axis=0)
    rising = vertices[:, 1] < ends[:, 1]
    falling = vertices[:, 1] > ends[:, 1]
    return (
        np.concatenate([vertices[rising], ends[falling]]),
        np.concatenate([ends[rising], vertices[falling]]),
    )
