"""Inverse distance weighting: a place between the rows that are nearest to it."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.neighbours import Neighbours

__all__ = ["between"]

NEAREST = 10
"""Rows that a place is put between."""


def between(z: FloatArray, search: Neighbours, values: FloatArray) -> FloatArray:
    """Means of ``values`` (n, c) at the nearest rows of places ``z`` (m, d), float64 (m, c).

    sum_i w_i y_i / sum_i w_i with w_i = 1 / |z - z_i|^2 over the ten nearest of the rows z_i that
    are searched; a place on a row has exactly the row's values.

    Source: D. Shepard, "A two-dimensional interpolation function for irregularly-spaced data",
    1968.

    Example:
        >>> rows = np.array([[0.0], [1.0]])
        >>> between(np.array([[0.5]]), Neighbours(rows), np.array([[5.0], [7.0]])).tolist()
        [[6.0]]
    """
    rows, distances = search.query(z, k=min(NEAREST, len(values)))
    # Scaled by the nearest distance so that squares neither overflow nor vanish; where that is
    # zero only the rows at distance zero count.
    nearest = distances[:, :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(nearest > 0, (nearest / distances) ** 2, distances == 0)
    weights /= weights.sum(axis=1, keepdims=True)
    found: FloatArray = np.einsum("mk,mkc->mc", weights, values[rows])
    return found
