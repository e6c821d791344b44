r"""Kernel-smoothed margins: each column's own distribution, exact sums made fast.

The margin of a column $x_1..x_n$ is the average of n normal distributions with mean $x_i$ and
standard deviation h, so its density is $\frac{1}{nh}\sum_i \varphi((x - x_i)/h)$. Summing n terms
a point is slow; here the rows are gathered in boxes of width h, and the sum over a box is taken
from its first moments (a fast Gauss transform with Hermite polynomials, after Greengard and
Strain 1991). Used by `independent_margins.py` and `empirical_beta_copula.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.samplers._compiled import compiled

__all__ = ["Margin", "silverman"]

TERMS = 20
"""Moments a box: with offsets of at most h/2 they leave an error below 1e-15 of a unit of mass."""

REACH = 9.0
"""Rows further away than this many bandwidths add less than 1e-17."""

TRUSTED = 1e-7
"""Below this sum (one row at its own place gives 1/n) terms are added one by one."""

STEP = 1 / 16
"""Distance of the quantile table's knots, in bandwidths."""

GUIDES = 4096
"""Entries that say where in the quantile table to start."""


def silverman(n: int) -> float:
    """Silverman's bandwidth for n codes in units of a column's standard deviation.

    $(3n/4)^{-1/5}$: 0.23 for 2,000 codes, 0.12 for 60,000 (Silverman 1986, equation 3.28).

    Example:
        >>> round(silverman(2000), 4)
        0.2316
    """
    return float((0.75 * n) ** -0.2)


@dataclass(frozen=True)
class Margin:
    """The kernel-smoothed distribution of one column; all in units where the bandwidth is 1.

    Args:
        origin: the smallest value of the column.
        width: the bandwidth in the column's own units, > 0.
        t: the sorted column as (value - origin) / width, shape (n,).
        boxes: numbers of the boxes [b, b+1) that hold rows, increasing, shape (k,).
        moments: mean over all rows of the powers of their offsets in a box over k!, (k, TERMS).
        before: share of the rows in earlier boxes, shape (k + 1,).
    """

    origin: float
    width: float
    t: FloatArray
    boxes: IntArray
    moments: FloatArray
    before: FloatArray

    @staticmethod
    def of(ordered: FloatArray, width: float) -> Margin:
        """The margin of a sorted column (n,) that is not constant."""
        origin = float(ordered[0])
        t = (ordered - origin) / width
        box = np.floor(t).astype(np.int64)
        first = np.flatnonzero(np.r_[True, box[1:] != box[:-1]])
        boxes = box[first]
        counts = np.diff(np.r_[first, len(t)])
        moments = _moments(t, boxes, counts)
        before = np.r_[0.0, np.cumsum(counts) / len(t)]
        return Margin(origin, width, t, boxes, moments, before)

    def log_density(self, x: FloatArray) -> FloatArray:
        """Log of the density at each x (m,), exact to about 1e-8 relative, far tails included."""
        t = self._standard(x)
        density = _sums(t, self.boxes, self.moments, self.before, False)
        far = density < TRUSTED
        with np.errstate(divide="ignore"):
            logs = np.log(density)
        if far.any():
            logs[far] = _tail(t[far], self.t)
        logs -= math.log(self.width) + 0.5 * math.log(2 * math.pi)
        return logs

    def cdf(self, x: FloatArray) -> FloatArray:
        """Probability of a value up to each x (m,), exact to about 1e-15."""
        return _sums(self._standard(x), self.boxes, self.moments, self.before, True)

    def _standard(self, x: FloatArray) -> FloatArray:
        t: FloatArray = np.clip((x - self.origin) / self.width, -1e100, 1e100)
        return t

    def knots(self) -> tuple[FloatArray, IntArray]:
        """A table for `quantile`: knots (k, 3) of probability, value and slope, and its guide."""
        steps = round(1 / STEP)
        window = np.arange(-int(REACH) * steps, (int(REACH) + 1) * steps + 1)
        at = np.unique((self.boxes[:, None] * steps + window).ravel()) * STEP
        u = self._at(at, True)
        # Where the probability stands still, over gaps and in the last digits, knots are left out.
        rising = np.r_[True, u[1:] > np.maximum.accumulate(u)[:-1]] & (u > 0) & (u < 1)
        at, u = at[rising], u[rising]
        slope = 1 / np.maximum(self._at(at, False) / math.sqrt(2 * math.pi), 1e-300)
        table = np.stack([u, self.origin + self.width * at, self.width * slope], axis=1)
        guide = np.searchsorted(u, np.arange(GUIDES) / GUIDES, side="right") - 1
        return table, np.clip(guide, 0, len(u) - 2)

    def _at(self, t: FloatArray, cumulative: bool) -> FloatArray:
        return _sums(t, self.boxes, self.moments, self.before, cumulative)


@compiled
def _moments(t: FloatArray, boxes: IntArray, counts: IntArray) -> FloatArray:
    moments = np.zeros((len(boxes), TERMS))
    i = 0
    for b in range(len(boxes)):
        centre = boxes[b] + 0.5
        for _ in range(counts[b]):
            offset = t[i] - centre
            power = 1.0
            for k in range(TERMS):
                moments[b, k] += power
                power *= offset / (k + 1)
            i += 1
    moments /= len(t)
    return moments


@compiled
def _sums(
    t: FloatArray, boxes: IntArray, moments: FloatArray, before: FloatArray, cumulative: bool
) -> FloatArray:
    """Mean over the rows of exp(-(t - t_i)^2 / 2), or of the normal cdf, at each t."""
    out = np.empty(len(t))
    for p in range(len(t)):
        first = np.searchsorted(boxes, t[p] - REACH - 0.5)
        total = before[first] if cumulative else 0.0
        for b in range(first, len(boxes)):
            y = t[p] - (boxes[b] + 0.5)
            if y < -REACH:
                break
            # Hermite polynomials by their recurrence; the cdf's series has them one order lower.
            previous, hermite = 0.0, 1.0
            series = 0.0
            if cumulative:
                for k in range(1, TERMS):
                    series += hermite * moments[b, k]
                    previous, hermite = hermite, y * hermite - (k - 1) * previous
                bell = math.exp(-0.5 * y * y) / math.sqrt(2 * math.pi)
                total += 0.5 * math.erfc(-y / math.sqrt(2.0)) * moments[b, 0] - bell * series
            else:
                for k in range(TERMS):
                    series += hermite * moments[b, k]
                    previous, hermite = hermite, y * hermite - k * previous
                total += math.exp(-0.5 * y * y) * series
        out[p] = total
    return out


@compiled
def _tail(t: FloatArray, rows: FloatArray) -> FloatArray:
    """Log of the mean over the rows of exp(-(t - t_i)^2 / 2), term by term."""
    out = np.empty(len(t))
    for p in range(len(t)):
        k = np.searchsorted(rows, t[p])
        near = np.inf
        if k < len(rows):
            near = rows[k] - t[p]
        if k > 0:
            near = min(near, t[p] - rows[k - 1])
        total = 0.0
        for row in rows:
            away = row - t[p]
            total += math.exp(0.5 * (near - away) * (near + away))
        out[p] = math.log(total / len(rows)) - 0.5 * near * near
    return out


@compiled
def quantile(u: FloatArray, j: int, table: FloatArray, guide: IntArray) -> None:
    """Replace column j of ``u`` (m, d) by the values below which these shares lie."""
    last = len(table) - 2
    for p in range(len(u)):
        share = u[p, j]
        k = guide[min(int(share * GUIDES), GUIDES - 1)]
        while k < last and table[k + 1, 0] <= share:
            k += 1
        rise = table[k + 1, 0] - table[k, 0]
        run = table[k + 1, 1] - table[k, 1]
        s = min(max((share - table[k, 0]) / rise, 0.0), 1.0)
        # The cubic through both knots with their slopes.
        left = table[k, 2] * rise - run
        right = run - table[k + 1, 2] * rise
        u[p, j] = table[k, 1] + s * run + s * (1 - s) * (left * (1 - s) + right * s)
