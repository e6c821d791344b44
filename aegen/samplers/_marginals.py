"""Margins of an empirical beta copula: each column smoothed, normal, or the values that occurred.

What a copula needs of margins: the value that a probability stands for, the probability of a
value, and a density where there is one. Used by `empirical_beta_copula.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Literal

import numpy as np
from scipy.special import log_ndtr, ndtri

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.samplers._kde_marginal import Quantiles
from aegen.samplers._mixed_marginal import MixedMargin

__all__ = ["ColumnLaws", "Kind", "inside"]

Kind = Literal["kde", "gaussian", "empirical"]

SMALLEST, LARGEST = 1e-300, 1 - 2.0**-53


def inside(u: FloatArray) -> FloatArray:
    """Probabilities within (0, 1): those that round to 0 and 1 become the nearest inside."""
    return np.clip(u, SMALLEST, LARGEST)


@dataclass(frozen=True)
class ColumnLaws:
    """The laws of d columns, all of one kind; a column of scale 0 is constant.

    Columns have point masses where values repeat ("kde", see `_mixed_marginal.py`), or consist of
    them ("empirical", and constants of any kind).

    Args:
        kind: "kde" is a kernel density estimate with point masses, "gaussian" the normal law of
            mean ``centre`` and standard deviation ``scale``, "empirical" the values themselves.
        ordered: the sorted columns, (d, n).
        shares: of the values in that order, (d, n), or None for equal ones.
        centre: mean of each column, (d,).
        scale: standard deviation of each column, (d,).
        count: effective number of rows.
        copies: in the order of each column, see `MixedMargin.of`, (d, n); None for no copies.
    """

    kind: Kind
    ordered: FloatArray
    shares: FloatArray | None
    centre: FloatArray
    scale: FloatArray
    count: float
    copies: IntArray | None = None

    @cached_property
    def tables(self) -> Quantiles:
        """Inverses of the smoothed columns' distribution functions."""
        return Quantiles.of([margin.knots() for margin in self.margins])

    @cached_property
    def margins(self) -> tuple[MixedMargin, ...]:
        """The smoothed laws of the columns."""
        return MixedMargin.of_columns(
            self.ordered, self.shares, count=self.count, copies=self.copies
        )

    def invert(self, u: FloatArray) -> None:
        """Replace ``u`` (k, d) by the values that its probabilities stand for in each column."""
        if self.kind == "kde":
            self.tables.replace(u)
        elif self.kind == "gaussian":
            u[:] = self.centre + self.scale * ndtri(inside(u))
        else:
            for j in range(u.shape[1]):
                u[:, j] = self._occurred(u[:, j], j)

    def _occurred(self, u: FloatArray, j: int) -> FloatArray:
        """The least value of column j up to which at least u of the rows lie, of each u (k,)."""
        n = self.ordered.shape[1]
        if self.shares is None:
            place = np.ceil(u * n).astype(np.int64) - 1
            last = n - 1
        else:
            until = np.cumsum(self.shares[j])
            place = np.searchsorted(until, u * until[-1], side="left")
            last = int(np.flatnonzero(self.shares[j])[-1])
        values: FloatArray = self.ordered[j, np.clip(place, 0, last)]
        return values

    def at(self, x: FloatArray, j: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log-density, P(X < x) and P(X <= x) at each x (k,) of column j.

        At a point mass, the two probabilities differ and the log-density is 0; where nothing can
        lie, it is -inf.
        """
        if self.kind == "kde":
            logs, below, until = self.margins[j].interval(x)
            return np.where(below < until, 0.0, logs), below, until
        if self.kind == "gaussian" and self.scale[j] > 0:
            t = np.clip((x - self.centre[j]) / self.scale[j], -1e100, 1e100)
            until = np.exp(log_ndtr(t))
            logs = -0.5 * t * t - np.log(self.scale[j]) - 0.5 * np.log(2 * np.pi)
            return logs, until, until
        n = self.ordered.shape[1]
        steps = np.arange(n + 1) / n
        if self.shares is not None:
            steps = np.minimum(np.r_[0.0, np.cumsum(self.shares[j])], 1.0)
        below = steps[np.searchsorted(self.ordered[j], x, side="left")]
        until = steps[np.searchsorted(self.ordered[j], x, side="right")]
        return np.where(below < until, 0.0, -np.inf), below, until

    def of_codes(self, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Summed log-densities of codes (k, d), and the probabilities below and up to each value.

        Shapes (k,), (k, d) and (k, d). Those of a point mass differ, others are within (0, 1).
        """
        logs, low, high = np.zeros(len(z)), np.empty_like(z), np.empty_like(z)
        for j, column in enumerate(z.T):
            own, low[:, j], high[:, j] = self.at(column, j)
            logs += own
        point = low == high
        high[point] = inside(high[point])
        low[point] = high[point]
        return logs, low, high

    def take(self, columns: BoolArray) -> ColumnLaws:
        """Some of the columns; what was made of them is kept."""
        laws = ColumnLaws(
            self.kind,
            self.ordered[columns],
            None if self.shares is None else self.shares[columns],
            self.centre[columns],
            self.scale[columns],
            self.count,
            None if self.copies is None else self.copies[columns],
        )
        if "tables" in self.__dict__:
            laws.__dict__["tables"] = self.tables.take(columns)
        if "margins" in self.__dict__:
            laws.__dict__["margins"] = tuple(compress(self.margins, columns))
        return laws
