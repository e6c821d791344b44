r"""Normal scores of codes and their inverse, column by column, exact in the far tails too.

With $\hat F$ the smoothed distribution function of a column (`_kde_marginal.py`), the normal score
of a value z is $x = \Phi^{-1}(\hat F(z))$. Within five standard deviations sums and tables of
`_kde_marginal.py` serve; beyond, where probabilities round to 0 or 1, logarithms of the tail are
added row by row. Used by `gaussian_copula.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.compiled import compiled
from aegen.samplers._kde_marginal import Margin, Quantiles

__all__ = ["NormalScores", "rank_scores"]

FAR = 4.0
"""Scores beyond this are taken from the logarithm of the tail."""

LARGEST = 1e100
"""Scores are held within this, so that their squares stay finite."""

ENOUGH = 45.0
"""Rows whose share of a tail is below exp(-45) of it are left out."""

ROUNDS = 200
"""Most steps to a quantile; Newton's take about six, halving an interval at most a hundred."""


@dataclass(frozen=True)
class NormalScores:
    """The margins of d columns, some of which may be constant.

    Args:
        ordered: the sorted columns, (d, n).
        weights: of the values in that order, each column's sum one, (d, n).
        width: bandwidth of each column, 0 for a constant one, (d,).
    """

    ordered: FloatArray
    weights: FloatArray
    width: FloatArray

    @staticmethod
    def of(codes: FloatArray, weights: FloatArray, width: FloatArray) -> NormalScores:
        """Margins of codes (n, d) with positive row weights (n,) that sum to one."""
        order = np.argsort(codes, axis=0, kind="stable").T
        ordered = np.take_along_axis(codes.T, order, axis=1)
        return NormalScores(ordered, weights[order], width)

    @cached_property
    def margins(self) -> tuple[Margin | None, ...]:
        """Of each column, None for a constant one."""
        own = self._uneven()
        return tuple(
            Margin.of(column, float(width), None if own is None else own[j]) if width > 0 else None
            for j, (column, width) in enumerate(zip(self.ordered, self.width, strict=True))
        )

    @cached_property
    def quantiles(self) -> Quantiles:
        """The inverses of the margins, as tables."""
        return Quantiles.of(self.ordered, self.width, self._uneven())

    def take(self, columns: BoolArray) -> NormalScores:
        """The margins of some of the columns; their tables are not made anew."""
        part = NormalScores(self.ordered[columns], self.weights[columns], self.width[columns])
        margins = tuple(self.margins[j] for j in np.flatnonzero(columns))
        vars(part).update(margins=margins, quantiles=self.quantiles.take(columns))
        return part

    def _uneven(self) -> FloatArray | None:
        """The weights, or None where all are equal."""
        return None if (self.weights == self.weights[0, 0]).all() else self.weights

    def of_codes(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores of codes and the logs of the margins' densities, both (m, d).

        A constant column has score 0 and log-density 0.
        """
        scores, logs = np.zeros_like(z), np.zeros_like(z)
        for j, margin in enumerate(self.margins):
            if margin is None:
                continue
            logs[:, j], below = margin.density_and_cdf(z[:, j])
            scores[:, j] = ndtri(below)
            far = np.abs(scores[:, j]) > FAR
            if far.any():
                low = below[far] < 0.5
                scores[far, j] = self._far(j, z[far, j], low)
        return scores, logs

    def to_codes(self, x: FloatArray) -> FloatArray:
        """The codes (m, d) whose scores are ``x``; a constant column gives its constant."""
        z = ndtr(x)
        self.quantiles.replace(z)
        for j, width in enumerate(self.width):
            far = np.abs(x[:, j]) > FAR
            if width == 0 or not far.any():
                continue
            low = x[far, j] < 0
            t, own, mass = self._scaled(j, z[far, j])
            wanted = log_ndtr(np.where(low, x[far, j], -x[far, j]))
            found = np.empty_like(t)
            found[low] = _tail_quantile(wanted[low], t[low], own, mass)
            found[~low] = -_tail_quantile(wanted[~low], -t[~low], *_mirrored(own, mass))
            z[far, j] = self.ordered[j, 0] + width * found
        return z

    def _scaled(self, j: int, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values (k,) and the column's own, in bandwidths from the first, and its weights."""
        first, width = self.ordered[j, 0], self.width[j]
        t: FloatArray = np.clip((z - first) / width, -LARGEST, LARGEST)
        return t, (self.ordered[j] - first) / width, self.weights[j]

    def _far(self, j: int, z: FloatArray, low: BoolArray) -> FloatArray:
        """Scores of values (k,) in the lower tail where ``low``, else in the upper one."""
        t, own, mass = self._scaled(j, z)
        scores = np.empty_like(t)
        scores[low] = _score(_log_tail(t[low], own, mass)[0])
        scores[~low] = -_score(_log_tail(-t[~low], *_mirrored(own, mass))[0])
        return scores


def rank_scores(z: FloatArray, weights: FloatArray) -> FloatArray:
    """Normal scores of the ranks in each column (n, d), the same for tied values.

    A value's probability is the weight of the smaller ones plus half the weight of the equal
    ones, so a row of weight 2 counts as two equal rows. Without ties or weights that is
    (rank - 1/2) / n.

    Example:
        >>> rank_scores(np.array([[3.0], [1.0], [2.0]]), np.full(3, 1 / 3)).round(3).ravel()
        array([ 0.967, -0.967,  0.   ])
    """
    scores = np.empty_like(z)
    for j, column in enumerate(z.T):
        _, group = np.unique(column, return_inverse=True)
        share = np.bincount(group, weights=weights)
        below = np.cumsum(share) - share / 2
        scores[:, j] = ndtri(below / share.sum())[group]
    return scores


def _mirrored(rows: FloatArray, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sorted rows and weights mirrored at 0, so that an upper tail is a lower one."""
    return np.ascontiguousarray(-rows[::-1]), np.ascontiguousarray(mass[::-1])


def _score(logs: FloatArray) -> FloatArray:
    """The normal quantile of probabilities given by their logarithms, down to -1e200."""
    with np.errstate(over="ignore", invalid="ignore"):
        scores: FloatArray = np.where(
            logs < -1e15, -np.sqrt(-2 * logs), ndtri_exp(np.maximum(logs, -1e15))
        )
    return np.clip(scores, -LARGEST, LARGEST)


@compiled
def _log_normal_cdf(x: float) -> float:
    """Logarithm of the standard normal distribution function."""
    if x > -20.0:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    y = 1.0 / (x * x)
    series = 1.0 - y * (1.0 - y * (3.0 - y * (15.0 - y * (105.0 - y * 945.0))))
    return -0.5 * x * x - math.log(-x) - 0.5 * math.log(2.0 * math.pi) + math.log(series)


@compiled
def _log_tail(t: FloatArray, rows: FloatArray, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Logs of sum_i w_i Phi(t - t_i) at each t, and their derivatives; made for low tails.

    Terms fall from row to row, as the rows are sorted; it ends where all that are left cannot
    matter.
    """
    logs, slopes = np.empty(len(t)), np.empty(len(t))
    for p in range(len(t)):
        best, total, rising = -np.inf, 0.0, 0.0
        for i in range(len(rows)):
            away = t[p] - rows[i]
            term = _log_normal_cdf(away)
            if term < best - ENOUGH:
                break
            part = term + math.log(mass[i])
            # the normal density over its distribution function, times this row's part
            steep = math.exp(-0.5 * away * away - 0.5 * math.log(2.0 * math.pi) - term)
            if away < -1e5:
                steep = -away
            if part > best:
                total = total * math.exp(best - part) + 1.0
                rising = rising * math.exp(best - part) + steep
                best = part
            else:
                total += math.exp(part - best)
                rising += steep * math.exp(part - best)
        logs[p], slopes[p] = best + math.log(total), rising / total
    return logs, slopes


@compiled
def _tail_quantile(
    wanted: FloatArray, start: FloatArray, rows: FloatArray, mass: FloatArray
) -> FloatArray:
    """The t whose `_log_tail` is ``wanted``, sought from ``start``: Newton within an interval.

    Steps are taken in the root of minus the logarithm, which is nearly straight in far tails.
    """
    out = np.empty(len(wanted))
    at = np.empty(1)
    for p in range(len(wanted)):
        goal = -math.sqrt(-wanted[p])
        low, high = -np.inf, np.inf
        at[0] = start[p]
        for _ in range(ROUNDS):
            logs, slopes = _log_tail(at, rows, mass)
            root = -math.sqrt(max(-logs[0], 1e-300))
            if root < goal:
                low = at[0]
            else:
                high = at[0]
            to = at[0] + (goal - root) * -2.0 * root / slopes[0]
            if abs(to - at[0]) <= 1e-11 * max(1.0, abs(to)):
                break
            if not low < to < high:
                if low == -np.inf:
                    to = at[0] - max(1.0, abs(at[0]))
                elif high == np.inf:
                    to = at[0] + max(1.0, abs(at[0]))
                else:
                    to = 0.5 * (low + high)
            at[0] = to
        out[p] = at[0]
    return out
