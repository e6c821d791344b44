"""Ranks of codes, and the stretch of (0, 1) that each row owns in each column.

The rows of a column, in order, share (0, 1) out among themselves: row i gets its share w_i, 1/n
where rows count the same. Cut into m equal steps, that is the step which stands for the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray, IntArray

__all__ = ["Ranks", "ranked"]


@dataclass(frozen=True)
class Ranks:
    """Who comes where, and how much each row counts.

    Args:
        ranks: of each row in each column, from 1, a permutation, (n, d).
        shares: of the rows, sum one, (n,).
    """

    ranks: NDArray[np.int32]
    shares: FloatArray

    @cached_property
    def even(self) -> bool:
        """Whether all rows have the same share."""
        return bool((self.shares == self.shares[0]).all())

    @cached_property
    def ordered_shares(self) -> FloatArray | None:
        """The shares in the order of each column, (d, n); None where all are the same."""
        return None if self.even else self.order(self.shares)

    def order(self, values: NDArray[Any]) -> NDArray[Any]:
        """Something of each row (n,) in the order of each column, (d, n)."""
        n, d = self.ranks.shape
        ordered = np.empty((d, n), dtype=values.dtype)
        ordered[np.arange(d), self.ranks - 1] = values[:, None]
        return ordered

    @cached_property
    def _before(self) -> FloatArray:
        """The shares of all rows below each, in the order of each column, (d, n)."""
        assert self.ordered_shares is not None
        below: FloatArray = np.cumsum(self.ordered_shares, axis=1) - self.ordered_shares
        return below

    def stretches(self, m: int, rows: IntArray | None = None) -> tuple[FloatArray, FloatArray]:
        """Where the stretches of some rows, or of all, begin (k, d), and their lengths (k,).

        Both in steps, of which there are ``m``.
        """
        n, d = self.ranks.shape
        ranks = self.ranks if rows is None else self.ranks[rows]
        if self.even:  # products of whole numbers, so that borders are met exactly
            return m * (ranks.astype(np.int64) - 1) / n, np.full(len(ranks), m / n)
        shares = self.shares if rows is None else self.shares[rows]
        return m * self._before[np.arange(d), ranks - 1], m * shares

    def steps(self, m: int, rows: IntArray, rng: np.random.Generator) -> NDArray[np.int32]:
        """A step of 1..m for each column of ``rows``, by its part in the row's stretch, (k, d)."""
        if self.even and m == len(self.ranks):
            own: NDArray[np.int32] = self.ranks[rows]
            return own
        start, length = self.stretches(m, rows)
        place = np.floor(start + length[:, None] * rng.random(start.shape))
        steps: NDArray[np.int32] = np.clip(place + 1, 1, m).astype(np.int32)
        return steps


def ranked(z: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, NDArray[np.int32]]:
    """Sorted columns (d, n) of codes (n, d), and the rank of each code in its column, (n, d).

    Equal values take their ranks in random order, so that each column has every rank once.
    """
    n, d = z.shape
    ordered = np.empty((d, n))
    ranks = np.empty((n, d), dtype=np.int32)
    for j in range(d):
        order = _order(z[:, j], rng)
        ordered[j] = z[order, j]
        ranks[order, j] = np.arange(1, n + 1, dtype=np.int32)
    return ordered, ranks


def _order(column: FloatArray, rng: np.random.Generator) -> IntArray:
    """Indices that sort ``column``, equal values in random order."""
    order = np.argsort(column)
    ordered = column[order]
    same = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    if len(tied):
        # The sort's own order of equal values differs between processors, so by row first.
        among = order[tied][np.lexsort((order[tied], ordered[tied]))]
        order[tied] = among[np.lexsort((rng.random(len(tied)), ordered[tied]))]
    return order
