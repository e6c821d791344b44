"""Every code blurred by the same amount: the classical kernel density estimate."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from scipy.optimize import minimize_scalar

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.fields import Field
from aegen.samplers._columns import centre_and_scale, refuse_constant, standardise
from aegen.samplers._compiled import compiled
from aegen.samplers.base import DensitySampler, RowSampler

__all__ = ["KDE"]

LEFT_OUT = 1000
"""Most rows that are left out, one at a time, to choose the bandwidth."""

OCTAVES = 128
PER_OCTAVE = 16
"""Squared distances are counted in bins, 16 to a doubling, 64 doublings either side of 1."""

NARROWEST, WIDEST = 1e-4, 10.0
"""Where the bandwidth is looked for."""

BLOCK = 2048
"""Distances made at a time; they stay in the processor's cache."""

NEGLIGIBLE = 60.0
"""A code whose term is smaller than the largest by this factor in logs changes no digit."""


class KDE(RowSampler, DensitySampler):
    r"""A small normal cloud around every training code, all of one shape.

    $f(z) = \frac1n \sum_i N(z; z_i, h^2 \mathrm{diag}(s^2))$ with $s_j$ the standard deviation of
    column j and h the bandwidth. A draw is a random row plus h times its columns' spread times
    normal numbers. Left empty, h makes the mean log-density that the other rows give to a row as
    large as possible (leave-one-out likelihood; exact copies of a row are left out with it),
    judged on 1,000 random rows and all their neighbours. Sums over neighbours use distances
    sorted into bins of 1/16 of a doubling, taken at their mean: h is off by less than 1 %.

    Goes wrong in many dimensions: one h must serve dense and sparse regions, and what is drawn
    lies off the surface that the codes lie on. Smoothing widens each column by sqrt(1 + h²). A
    constant column is drawn as that constant and has no density.

    Reference: Silverman 1986; the likelihood rule is Habbema, Hermans and van den Broek 1974.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> KDE(bandwidth=0.3).fit(codes).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Kernel density"
    summary: ClassVar[str] = "Every training code blurred by the same amount."
    weighted: ClassVar[bool] = False
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {
        "codes_": ("n", "d"),
        "weights_": ("n",),
        "centre_": ("d",),
        "scale_": ("d",),
    }

    codes_: FloatArray
    centre_: FloatArray
    scale_: FloatArray
    bandwidth_: float

    def __init__(
        self,
        bandwidth: Annotated[
            float | None,
            Field(
                "Width of the blur in standard deviations of a column; empty: the likeliest.",
                low=0,
                open_low=True,
                high=10,
                log=True,
            ),
        ] = None,
    ) -> None:
        self.bandwidth = bandwidth

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.centre_, self.scale_ = centre_and_scale(z)
        self.codes_ = z.copy()
        self._weigh(len(z), weights)
        if self.bandwidth is not None:
            self.bandwidth_ = float(self.bandwidth)
        else:
            x = standardise(z, self.centre_, self.scale_)
            self.bandwidth_ = _likeliest(x[:, self.scale_ > 0], rng)

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        noise = rng.standard_normal((len(rows), self._d))
        drawn: FloatArray = self.codes_[rows] + self.bandwidth_ * self.scale_ * noise
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        d, h = self._d, self.bandwidth_
        centres = standardise(self.codes_, self.centre_, self.scale_)
        x = standardise(z, self.centre_, self.scale_)
        volume = d * math.log(h) + np.log(self.scale_).sum() + 0.5 * d * math.log(2 * math.pi)
        density: FloatArray = _log_sums(x, centres, 0.5 / h**2) - math.log(len(centres)) - volume
        return density


def _likeliest(x: FloatArray, rng: np.random.Generator) -> float:
    """The bandwidth with the largest leave-one-out likelihood for standardised codes (n, d)."""
    n, d = x.shape
    if d == 0:
        return 1.0  # every column is constant: nothing is blurred
    left_out = rng.choice(n, min(n, LEFT_OUT), replace=False)
    counts, means = _distances(x, left_out)
    used = np.flatnonzero(counts.any(axis=0))
    span = slice(used[0], used[-1] + 1)
    counts, means = counts[:, span], means[:, span]
    judged = counts.any(axis=1)
    counts, means = counts[judged], means[judged]
    others = np.log(counts.sum(axis=1)).mean()

    def unlikelihood(log_h: float) -> float:
        rate = 0.5 * math.exp(-2 * log_h)
        return float(d * log_h + others - _mean_log_sum(counts, means, rate))

    trials = np.linspace(math.log(NARROWEST), math.log(WIDEST), 40)
    best = int(np.argmin([unlikelihood(t) for t in trials]))
    bounds = trials[max(best - 1, 0)], trials[min(best + 1, len(trials) - 1)]
    found = minimize_scalar(unlikelihood, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return float(math.exp(found.x))


@compiled
def _squares(columns: FloatArray, start: int, point: FloatArray, out: FloatArray) -> None:
    """Squared distances of ``point`` (d,) to the rows from ``start`` of ``columns`` (d, n).

    Column by column, so that the processor adds up several rows at a time.
    """
    out[:] = 0.0
    for j in range(len(columns)):
        column, place = columns[j, start : start + len(out)], point[j]
        for k in range(len(out)):
            away = column[k] - place
            out[k] += away * away


@compiled
def _distances(x: FloatArray, left_out: IntArray) -> tuple[FloatArray, FloatArray]:
    """Squared distances from some rows to all others, counted in bins: counts and means (k, B).

    The bin is the leading bits of the distance as a float32: exponent and four digits more.
    """
    n = len(x)
    columns = x.T.copy()
    bins = OCTAVES * PER_OCTAVE
    counts = np.zeros((len(left_out), bins))
    means = np.zeros((len(left_out), bins))
    exact = np.empty(min(n, BLOCK))
    single = np.empty(len(exact), dtype=np.float32)
    leading = single.view(np.int32)
    for p in range(len(left_out)):
        for start in range(0, n, BLOCK):
            size = min(BLOCK, n - start)
            _squares(columns, start, x[left_out[p]], exact[:size])
            single[:size] = exact[:size]
            for k in range(size):
                if exact[k] > 0:  # neither the row itself nor a copy of it
                    b = (leading[k] >> 19) - (127 - OCTAVES // 2) * PER_OCTAVE
                    b = min(max(b, 0), bins - 1)
                    counts[p, b] += 1.0
                    means[p, b] += exact[k]
        for b in range(bins):
            if counts[p, b] > 0:
                means[p, b] /= counts[p, b]
    return counts, means


@compiled
def _mean_log_sum(counts: FloatArray, means: FloatArray, rate: float) -> float:
    """Mean over rows of log sum_b counts exp(-rate means), each row with at least one count."""
    whole = 0.0
    for p in range(len(counts)):
        nearest = -1.0
        total = 0.0
        for b in range(counts.shape[1]):
            if counts[p, b] > 0:
                if nearest < 0:
                    nearest = means[p, b]
                total += counts[p, b] * math.exp(-rate * (means[p, b] - nearest))
        whole += math.log(total) - rate * nearest
    return float(whole / len(counts))


@compiled
def _log_sums(x: FloatArray, centres: FloatArray, rate: float) -> FloatArray:
    """The log of sum_i exp(-rate |x - centre_i|²) for each x; far centres are left out."""
    n = len(centres)
    columns = centres.T.copy()
    squares = np.empty(min(n, BLOCK))
    out = np.empty(len(x))
    for p in range(len(x)):
        nearest, total = np.inf, 0.0
        limit = np.inf
        for start in range(0, n, BLOCK):
            size = min(BLOCK, n - start)
            _squares(columns, start, x[p], squares[:size])
            for k in range(size):
                square = squares[k]
                if square > limit:
                    continue
                if square < nearest:
                    if nearest < np.inf:
                        total *= math.exp(-rate * (nearest - square))
                    total += 1.0
                    nearest = square
                    limit = square + NEGLIGIBLE / rate
                else:
                    total += math.exp(-rate * (square - nearest))
        out[p] = math.log(total) - rate * nearest
    return out
