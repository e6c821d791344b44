"""Margins of a copula: each column kernel-smoothed, normal, or the values that occurred.

What a copula needs of margins: the value that a probability stands for, the probability of a
value, and a density where there is one. Used by `empirical_beta_copula.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.special import log_ndtr, ndtri

from aegen.core.arrays import BoolArray, FloatArray
from aegen.samplers._kde_marginal import Margin, Quantiles

__all__ = ["ColumnLaws", "Kind", "inside"]

Kind = Literal["kde", "gaussian", "empirical"]

SMALLEST, LARGEST = 1e-300, 1 - 2.0**-53


def inside(u: FloatArray) -> FloatArray:
    """Probabilities within (0, 1): those that round to 0 and 1 become the nearest inside."""
    return np.clip(u, SMALLEST, LARGEST)


@dataclass(frozen=True)
class ColumnLaws:
    """The laws of d columns, all of one kind; a column of scale 0 is constant.

    Args:
        kind: "kde" is the average of normal distributions around the values, "gaussian" one of
            mean ``centre`` and standard deviation ``scale``, "empirical" the values themselves.
        ordered: the sorted columns, (d, n).
        shares: of the values in that order, (d, n), or None for equal ones.
        centre: mean of each column, (d,).
        scale: standard deviation of each column, (d,).
        bandwidth: of "kde" in standard deviations.
    """

    kind: Kind
    ordered: FloatArray
    shares: FloatArray | None
    centre: FloatArray
    scale: FloatArray
    bandwidth: float

    @cached_property
    def tables(self) -> Quantiles:
        """Inverses of the smoothed columns' distribution functions."""
        return Quantiles.of(self.ordered, self.bandwidth * self.scale, self.shares)

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

    def log_density_and_cdf(self, x: FloatArray, j: int) -> tuple[FloatArray, FloatArray]:
        """Log-density of a smooth column j, and probability up to each x (k,)."""
        scale = float(self.scale[j])
        if self.kind == "gaussian":
            t = np.clip((x - self.centre[j]) / scale, -1e100, 1e100)
            return -0.5 * t * t - np.log(scale) - 0.5 * np.log(2 * np.pi), np.exp(log_ndtr(t))
        own = None if self.shares is None else self.shares[j]
        margin = Margin.of(self.ordered[j], self.bandwidth * scale, own)
        return margin.density_and_cdf(x)

    def cdf(self, x: FloatArray, j: int, *, less: bool = False) -> FloatArray:
        """Probability up to each x (k,) in column j; with ``less`` that of x itself left out."""
        if not self.jumps(j):
            return self.log_density_and_cdf(x, j)[1]
        n = self.ordered.shape[1]
        until = np.arange(n + 1) / n
        if self.shares is not None:
            until = np.minimum(np.r_[0.0, np.cumsum(self.shares[j])], 1.0)
        side: Literal["left", "right"] = "left" if less else "right"
        probability: FloatArray = until[np.searchsorted(self.ordered[j], x, side=side)]
        return probability

    def cdfs(self, z: FloatArray) -> FloatArray:
        """Probability up to each value of codes (k, d) in its column, (k, d)."""
        return np.stack([self.cdf(column, j) for j, column in enumerate(z.T)], axis=1)

    def jumps(self, j: int) -> bool:
        """Whether column j takes only values that occurred."""
        return bool(self.kind == "empirical" or self.scale[j] == 0)

    def take(self, columns: BoolArray) -> ColumnLaws:
        """Some of the columns; tables that were made are kept."""
        laws = ColumnLaws(
            self.kind,
            self.ordered[columns],
            None if self.shares is None else self.shares[columns],
            self.centre[columns],
            self.scale[columns],
            self.bandwidth,
        )
        if "tables" in self.__dict__:
            laws.__dict__["tables"] = self.tables.take(columns)
        return laws
