"""Interpolation along dense regions: the shortest path in the Fermat distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.traversal.interpolation import along

__all__ = ["dense_path"]

POWER = 4.0
"""Power of a hop's length that it costs; the larger, the more short hops a path is worth."""

HELD = 2000
"""Rows that a path may pass by, evenly spread."""

FINE = 8
"""Points between two steps while the path is smoothed."""

ROUNDS = 100
"""Rounds of smoothing, each a quarter, half and quarter of three neighbours."""


def dense_path(a: ArrayLike, b: ArrayLike, steps: int, rows: ArrayLike) -> FloatArray:
    r"""Codes from ``a`` to ``b`` (d,), ends included, along places where ``rows`` lie dense.

    The cheapest chain of hops from row to row, where a hop of length $l$ costs $l^4$, so that many
    short ones through a crowd cost less than a long one over empty space; then evenly spaced and
    smoothed, so that no step is a row itself. With more and more rows such chains tend to the
    shortest paths of a space in which a distance weighs the less the denser the rows are. Of the
    rows (n, d) 2,000 evenly spread ones count.

    Returns:
        float64 (steps, d); the first row is ``a`` and the last is ``b``, exactly.

    Raises:
        InvalidInput: codes of different dimensions, or fewer than 2 steps.

    Source: P. Groisman, M. Jonckheere and F. Sapienza, "Nonhomogeneous Euclidean first-passage
    percolation and distance learning", 2022 (Fermat distance, with exponent 4).

    Example:
        >>> ring = [[np.cos(t), np.sin(t)] for t in np.linspace(0, np.pi, 50)]
        >>> path = dense_path(ring[0], ring[-1], 5, ring)
        >>> bool(path[2, 1] > 0.5)
        True
    """
    steps = count(steps, name="steps", minimum=2)
    known = arrays.codes(rows, name="rows")
    ends = [np.asarray(end) for end in (a, b)]
    if any(end.shape != (known.shape[1],) for end in ends):
        raise InvalidInput(
            f"the ends must be codes of shape ({known.shape[1]},) as the rows are, got "
            f"{ends[0].shape} and {ends[1].shape}"
        )
    first, last = arrays.codes(np.stack(ends), name="the ends")
    some = np.unique(np.linspace(0, len(known) - 1, min(len(known), HELD)).astype(np.int64))
    stops = np.concatenate([[first], known[some], [last]])
    path = along(stops[_cheapest(stops)], FINE * (steps - 1) + 1)
    for _ in range(ROUNDS):
        path[1:-1] = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
    path = along(path, steps)
    path[0], path[-1] = first, last
    return path


def _cheapest(stops: FloatArray) -> IntArray:
    """Indices of the cheapest chain from the first to the last of ``stops`` (n, d).

    Dijkstra's algorithm over all hops; scaled so that powers of lengths stay within range.
    """
    n = len(stops)
    scale = np.sqrt(np.square(stops - stops.mean(axis=0)).sum(axis=1).max()) or 1.0
    points = stops / scale
    cost = np.full(n, np.inf)
    cost[0] = 0.0
    before = np.zeros(n, dtype=np.int64)
    open_ = np.ones(n, dtype=np.bool_)
    while open_[-1]:
        here = int(np.argmin(np.where(open_, cost, np.inf)))
        open_[here] = False
        hops = np.square(points - points[here]).sum(axis=1) ** (POWER / 2)
        better = open_ & (cost[here] + hops < cost)
        cost[better] = cost[here] + hops[better]
        before[better] = here
    chain = [n - 1]
    while chain[-1] != 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1])
