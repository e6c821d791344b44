"""Statistical checks with stated error rates: how far off a sample is, and what is allowed.

Each check shares ALPHA among all that it looks at, so a right sampler fails it with probability of
at most about 1e-6 at any one seed; seeds are fixed, so a passing check keeps passing, and the
bound keeps us from picking lucky seeds. What it can see is stated beside each: a discrepancy of
twice the limit is missed with probability of at most about 1e-6 too. `test_evidence.py` has a
wrong sampler for each check that it must reject.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

__all__ = [
    "ALPHA",
    "Evidence",
    "cdf_agrees",
    "probability_agrees",
    "moments_agree",
    "same_distribution",
]

ALPHA = 1e-6
DIRECTIONS = 20

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """True where the largest discrepancy that was found lies within its limit.

    Args:
        worst: the largest discrepancy, in the units of ``limit``.
        limit: what a right sampler stays below.
        where: what it was found in.
    """

    worst: float
    limit: float
    where: str

    def __bool__(self) -> bool:
        return bool(self.worst <= self.limit)


def moments_agree(
    drawn: ArrayLike, mean: ArrayLike, covariance: ArrayLike, *, alpha: float = ALPHA
) -> Evidence:
    """Whether draws (n, d) have this mean (d,) and covariance (d, d), in standard errors.

    Means and products of centred columns are compared by z-tests whose standard errors come from
    the draws; the limit is the normal quantile of alpha shared among all d + d(d+1)/2 of them.
    Rates hold where n is large and the eighth moment moderate; not for heavy tails. A relative
    error of the standard deviation of about 10 / sqrt(2n) is seen: 5 % at n = 20,000.
    """
    z = np.atleast_2d(np.asarray(drawn, float).T).T
    centred = z - np.asarray(mean, float)
    i, j = np.triu_indices(z.shape[1])
    products = centred[:, i] * centred[:, j] - np.atleast_2d(covariance)[i, j]
    terms = np.concatenate([centred, products], axis=1)
    error = terms.std(axis=0) / np.sqrt(len(z))
    # What never varies has to be right to the last digits.
    small = 1e-9 * (1 + np.abs(z).max()) ** 2
    score = np.abs(terms.mean(axis=0)) / np.maximum(error, small)
    limit = float(norm.isf(alpha / (2 * terms.shape[1])))
    worst = int(score.argmax())
    d = z.shape[1]
    where = f"mean {worst}" if worst < d else f"covariance {i[worst - d]}, {j[worst - d]}"
    return Evidence(float(score[worst]), limit, where)


def cdf_agrees(
    drawn: ArrayLike, cdf: Callable[[Array], ArrayLike], *, alpha: float = ALPHA
) -> Evidence:
    """Whether each column of the draws (n, d) follows the continuous ``cdf``.

    The largest gap to the empirical distribution function, against the band of Dvoretzky, Kiefer,
    Wolfowitz and Massart, sqrt(log(2 d / alpha) / (2n)), which holds for every n. A gap of twice
    the band is seen: 0.038 at n = 20,000.
    """
    z = np.atleast_2d(np.asarray(drawn, float).T).T
    n, d = z.shape
    steps = np.arange(n + 1) / n
    gaps = []
    for column in np.sort(z, axis=0).T:
        expected = np.asarray(cdf(column), float)
        gaps.append(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))
    limit = float(np.sqrt(np.log(2 * d / alpha) / (2 * n)))
    worst = int(np.argmax(gaps))
    return Evidence(float(gaps[worst]), limit, f"column {worst}")


def same_distribution(a: ArrayLike, b: ArrayLike, *, alpha: float = ALPHA) -> Evidence:
    """Whether two samples (n, d) and (m, d) come from one distribution.

    The largest gap between their empirical distribution functions in each column and, for d > 1,
    along 20 fixed random directions of the standardised columns, against Smirnov's two-sample
    limit sqrt(-log(alpha' / 2) (1/n + 1/m) / 2), alpha' shared among the directions. A gap of
    twice that is seen: 0.054 at n = m = 20,000 for d = 1.
    """
    first = np.atleast_2d(np.asarray(a, float).T).T
    second = np.atleast_2d(np.asarray(b, float).T).T
    d = first.shape[1]
    pooled = np.concatenate([first, second])
    spread = pooled.std(axis=0)
    directions = np.eye(d)
    if d > 1:
        tilted = np.random.default_rng(2309_09916).normal(size=(DIRECTIONS, d))
        directions = np.concatenate([directions, tilted / np.where(spread > 0, spread, 1)])
    gaps = [_gap(first @ way, second @ way) for way in directions]
    share = alpha / len(directions)
    limit = float(np.sqrt(-np.log(share / 2) * (1 / len(first) + 1 / len(second)) / 2))
    worst = int(np.argmax(gaps))
    return Evidence(gaps[worst], limit, f"direction {worst}")


def probability_agrees(
    happened: ArrayLike, probability: float, *, alpha: float = ALPHA
) -> Evidence:
    """Whether independent events (n,) of one kind happen with this probability.

    Hoeffding's bound sqrt(log(2 / alpha) / (2n)), for every n; twice that is seen: 0.017 at
    n = 100,000.
    """
    events = np.asarray(happened, float)
    limit = float(np.sqrt(np.log(2 / alpha) / (2 * len(events))))
    return Evidence(float(abs(events.mean() - probability)), limit, "probability")


def _gap(a: Array, b: Array) -> float:
    """The largest distance between two empirical distribution functions.

    It is reached where that of the smaller sample steps: at a step, or just before it.
    """
    a, b = sorted((np.sort(a), np.sort(b)), key=len)
    steps = np.arange(len(a) + 1) / len(a)
    at, before = (np.searchsorted(b, a, side=side) / len(b) for side in ("right", "left"))
    return float(max((steps[1:] - at).max(), (before - steps[:-1]).max()))
