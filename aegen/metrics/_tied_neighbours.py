"""Nearest neighbours with all ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours

__all__ = ["Nearest", "nearest", "others"]


class Nearest(NamedTuple):
    """The rows that are nearest to each of m rows.

    Attributes:
        asked: which of the m rows (t,), ascending; more than once where several are as near.
        found: the row that is nearest to it (t,).
        distance: how far it is, for each of the m rows (m,).
    """

    asked: IntArray
    found: IntArray
    distance: FloatArray

    def mean(self, of_pair: FloatArray) -> FloatArray:
        """The mean over the rows that tie of what each pair (t,) has, for each row (m,)."""
        m = len(self.distance)
        total = np.bincount(self.asked, weights=of_pair, minlength=m)
        mean: FloatArray = total / np.bincount(self.asked, minlength=m)
        return mean


def nearest(search: Neighbours, rows: FloatArray) -> Nearest:
    """The nearest of ``search`` to each of ``rows`` (m, d), m >= 1, with all ties.

    Example:
        >>> found = nearest(Neighbours([[0.0], [2.0], [2.0]]), np.array([[1.0], [0.1]]))
        >>> found.asked.tolist(), found.found.tolist(), found.distance.tolist()
        ([0, 0, 0, 1], [0, 1, 2, 0], [1.0, 0.1])
    """
    return _grown(search, rows, np.full(len(rows), -1))


def others(search: Neighbours, own: IntArray) -> Nearest:
    """The same for rows ``own`` (m,) of the search itself, each of which is not its own nearest.

    Where the search has one row only, the distance is infinite and the row stands for itself.

    Example:
        >>> found = others(Neighbours([[0.0], [2.0], [5.0]]), np.array([0, 2]))
        >>> found.found.tolist(), found.distance.tolist()
        ([1, 1], [2.0, 3.0])
    """
    return _grown(search, search.reference[own], own)


def _grown(search: Neighbours, rows: FloatArray, own: IntArray) -> Nearest:
    """Ask for more neighbours of the rows whose found ones are all as near, until none is left."""
    n = len(search.reference)
    distance = np.full(len(rows), np.inf)
    asked, found = [], []
    left, k = np.arange(len(rows)), 2
    while len(left):
        k = min(2 * k, n)
        near, distances = search.query(rows[left], k)
        distances[near == own[left, None]] = np.inf
        least = distances.min(axis=1)
        tied = distances == least[:, None]
        whole = (tied.sum(axis=1) < k - 1) | (k == n)
        which, place = np.nonzero(tied & whole[:, None])
        asked.append(left[which])
        found.append(near[which, place])
        distance[left] = least
        left = left[~whole]
    who, whom = np.concatenate(asked), np.concatenate(found)
    order = np.lexsort([whom, who])
    return Nearest(who[order], whom[order], distance)
