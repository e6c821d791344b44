"""Nearest rows, exactly: a search tree in few dimensions, blocks of matrix products in many."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray

__all__ = ["Neighbours", "RememberedNeighbours"]

TREE_DIMENSIONS = 12
"""A k-d tree is used up to here: 2,000 queries in 60,000 normal codes took 0.07 s for d = 8, 0.28
for 10 and 0.59 for 12, and a tenth of that on codes that fill fewer dimensions; matrix products
take 0.15 s whatever they are."""

ASKED = 4
"""Nearest rows that metrics ask for, one or the other way; these are remembered together."""


class Neighbours:
    """Finds the rows of ``reference`` that are nearest in Euclidean distance.

    Args:
        reference: codes (n, d), n >= 1; kept, not copied where it is float64 already.

    Example:
        >>> rows, distances = Neighbours([[0.0], [1.0], [5.0]]).query([[4.0]])
        >>> rows.tolist(), distances.tolist()
        ([[2]], [[1.0]])
    """

    def __init__(self, reference: ArrayLike) -> None:
        self.reference = arrays.codes(reference, name="reference codes", minimum=1)
        self._search: Any
        if self.reference.shape[1] <= TREE_DIMENSIONS:
            from scipy.spatial import cKDTree

            self._search = cKDTree(self.reference)
        else:
            from aegen.core.blocked_search import BlockedSearch

            self._search = BlockedSearch(self.reference)

    def query(self, z: ArrayLike, k: int = 1) -> tuple[IntArray, FloatArray]:
        """The ``k`` nearest rows for each of ``z`` (m, d), nearest first.

        Returns:
            rows (m, k) and distances (m, k); k is at most the number of rows.

        Raises:
            InvalidInput: codes of another dimension, or ``k`` not in 1..n.
        """
        n, d = self.reference.shape
        z = arrays.codes(z, dimension=d)
        k = arrays.count(k, name="k", minimum=1, maximum=n)
        if len(z) == 0:
            return np.empty((0, k), np.int64), np.empty((0, k))
        if d <= TREE_DIMENSIONS:
            distances, rows = self._search.query(z, k=np.arange(1, k + 1))
            return rows.astype(np.int64), distances
        found: tuple[IntArray, FloatArray] = self._search.query(z, k)
        return found


class RememberedNeighbours(Neighbours):
    """A search that knows its last answers, for several metrics of the same rows.

    Args:
        search: the search that answers.

    Example:
        >>> search = RememberedNeighbours(Neighbours([[0.0], [1.0], [5.0]]))
        >>> search.query([[4.0]])[0].tolist(), search.query([[4.0]], k=2)[0].tolist()
        ([[2]], [[2, 1]])
    """

    def __init__(self, search: Neighbours) -> None:
        self.reference = search.reference
        self._other = search
        self._remembered = lru_cache(maxsize=4)(self._few)

    def query(self, z: ArrayLike, k: int = 1) -> tuple[IntArray, FloatArray]:
        """As `Neighbours.query`."""
        n, d = self.reference.shape
        z = arrays.codes(z, dimension=d)
        if not 1 <= k <= min(ASKED, n):
            return self._other.query(z, k)
        rows, distances = self._remembered(z.tobytes())
        return rows[:, :k].copy(), distances[:, :k].copy()

    def _few(self, content: bytes) -> tuple[IntArray, FloatArray]:
        n, d = self.reference.shape
        return self._other.query(np.frombuffer(content).reshape(-1, d), min(ASKED, n))
