r"""Normal scores of codes and their inverse, column by column, exact in the far tails too.

With $\hat F$ the distribution function of a column (`_mixed_marginal.py`), the normal score of a
value z is $x = \Phi^{-1}(\hat F(z))$; of a point mass, all that is known is that it lies between
$\Phi^{-1}(\hat F(z^-))$ and $\Phi^{-1}(\hat F(z))$. Within four standard deviations sums and
tables serve; beyond, where probabilities round to 0 or 1, logarithms of the tail are added row by
row.
Used by `gaussian_copula.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.compiled import compiled
from aegen.samplers._kde_marginal import Quantiles
from aegen.samplers._mixed_marginal import MixedMargin

__all__ = ["NormalScores", "rank_scores"]

FAR = 4.0
"""Scores beyond this are taken from the logarithm of the tail."""

AT_BOUND = 8.2
"""Scores at a bound, and beyond it, are held at this: nothing nearer to 1 can be distinguished."""

LARGEST = 1e100
"""Scores are held within this, so that their squares stay finite."""

ENOUGH = 45.0
"""Rows whose share of a tail is below exp(-45) of it are left out."""

ROUNDS = 200
"""Most steps to a quantile; Newton's take about six, halving an interval at most a hundred."""


@dataclass(frozen=True)
class NormalScores:
    """The margins of d columns, some of which may be constant."""

    margins: tuple[MixedMargin, ...]

    @cached_property
    def quantiles(self) -> Quantiles:
        """The inverses of the margins, as tables."""
        return Quantiles.of([margin.knots() for margin in self.margins])

    def take(self, columns: BoolArray) -> NormalScores:
        """The margins of some of the columns; their tables are not made anew."""
        part = NormalScores(tuple(self.margins[j] for j in np.flatnonzero(columns)))
        vars(part).update(quantiles=self.quantiles.take(columns))
        return part

    def of_codes(self, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Where the scores of codes lie, from and to, and the logs of the margins' densities.

        All are (m, d). The ends are the same, the score, where there is no point mass; of one, the
        log-density is 0. A constant column has score 0.
        """
        low, high, logs = np.zeros_like(z), np.zeros_like(z), np.zeros_like(z)
        for j, margin in enumerate(self.margins):
            if margin.constant:
                continue
            logs[:, j], below, until = margin.interval(z[:, j])
            atom = below < until
            score = ndtri(until)
            high[:, j] = np.where(atom, score, np.clip(score, -AT_BOUND, AT_BOUND))
            low[:, j] = high[:, j]
            low[atom, j], logs[atom, j] = ndtri(below[atom]), 0.0
            for tail in _tails(margin) if (np.abs(high[:, j]) > FAR).any() else ():
                far = ~atom & (tail.sign * high[:, j] < -FAR)
                if far.any():
                    high[far, j] = low[far, j] = tail.scores(z[far, j])
        return low, high, logs

    def to_codes(self, x: FloatArray) -> FloatArray:
        """The codes (m, d) whose scores are ``x``; a constant column gives its constant."""
        z = ndtr(x)
        self.quantiles.replace(z)
        for j, margin in enumerate(self.margins):
            for tail in _tails(margin) if (np.abs(x[:, j]) > FAR).any() else ():
                far = tail.sign * x[:, j] < -FAR
                if far.any():
                    z[far, j] = tail.values(x[far, j], z[far, j])
        return z


@dataclass(frozen=True)
class _Tail:
    """A tail that thins out for ever: rows and their mass, mirrored where it is the upper one.

    Args:
        sign: 1 for the lower tail, -1 for the upper.
        origin, width: values are in bandwidths from the origin.
        rows: sorted, (n,).
        mass: of each row, (n,).
    """

    sign: float
    origin: float
    width: float
    rows: FloatArray
    mass: FloatArray

    def scores(self, z: FloatArray) -> FloatArray:
        """Normal scores of values (k,) in this tail."""
        return self.sign * _score(_log_tail(self._scaled(z), self.rows, self.mass)[0])

    def values(self, x: FloatArray, start: FloatArray) -> FloatArray:
        """Values whose scores are ``x`` (k,), sought from ``start`` (k,)."""
        wanted = log_ndtr(self.sign * x)
        found = _tail_quantile(wanted, self._scaled(start), self.rows, self.mass)
        values: FloatArray = self.origin + self.width * self.sign * found
        return values

    def _scaled(self, z: FloatArray) -> FloatArray:
        t: FloatArray = np.clip((z - self.origin) / self.width, -LARGEST, LARGEST)
        return self.sign * t


def _tails(margin: MixedMargin) -> list[_Tail]:
    """The tails of a margin that have no bound."""
    rest, tails = margin.rest, []
    if rest is not None:
        t = rest.t
        mass = rest.weights if len(rest.weights) else np.full(len(t), 1 / len(t))
        mass = mass * margin.scale
        if margin.low == -np.inf:
            tails.append(_Tail(1.0, rest.origin, rest.width, t, mass))
        if margin.high == np.inf:
            rows, turned = -t[::-1], np.ascontiguousarray(mass[::-1])
            tails.append(_Tail(-1.0, rest.origin, rest.width, rows, turned))
    return tails


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
