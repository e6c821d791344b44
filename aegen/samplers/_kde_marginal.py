r"""Univariate Gaussian kernel density estimates, their cdf and quantiles, by fast Gauss transform.

The margin of a column $x_1..x_n$ is the average of n normal distributions with mean $x_i$ and
standard deviation h, so its density is $\frac{1}{nh}\sum_i \varphi((x - x_i)/h)$; rows may count
differently, with weights in place of 1/n. Summing n terms a point is slow; here the rows are
gathered in boxes of width h, and the sum over a box is taken from its first moments (a fast Gauss
transform with Hermite polynomials, after Greengard and Strain 1991). Point masses and bounds are
added to it in `_mixed_marginal.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.compiled import compiled

__all__ = ["Margin", "Quantiles", "silverman"]

ROOT_2, ROOT_2PI = math.sqrt(2.0), math.sqrt(2 * math.pi)

ONE = np.uint64(1)

TERMS = 20
"""Moments a box: with offsets of at most h/2 they leave an error below 1e-15 of a unit of mass."""

REACH = 9.0
"""Rows further away than this many bandwidths add less than 1e-17."""

TRUSTED = 1e-7
"""Below this sum (one row at its own place gives 1/n) terms are added one by one."""

STEP = 1 / 16
"""Distance of the quantile table's knots, in bandwidths."""

CELLS = 2048
"""Equal steps of probability in the first table that a quantile is looked up in."""

TOLERANCE = 5e-8
"""Error in probability at which that table gives way to the knots."""

LONE = 2.0**46
"""Rows so many bandwidths from the first are point masses: no number lies within a bandwidth."""

NEGLIGIBLE = 1e-17
"""A share of a sum that changes no digit of it."""

EQUAL: FloatArray = np.empty(0)
"""Stands for equal weights of all rows."""


def silverman(n: float) -> float:
    """Silverman's bandwidth for n codes in units of a column's standard deviation.

    $(3n/4)^{-1/5}$: 0.23 for 2,000 codes, 0.12 for 60,000 (Silverman 1986, equation 3.28). Where
    rows have weights, n is `_standardise.effective_count`.

    Example:
        >>> round(silverman(2000), 4)
        0.2316
    """
    return float((0.75 * n) ** -0.2)


@dataclass(frozen=True)
class Margin:
    """The kernel-smoothed distribution of one column.

    Args:
        width: the bandwidth in the column's own units, > 0.
        ordered: the sorted column, shape (n,).
        weights: of the rows in that order, positive, sum one, shape (n,); empty for equal ones.
    """

    width: float
    ordered: FloatArray
    weights: FloatArray

    @staticmethod
    def of(ordered: FloatArray, width: float, weights: FloatArray | None = None) -> Margin:
        """The margin of a sorted column (n,) that is not constant.

        ``weights`` (n,) belong to the values in that order and sum to one; a row of weight zero
        is as if it were not there, and whole multiples are as repeated rows.
        """
        if weights is None:
            return Margin(width, ordered, EQUAL)
        return Margin(width, ordered[weights > 0], weights[weights > 0])

    @property
    def origin(self) -> float:
        """The median, so that numbers are finest in the bulk."""
        return float(self.ordered[len(self.ordered) // 2])

    @property
    def boxes(self) -> FloatArray:
        """Numbers of the boxes [b, b+1) that hold rows, increasing, shape (k,).

        float64, as a row may lie further away than a whole number of 64 bits can say.
        """
        return self._gathered[0]

    @property
    def moments(self) -> FloatArray:
        """Mean over all rows of the powers of their offsets in a box over k!, (k, TERMS)."""
        return self._gathered[1]

    @property
    def before(self) -> FloatArray:
        """Share of the rows in earlier boxes, shape (k + 1,)."""
        return self._gathered[2]

    @cached_property
    def _gathered(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Boxes, their moments, and the shares before them: a draw of some models needs none."""
        t = self.t
        box = np.floor(t)
        first = np.flatnonzero(np.r_[True, box[1:] != box[:-1]])
        boxes = box[first]
        counts = np.diff(np.r_[first, len(t)])
        moments = _moments(t, self.weights, boxes, counts)
        if not len(self.weights):
            return boxes, moments, np.r_[0.0, np.cumsum(counts) / len(t)]
        before = np.r_[0.0, np.cumsum(moments[:, 0])]
        return boxes, moments / before[-1], before / before[-1]

    @property
    def t(self) -> FloatArray:
        """The sorted column as (value - origin) / width, shape (n,)."""
        t: FloatArray = (self.ordered - self.origin) / self.width
        return t

    def density_and_cdf(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log of the density, and the probability of a value up to x, at each x (m,).

        The first is exact to about 1e-8 relative, far tails included, the second to about 1e-15.
        """
        t: FloatArray = np.clip((x - self.origin) / self.width, -1e150, 1e150)
        density, below = self._at(t)
        with np.errstate(divide="ignore"):
            logs = np.log(density)
        far = density < TRUSTED
        if far.any():
            logs[far] = _tail(t[far], self.t, self.weights)
        logs -= math.log(self.width) + 0.5 * math.log(2 * math.pi)
        return logs, below

    def knots(self) -> FloatArray:
        """Knots of the quantile function: rows of probability, value and slope, shape (k, 3)."""
        steps = round(1 / STEP)
        reach = int(REACH) * steps
        lone = np.abs(self.boxes) >= LONE
        near = self.boxes[~lone]
        at = _run_together(near * steps - reach, near * steps + reach + steps) * STEP
        density, u = self._at(at)
        # Where the probability stands still, over gaps and in the last digits, knots are left out.
        kept = np.r_[True, u[1:] > np.maximum.accumulate(u)[:-1]] & (u > 0) & (u < 1)
        slope = math.sqrt(2 * math.pi) / np.maximum(density[kept], 1e-290)
        value = self.origin + self.width * at[kept]
        knots = np.stack([u[kept], value, self.width * slope], axis=1)
        if not lone.any():
            return knots
        lower = int(np.argmin(lone))
        upper = lower + len(near)
        return np.concatenate(
            [self._lone_knots(0, lower), knots, self._lone_knots(upper, len(lone))]
        )

    def _lone_knots(self, first: int, last: int) -> FloatArray:
        """Two knots for each box from ``first`` to ``last``, where its rows begin and end."""
        inside = 1e-12 * self.moments[first:last, 0]  # off the neighbours' knots
        begin, end = self.before[first:last], self.before[first + 1 : last + 1]
        knots = np.zeros((last - first, 2, 3))
        knots[:, 0, 0], knots[:, 1, 0] = begin + inside, end - inside
        knots[:, :, 1] = (self.origin + self.width * self.boxes[first:last])[:, None]
        return knots.reshape(-1, 3)

    def _at(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _sums(t, self.boxes, self.moments, self.before)


@dataclass(frozen=True)
class Quantiles:
    """Inverses of the distribution functions of d margins, as tables.

    A probability is first looked up in ``grid``, a cubic in each of `CELLS` equal cells. Where
    that is not good to `TOLERANCE` (far tails, gaps between clusters) ``sound`` is False, and a
    cubic between ``knots``, which lie 1/16 of a bandwidth apart, is used. Altogether the value
    that is given for u has a probability within 2e-7 of u.

    Args:
        grid: value and slope (times the cell's width) at the cells' ends, (d, CELLS + 1, 2).
        sound: whether the grid serves in a cell, shape (d, CELLS).
        knots: probability, value and slope of all columns one after the other, shape (K, 3).
        first: the knot at or before the left end of each cell, shape (d, CELLS + 1).
    """

    grid: FloatArray
    sound: BoolArray
    knots: FloatArray
    first: IntArray

    @staticmethod
    def of(columns: Sequence[FloatArray]) -> Quantiles:
        """Tables of the ``knots`` of each column's margin, each (k, 3), k >= 2."""
        d = len(columns)
        grid = np.empty((d, CELLS + 1, 2))
        sound = np.empty((d, CELLS), dtype=np.bool_)
        first = np.empty((d, CELLS + 1), dtype=np.int64)
        start = 0
        for j, knots in enumerate(columns):
            grid[j], sound[j], first[j] = _cells(knots)
            first[j] += start
            start += len(knots)
        return Quantiles(grid, sound, np.concatenate([np.zeros((0, 3)), *columns]), first)

    def take(self, columns: IntArray | BoolArray) -> Quantiles:
        """The tables of some of the columns, in the order asked for; nothing is made anew."""
        return Quantiles(self.grid[columns], self.sound[columns], self.knots, self.first[columns])

    def replace(self, u: FloatArray) -> None:
        """Replace each probability in ``u`` (m, d) by the value of its column, in place."""
        _replace(u, self.grid, self.sound, self.knots, self.first)


def _run_together(first: FloatArray, last: FloatArray) -> FloatArray:
    """All whole numbers from a first to its last, each once; both increase, (k,)."""
    apart = np.flatnonzero(first[1:] > last[:-1] + 1)
    begins, ends = first[np.r_[0, apart + 1]], last[np.r_[apart, len(last) - 1]]
    return np.concatenate(
        [np.arange(begin, end + 1) for begin, end in zip(begins, ends, strict=True)]
    )


@compiled
def _cubic(s: float, start: float, run: float, slope_0: float, slope_1: float) -> float:
    """The cubic on [0, 1] that rises by ``run`` from ``start``, with these slopes at the ends."""
    left, right = slope_0 - run, run - slope_1
    return start + s * (run + (1 - s) * (left * (1 - s) + right * s))


@compiled
def _between(low: FloatArray, high: FloatArray, u: float) -> tuple[float, float]:
    """Value and slope at u, from the knots on either side."""
    rise, run = high[0] - low[0], high[1] - low[1]
    unit = rise if rise > 0 else 1.0
    s = min(max((u - low[0]) / unit, 0.0), 1.0)
    left, right = low[2] * rise - run, run - high[2] * rise
    # the derivative of s run + s (1 - s) (left (1 - s) + right s)
    change = (1 - 2 * s) * (left * (1 - s) + right * s) + s * (1 - s) * (right - left)
    return _cubic(s, low[1], run, low[2] * rise, high[2] * rise), (run + change) / unit


@compiled
def _cells(knots: FloatArray) -> tuple[FloatArray, BoolArray, IntArray]:
    """The grid of one column, where it is sound, and the knot at the left of each cell's ends."""
    quarters = 4 * CELLS
    values, slopes = np.empty(quarters + 1), np.empty(quarters + 1)
    places = np.empty(CELLS + 1, dtype=np.int64)
    place = 0
    for q in range(quarters + 1):
        u = q / quarters
        while place < len(knots) - 2 and knots[place + 1, 0] <= u:
            place += 1
        values[q], slopes[q] = _between(knots[place], knots[place + 1], u)
        if q % 4 == 0:
            places[q // 4] = place
    grid = np.empty((CELLS + 1, 2))
    sound = np.ones(CELLS, dtype=np.bool_)
    for c in range(CELLS + 1):
        grid[c, 0], grid[c, 1] = values[4 * c], slopes[4 * c] / CELLS
    for c in range(CELLS):
        run = grid[c + 1, 0] - grid[c, 0]
        for part in range(1, 4):
            guess = _cubic(part / 4, grid[c, 0], run, grid[c, 1], grid[c + 1, 1])
            sound[c] &= abs(guess - values[4 * c + part]) <= TOLERANCE * slopes[4 * c + part]
    return grid, sound, places


@compiled
def _moments(
    t: FloatArray, weights: FloatArray, boxes: FloatArray, counts: IntArray
) -> FloatArray:
    moments = np.zeros((len(boxes), TERMS))
    i = 0
    for b in range(len(boxes)):
        centre = boxes[b] + 0.5
        for _ in range(counts[b]):
            offset = t[i] - centre
            power = 1.0
            if len(weights):
                power = weights[i]
            for k in range(TERMS):
                moments[b, k] += power
                power *= offset / (k + 1)
            i += 1
    if not len(weights):
        moments /= len(t)
    return moments


@compiled
def _first_from(values: FloatArray, least: float) -> int:
    """Where among increasing values the first lies that is not below ``least``."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _sums(
    t: FloatArray, boxes: FloatArray, moments: FloatArray, before: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Means over the rows of exp(-(t - t_i)^2 / 2), and of the normal cdf, at each t."""
    densities, below = np.empty(len(t)), np.empty(len(t))
    for p in range(len(t)):
        first = _first_from(boxes, t[p] - REACH - 0.5)
        densities[p], below[p] = 0.0, before[first]
        for b in range(first, len(boxes)):
            y = t[p] - (boxes[b] + 0.5)
            if y < -REACH:
                break
            # Hermite polynomials by their recurrence; the cdf's series has them one order lower.
            lower, hermite = 0.0, 1.0
            series, lower_series = 0.0, 0.0
            for k in range(TERMS):
                series += hermite * moments[b, k]
                lower_series += lower * moments[b, k]
                lower, hermite = hermite, y * hermite - k * lower
            density = math.exp(-0.5 * y * y)
            densities[p] += density * series
            below[p] += 0.5 * math.erfc(-y / ROOT_2) * moments[b, 0]
            below[p] -= density / ROOT_2PI * lower_series
    return densities, below


@compiled
def _tail(t: FloatArray, rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Log of the mean over the rows of exp(-(t - t_i)^2 / 2), from the nearest row outwards."""
    out = np.empty(len(t))
    n = len(rows)
    for p in range(len(t)):
        right = _first_from(rows, t[p])
        left = right - 1
        near, total = np.inf, 0.0
        while left >= 0 or right < n:
            if left < 0 or (right < n and rows[right] - t[p] < t[p] - rows[left]):
                i, away = right, rows[right] - t[p]
                right += 1
            else:
                i, away = left, t[p] - rows[left]
                left -= 1
            near = min(near, away)
            term = math.exp(0.5 * (near - away) * (near + away))
            if term < NEGLIGIBLE * total / n:  # as is whatever lies further away
                break
            if len(weights):
                term *= weights[i]
            total += term
        if not len(weights):
            total /= n
        out[p] = math.log(total) - 0.5 * near * near
    return out


@compiled
def _replace(
    u: FloatArray, grid: FloatArray, sound: BoolArray, knots: FloatArray, first: IntArray
) -> None:
    for p in range(len(u)):
        for j in range(u.shape[1]):
            place = u[p, j] * CELLS
            left = min(int(place), CELLS - 1)
            cell = np.uint64(left)  # unsigned: an index that needs no test of its sign
            if sound[j, cell]:
                z, slope = grid[j, cell, 0], grid[j, cell, 1]
                run = grid[j, cell + ONE, 0] - z
                u[p, j] = _cubic(place - left, z, run, slope, grid[j, cell + ONE, 1])
                continue
            low, high = first[j, cell], first[j, cell + ONE] + 1
            while high - low > 1:
                middle = (low + high) // 2
                if knots[middle, 0] <= u[p, j]:
                    low = middle
                else:
                    high = middle
            rise = knots[high, 0] - knots[low, 0]
            run = knots[high, 1] - knots[low, 1]
            s = min(max((u[p, j] - knots[low, 0]) / rise, 0.0), 1.0)
            u[p, j] = _cubic(s, knots[low, 1], run, knots[low, 2] * rise, knots[high, 2] * rise)
