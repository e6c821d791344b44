r"""The bandwidth, and the tilt, of a Gaussian kernel density that make left-out rows likeliest.

Whether kernels help that are tilted as the codes are, and how far, is chosen by parts of the rows:
each is left out of the kernels *and* of the correlations R that tilt them, which fewer rows than
columns would otherwise fit exactly. Kernels have the shape $(1 - s) R + s I$.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.optimize import minimize_scalar

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.core.progress import report
from aegen.core.threads import one_blas_thread
from aegen.samplers._kernel_sums import Bins, binned_distances, joined
from aegen.samplers._standardise import first_copies

__all__ = ["Parts", "likeliest"]

LEFT_OUT = 1000
"""Most rows that are left out, one at a time, to choose the bandwidth."""

AT_ONCE = 5_000_000
"""Distances that are made between two reports of progress."""

NARROWEST, WIDEST, STEP = math.log(1e-9), math.log(3.0), 0.5
"""Where the logarithm of the bandwidth is looked for, first in such steps."""

SHRINKAGES = (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
"""How far correlations may be drawn towards 0."""

CHANCE = 2.0
"""Standard errors of the gain that a tilt must bring, else kernels stay upright."""

PARTS = 5
"""A part has at most this share of the different rows."""

FEWEST = 10
"""Different rows below which correlations tell nothing."""

LEAST = -80.0
"""Logarithm of a share that is none in single precision."""

NO_DIGIT = 2.0**-54
"""What is less than this share of a sum changes no digit of it."""

TRIED, KERNELS = 120, 600
"""Most rows that are held against how many kernels to choose a shrinkage."""


def likeliest(x: FloatArray, weights: FloatArray, rng: np.random.Generator) -> float:
    """The bandwidth with the largest leave-one-out likelihood for whitened codes (n, d)."""
    there = weights > 0
    x, weights = np.ascontiguousarray(x[there]), weights[there]
    if x.shape[1] == 0:
        return 1.0  # every column is constant: nothing is smoothed
    left_out, shares = _left_out(weights, rng)
    return _highest(*joined(_neighbours(x, left_out, weights)), shares, x.shape[1])


@dataclass(frozen=True)
class Parts:
    """Different rows, some of which are left out in parts, and what is known without each part.

    Args:
        x: standardised codes (n, d), no two alike.
        weights: theirs (n,), sum one.
        left_out: rows of each part, and how much they count.
        variances: of the correlations without each part, along their axes, (d,) each.
        axes: those axes, (d, d) each.
    """

    x: FloatArray
    weights: FloatArray
    left_out: list[tuple[IntArray, FloatArray]]
    variances: list[FloatArray]
    axes: list[FloatArray]

    @classmethod
    def cut(cls, x: FloatArray, weights: FloatArray, rng: np.random.Generator) -> Self:
        """Parts of the rows of ``x`` (n, d)."""
        first = first_copies(x)
        together = np.bincount(first, weights, len(x)).astype(np.float64)
        different = np.flatnonzero(together > 0)
        weights = together[different]
        x = np.ascontiguousarray(x[different])
        parted: list[tuple[IntArray, FloatArray]] = []
        if len(x) >= FEWEST and x.shape[1] > 1:
            rows, counted = _left_out(weights, rng)
            own, place = np.unique(rows, return_inverse=True)
            shares: FloatArray = np.bincount(place, counted).astype(np.float64)
            part = rng.permutation(len(own)) % math.ceil(len(own) * PARTS / len(x))
            parted = [(own[part == k], shares[part == k]) for k in range(part.max() + 1)]
        variances, axes = [], []
        with one_blas_thread():  # sums in one order, whatever the number of threads
            whole = (x * weights[:, None]).T @ x
            for rows, _ in parted:
                some = x[rows]
                rest = whole - (some * weights[rows, None]).T @ some
                spread = np.sqrt(np.maximum(np.diag(rest), 1e-300))
                values, vectors = np.linalg.eigh(rest / np.outer(spread, spread))
                variances.append(np.maximum(values, 0.0))
                axes.append(vectors)
        return cls(x, weights, parted, variances, axes)

    def shrinkage(self, rng: np.random.Generator) -> float:
        """How far to draw correlations towards 0, 1 for a kernel that is not tilted."""
        best, worse, near = 1.0, 0, 0.0
        if not self.left_out:
            return best
        with one_blas_thread():
            trials = [self._trial(part, rng) for part in range(len(self.left_out))]
            shares = np.concatenate([trial.shares for trial in trials])
            shares /= shares.sum()
            upright = best_logs = np.full(len(shares), -np.inf)
            for shrinkage in SHRINKAGES:
                held = [trial.squares(shrinkage) for trial in trials]

                def logs(log_h: float, held: list[Squares] = held) -> FloatArray:
                    return np.concatenate([one.density(log_h) for one in held])

                near = _climbed(lambda log_h: float(shares @ logs(log_h)), near)
                found = logs(near)
                upright = found if shrinkage == 1 else upright
                better = shares @ found > shares @ best_logs
                worse = 0 if better else worse + 1
                if better:
                    best, best_logs = shrinkage, found
                if worse == 2:
                    break
        gain = best_logs - upright
        error = np.sqrt(shares**2 @ (gain - shares @ gain) ** 2)
        return best if shares @ gain > CHANCE * error else 1.0

    def _trial(self, part: int, rng: np.random.Generator) -> Trial:
        some = slice(math.ceil(TRIED / len(self.left_out)))
        rows, shares = self.left_out[part]
        kernels = rng.permutation(np.flatnonzero(self._inside(part)))[:KERNELS]
        axes = self.axes[part]
        return Trial(
            self.x[rows[some]] @ axes,
            self.x[kernels] @ axes,
            shares[some],
            self.weights[kernels] / self.weights[kernels].sum(),
            self.variances[part],
        )

    def _inside(self, part: int) -> BoolArray:
        inside = np.ones(len(self.x), dtype=np.bool_)
        inside[self.left_out[part][0]] = False
        return inside

    def bandwidth(self, shrinkage: float) -> float:
        """The likeliest bandwidth of kernels with this shrinkage."""
        found, d = [], self.x.shape[1]
        for part, (rows, _) in enumerate(self.left_out):
            widths = np.sqrt((1 - shrinkage) * self.variances[part] + shrinkage)
            y = np.ascontiguousarray(self.x @ (self.axes[part] / widths))
            found += _neighbours(y, rows, np.where(self._inside(part), self.weights, 0.0))
        shares = np.concatenate([share for _, share in self.left_out])
        h = _highest(*joined(found), shares, d)
        # All rows have narrower kernels than those without a part, by Silverman's power.
        kept = np.mean([self.weights[self._inside(k)].sum() for k in range(len(self.left_out))])
        return float(h * kept ** (1 / (d + 4)))


@dataclass(frozen=True)
class Trial:
    """Rows that are left out (m, d) and kernels (k, d), along the axes of the correlations."""

    rows: FloatArray
    kernels: FloatArray
    shares: FloatArray
    weights: FloatArray
    variances: FloatArray

    @cached_property
    def _kernels_squared(self) -> FloatArray:
        """What every shrinkage that is tried needs of the kernels."""
        return self.kernels * self.kernels

    def squares(self, shrinkage: float) -> Squares:
        """Squared distances from the rows to the kernels in units of these."""
        variances = (1 - shrinkage) * self.variances + shrinkage
        rows = self.rows / variances
        squares = (-2 * rows) @ self.kernels.T
        squares += np.einsum("md,md->m", rows, self.rows)[:, None]
        squares += self._kernels_squared @ (1 / variances)
        return Squares(squares, self.weights, 0.5 * float(np.log(variances).sum()), len(variances))


@dataclass(frozen=True)
class Squares:
    """Squared distances (m, k) in ``d`` dimensions whose units have this volume."""

    squares: FloatArray
    weights: FloatArray
    log_volume: float
    d: int

    def density(self, log_h: float) -> FloatArray:
        """Log-density of the rows but for a constant, (m,)."""
        nearest = self.squares.min(axis=1)
        rate = 0.5 * math.exp(-2 * log_h)
        logs = np.maximum(rate * (nearest[:, None] - self.squares), LEAST)
        terms = np.exp(logs.astype(np.float32))
        sums: FloatArray = np.log(np.maximum(terms @ self.weights, 1e-300))
        sums -= rate * nearest + self.log_volume + self.d * log_h
        return sums


def _climbed(score: Callable[[float], float], start: float) -> float:
    """Where a function is largest, uphill from a start by steps and then a parabola."""
    known: dict[int, float] = {}

    def at(place: int) -> float:
        if place not in known:
            known[place] = score(start + STEP * place)
        return known[place]

    top = 0
    while (up := max((top - 1, top, top + 1), key=at)) != top:
        if not NARROWEST < start + STEP * up < WIDEST:
            break
        top = up
    low, middle, high = (at(top + k) for k in (-1, 0, 1))
    bend = low - 2 * middle + high
    shift = min(max((low - high) / (2 * bend), -0.5), 0.5) if bend < 0 else 0.0
    return start + STEP * (top + shift)


def _left_out(weights: FloatArray, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Rows that are left out, and how much each counts: all of them, or some with equal shares.

    Some are one of each stretch of rows that hold 1/1,000 of the weight, so that repeated rows
    next to each other count as one row of their weight does.
    """
    n = len(weights)
    if n <= LEFT_OUT:
        return np.arange(n), weights
    chosen = (np.arange(LEFT_OUT) + rng.random(LEFT_OUT)) / LEFT_OUT
    cumulative = np.cumsum(weights)
    rows = np.searchsorted(cumulative, chosen * cumulative[-1], side="right")
    return np.minimum(rows, n - 1), np.full(LEFT_OUT, 1 / LEFT_OUT)


def _neighbours(x: FloatArray, left_out: IntArray, weights: FloatArray) -> list[Bins]:
    """`binned_distances` in parts, with reports of progress."""
    parts = np.array_split(left_out, max(1, len(left_out) * len(x) // AT_ONCE))
    found = []
    for k, part in enumerate(parts):
        report(k / len(parts), "choosing the bandwidth")
        found.append(binned_distances(x, part, weights))
    return found


def _highest(counts: FloatArray, means: FloatArray, shares: FloatArray, d: int) -> float:
    """The bandwidth of the largest likelihood of rows with such neighbours.

    Args:
        counts: weight of the neighbours of each row in each bin of distances, (k, bins).
        means: their mean squared distance, (k, bins).
        shares: how much each row counts, (k,).
        d: dimension.
    """
    measured = counts.any(axis=1)
    counts, means = counts[measured], means[measured]
    counts /= counts.sum(axis=1, keepdims=True)
    shares = shares[measured] / shares[measured].sum()

    def density(log_h: float) -> FloatArray:
        logs: FloatArray = _log_binned(counts, means, 0.5 * math.exp(-2 * log_h)) - d * log_h
        return logs

    def unlikelihood(log_h: float) -> float:
        return -float(shares @ density(log_h))

    trials = np.arange(WIDEST, NARROWEST, -STEP)
    best = trials[int(np.argmin([unlikelihood(t) for t in trials]))]
    bounds = best - STEP, min(best + STEP, WIDEST)
    found = minimize_scalar(unlikelihood, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return float(math.exp(found.x))


@compiled
def _log_binned(counts: FloatArray, means: FloatArray, rate: float) -> FloatArray:
    """The log of sum_b counts exp(-rate means) of rows whose counts sum to one, (k,)."""
    out = np.empty(len(counts))
    for p in range(len(counts)):
        nearest = -1.0
        total = 0.0
        for b in range(counts.shape[1]):
            if counts[p, b] > 0:
                if nearest < 0:
                    nearest = means[p, b]
                share = math.exp(-rate * (means[p, b] - nearest))
                if share < NO_DIGIT * total:  # as all bins that are further away
                    break
                total += counts[p, b] * share
        out[p] = math.log(total) - rate * nearest
    return out
