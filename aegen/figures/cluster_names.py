"""Names of groups in a picture: the value that nearly all rows of a crowded place share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.figures.point_density import smoothed

__all__ = ["cluster_names"]

CELLS = 96
"""Cells of the picture in each direction."""

SMOOTHING = 2.0
"""In cells."""

PURE = 0.7
"""Share of the rows of a place that must have a value for the place to be called by it."""

LEAST = 0.004
"""Share of all rows that a named group has at least."""


def cluster_names(points: ArrayLike, codes: ArrayLike) -> list[tuple[int, float, float]]:
    r"""The values (as codes) that groups of points are called by, and where, the largest first.

    The points of each value and all points are counted in cells and smoothed. Where a value has
    at least 70 % of the rows its place is its own; what hangs together of that is a group, named
    at its densest cell. A value may name several groups, or none where it lies among others.

    Args:
        points: (n, 2) coordinates.
        codes: (n,) the value of each as a whole number from 0.

    Example:
        >>> points = np.repeat([[0.0, 0.0], [9.0, 9.0]], 50, axis=0)
        >>> [code for code, _, _ in cluster_names(points, np.repeat([0, 1], 50))]
        [0, 1]
    """
    from scipy.ndimage import label, maximum_position, sum_labels

    xy = arrays.codes(points, name="points", dimension=2)
    values = np.asarray(codes, dtype=np.int64)
    if not len(xy):
        return []
    low = xy.min(axis=0)
    cell = float(np.ptp(xy, axis=0).max()) / CELLS or 1.0
    place = np.minimum(((xy - low) / cell).astype(np.int64), CELLS - 1)
    flat = place[:, 0] * CELLS + place[:, 1]
    everyone = smoothed(_counts(flat), SMOOTHING)
    found = []
    for code in np.flatnonzero(np.bincount(values) >= LEAST * len(xy)):
        counts = _counts(flat[values == code])
        own = smoothed(counts, SMOOTHING)
        ground = (own >= PURE * everyone) & (own > 0.02 * own.max())
        groups, n = label(ground, structure=np.ones((3, 3)))
        sizes = sum_labels(counts, groups, np.arange(1, n + 1))
        for group in np.flatnonzero(sizes >= max(LEAST * len(xy), 0.1 * counts.sum())):
            x, y = maximum_position(own, groups, group + 1)
            at = low + (np.array([x, y]) + 0.5) * cell
            found.append((float(sizes[group]), int(code), float(at[0]), float(at[1])))
    return [(code, x, y) for _, code, x, y in sorted(found, key=lambda each: -each[0])]


def _counts(flat: np.ndarray[tuple[int], np.dtype[np.int64]]) -> arrays.IntArray:
    counts: arrays.IntArray = np.bincount(flat, minlength=CELLS**2).reshape(CELLS, CELLS)
    return counts
