"""Figures with intervals, and differences of two candidates that say whether they are resolved.

Two sources of variance are distinguished. *Rows*: which held-out rows were compared with, and
which codes were drawn; each figure carries what a bootstrap over rows would find
(`metrics.Measured`). *Seeds*: the same comparison under other seeds, fits included. Where three
seeds or more were used an interval is the wider of the two; with fewer only rows can be counted.

Two candidates of one seed met the same held-out rows, so the difference is taken row by row and
seed by seed: what the rows did to both cancels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aegen.comparison.task import Figure
from aegen.core.arrays import FloatArray
from aegen.metrics.base import Metric, variance

__all__ = ["LEVEL", "Difference", "Estimate", "difference", "estimate", "winner", "worse"]

LEVEL = 0.95
"""Confidence level of the intervals."""

ENOUGH = 3
"""Seeds whose spread says something."""


@dataclass(frozen=True)
class Estimate:
    """A figure over all seeds.

    Attributes:
        value: mean over the seeds.
        low, high: 95 % confidence interval, or None where nothing is known about its error.
        seeds: how many there were.
    """

    value: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the interval; the value twice where it is not known."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high


@dataclass(frozen=True)
class Difference(Estimate):
    """How much farther from the best one candidate is than another; above 0 the first is worse."""

    @property
    def resolved(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


Figures = Mapping[int, Figure]
"""A candidate's figures by one metric spec, by seed."""


def estimate(
    figures: Figures,
    distinct: float = math.inf,
    possible: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """A figure over all seeds, at least one, with its interval.

    ``distinct`` is how many sets of reference rows there are that share none: beyond these more
    seeds do not lessen the variance of the reference. ``possible`` are the least and the largest
    value that there can be, as 0 and 1 of a share: the interval ends there.

    Example:
        >>> shares = {0: Figure(0.9), 1: Figure(0.99), 2: Figure(0.93)}
        >>> estimate(shares, possible=(0, 1)).high
        1.0
    """
    found = list(figures.values())
    values = np.array([figure.value for figure in found])
    half = _half(
        values,
        [f.variance_reference for f in found],
        [f.variance_generated for f in found],
        distinct,
    )
    mean, low, high = _interval(values, half)
    if low is not None and high is not None:
        low, high = (float(end) for end in np.clip((low, high), *possible))
    return Estimate(mean, low, high, len(found))


def difference(
    first: Figures, second: Figures, metric: Metric, distinct: float = math.inf
) -> Difference | None:
    """How much worse ``first`` is than ``second``, paired; None where they share no seed.

    The metric says which values are better; ``distinct`` is as for `estimate`.

    Example:
        >>> from aegen.metrics import metrics
        >>> a, b = ({s: Figure(v + s) for s in range(3)} for v in (5.0, 4.0))
        >>> difference(a, b, metrics.create("frechet-distance")).resolved
        True
    """
    seeds = sorted(set(first) & set(second))
    if not seeds:
        return None
    a, b = ([side[seed] for seed in seeds] for side in (first, second))
    sign_a, sign_b = _sign(a, metric), _sign(b, metric)
    values = np.array(
        [
            sign_a * (x.value - metric.best) - sign_b * (y.value - metric.best)
            if metric.direction == "nearer"
            else sign_a * x.value - sign_b * y.value
            for x, y in zip(a, b, strict=True)
        ]
    )
    real = [_shared(x, y, sign_a, sign_b) for x, y in zip(a, b, strict=True)]
    made = [
        None
        if x.variance_generated is None or y.variance_generated is None
        else x.variance_generated + y.variance_generated
        for x, y in zip(a, b, strict=True)
    ]
    half = _half(values, real, made, distinct) if len(seeds) >= metric.seeds_needed else None
    return Difference(*_interval(values, half), len(seeds))


def winner(table: Mapping[str, Figures], metric: Metric, distinct: float = math.inf) -> str | None:
    """The candidate that is better than every other one, each difference resolved; else None.

    No correction for many comparisons is needed: all of them must be resolved at once.
    """
    if not metric.decides:
        return None
    names = [name for name, figures in table.items() if figures]
    for name in names:
        others = [
            difference(table[other], table[name], metric, distinct)
            for other in names
            if other != name
        ]
        if others and all(d is not None and d.resolved and d.value > 0 for d in others):
            return name
    return None


def worse(value: float, metric: Metric) -> float:
    """A number that grows as ``value`` gets worse.

    Example:
        >>> from aegen.metrics import metrics
        >>> worse(0.25, metrics.create("nearest-neighbour-accuracy"))
        0.25
    """
    if metric.direction == "nearer":
        return abs(value - metric.best)
    return value if metric.direction == "lower" else -value


def _sign(figures: Sequence[Figure], metric: Metric) -> float:
    """Times which a value grows as it gets worse: towards which side of the best it lies."""
    if metric.direction == "nearer":
        return 1.0 if np.mean([figure.value for figure in figures]) >= metric.best else -1.0
    return 1.0 if metric.direction == "lower" else -1.0


def _shared(x: Figure, y: Figure, sign_x: float, sign_y: float) -> float | None:
    """Variance of a difference from the sampling of the reference rows that both met."""
    a, b = x.influence_reference, y.influence_reference
    if a is None or b is None or len(a) != len(b):
        return None
    return variance(sign_x * a.astype(np.float64) - sign_y * b.astype(np.float64))


def _interval(values: FloatArray, half: float | None) -> tuple[float, float | None, float | None]:
    mean = float(values.mean())
    return (mean, None, None) if half is None else (mean, mean - half, mean + half)


def _half(
    values: FloatArray,
    real: Iterable[float | None],
    made: Iterable[float | None],
    distinct: float,
) -> float | None:
    """Half the width of the interval of the mean of ``values`` over seeds (s,)."""
    from scipy.special import ndtri, stdtrit

    n = len(values)
    halves = []
    of_real = [v for v in real if v is not None]
    of_made = [v for v in made if v is not None]
    if len(of_real) == len(of_made) == n:
        squared = float(np.mean(of_made)) / n + float(np.mean(of_real)) / min(n, distinct)
        halves.append(float(ndtri(0.5 + LEVEL / 2)) * math.sqrt(squared))
    if n >= ENOUGH:
        spread = float(np.std(values, ddof=1)) / math.sqrt(n)
        halves.append(float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * spread)
    return max(halves) if halves else None
