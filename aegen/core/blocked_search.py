"""Nearest rows in many dimensions: matrix products in single precision, proven in double.

$|a - b|^2 = |a|^2 - 2 (ab - |b|^2 / 2)$, so the rows nearest to a are those with the largest
$ab - |b|^2 / 2$. Products in single precision take half the time and tell all but a few rows
surely; for the few queries where their error might hide a nearer row, they are taken in double.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.core.threads import few_threads

__all__ = ["BlockedSearch"]

ROWS, QUERIES = 1024, 256
"""Of a block of products, which stays in the processor's cache."""

STRIDE = 64
"""Products of a row that are passed over at once where none is large enough."""

SPARE = 4
"""Candidates beyond those that are asked for, so that most queries are sure."""

MOST = 64
"""Candidates up to which they are kept in order; beyond, scikit-learn's search is quicker."""

Float32 = NDArray[np.float32]


class BlockedSearch:
    """Finds the rows of ``reference`` (n, d) that are nearest in Euclidean distance."""

    def __init__(self, reference: FloatArray) -> None:
        self._reference = reference
        self._centre = reference.mean(axis=0)
        whole = reference - self._centre
        squares = np.square(whole).sum(axis=1)
        self._unit = float(np.sqrt(squares.max())) or 1.0  # so that no product overflows
        self._rows = np.empty((reference.shape[1] + 1, len(reference)), np.float32)
        self._rows[:-1] = (whole / self._unit).T
        self._rows[-1] = -0.5 * squares / self._unit**2

    def query(self, z: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """Rows (m, k), nearest first and equally near ones in their order, and distances (m, k).

        ``z`` are (m, d), m >= 1.
        """
        few = min(len(self._reference), k + SPARE)
        if few > MOST:
            return self._measured(z, self._in_double(z, few), k)
        a = np.ones((len(z), len(self._rows)), np.float32)
        with np.errstate(over="ignore"):  # far away as it is, it is looked up in double
            a[:, :-1] = (z - self._centre) / self._unit
        with few_threads(a.size * len(self._reference)):
            candidates, least = self._candidates(a, few)
        rows, distances = self._measured(z, candidates, k)
        unsure = np.flatnonzero(~self._sure(z, distances[:, -1], least))
        if len(unsure) and few < len(self._reference):
            near = self._in_double(z[unsure], few)
            rows[unsure], distances[unsure] = self._measured(z[unsure], near, k)
        return rows, distances

    def _candidates(self, a: Float32, few: int) -> tuple[IntArray, Float32]:
        """Rows (m, few) of the largest products with ``a`` (m, d + 1), and the least of these."""
        rows = np.zeros((len(a), few), np.int64)
        products = np.full((len(a), few), -np.inf, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, len(a), QUERIES):
                some = slice(first, first + QUERIES)
                for start in range(0, self._rows.shape[1], ROWS):
                    block = a[some] @ self._rows[:, start : start + ROWS]
                    _keep_largest(block, start, products[some], rows[some])
        return rows, products[:, -1]

    def _sure(self, z: FloatArray, distance: FloatArray, least: Float32) -> BoolArray:
        """Whether all rows but the candidates are farther than ``distance`` (m,), for each query.

        By the error of a product in single precision: Jeannerod and Rump 2013, Improved error
        bounds for inner products in floating-point arithmetic, theorem 3.1.
        """
        squares = np.square((z - self._centre) / self._unit).sum(axis=1)
        error = (len(self._rows) + 4) * 2.0**-24 * (np.sqrt(squares) + 0.5)
        reached = 0.5 * (squares - np.square(distance / self._unit))
        sure: BoolArray = least + error < reached
        return sure

    def _in_double(self, z: FloatArray, few: int) -> IntArray:
        """Candidates (m, few) by scikit-learn's products in double precision."""
        search = self._whole
        with few_threads(z.size * len(self._reference), "openmp"):
            rows: IntArray = search.kneighbors(
                z - self._centre, n_neighbors=few, return_distance=False
            )
        return rows

    @cached_property
    def _whole(self) -> Any:
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(algorithm="brute").fit(self._reference - self._centre)

    def _measured(self, z: FloatArray, rows: IntArray, k: int) -> tuple[IntArray, FloatArray]:
        """The ``k`` nearest of candidates, measured anew, as products lose digits."""
        rows = np.sort(rows, axis=1)
        distances = np.stack(
            [np.sqrt(np.square(self._reference[near] - z).sum(axis=1)) for near in rows.T], axis=1
        )
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        rows = np.take_along_axis(rows, order, axis=1)
        return rows, np.take_along_axis(distances, order, axis=1)


@compiled
def _keep_largest(found: Float32, start: int, products: Float32, rows: IntArray) -> None:
    """Put those of ``found`` (m, b), of the rows from ``start`` on, among the largest (m, few)."""
    m, b = found.shape
    few = products.shape[1]
    for p in range(m):
        least = products[p, few - 1]
        for first in range(0, b, STRIDE):
            end = min(first + STRIDE, b)
            if end - first == STRIDE:
                larger = 0
                for i in range(first, first + STRIDE):  # several at a time
                    larger += found[p, i] > least
                if larger == 0:
                    continue
            for i in range(first, end):
                if found[p, i] > least:
                    place = few - 1
                    while place > 0 and products[p, place - 1] < found[p, i]:
                        products[p, place] = products[p, place - 1]
                        rows[p, place] = rows[p, place - 1]
                        place -= 1
                    products[p, place] = found[p, i]
                    rows[p, place] = start + i
                    least = products[p, few - 1]
