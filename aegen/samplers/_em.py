"""Expectation-maximisation of a Gaussian mixture on weighted rows; see `gaussian_mixture.py`.

A row goes through all components at once: these are the last axis of arrays, so that the
processor works on several of them at a time. Rows go through in parts whose number depends on the
problem alone, and their sums are added in order, so that threads change no digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.samplers._kernel_sums import in_threads, processors

__all__ = ["MixtureParameters", "fit_mixture", "log_densities"]

NEGLIGIBLE = 38.0
"""A component whose log-density is this far below the best one's changes no digit of the sum."""

UNSHARED = 30.0
"""The same for a component's share in a row, in the M step: below 1e-13."""

HELD, HELD_START = 3.0, 100.0
"""Standard deviations at which values are held while k-means looks for groups, as far ones, and
the rare ones of a column that hardly varies, would be groups of their own; and then in the groups'
covariances."""

LEAST_WITHIN = 1e-20
"""A variance within groups, as a share of the column's, below which it is that of rounding."""

ROUNDS = 30
"""Most rounds of k-means, which only makes a start."""

WIDE = 48
"""Columns from which full covariances are quicker by matrix products, a component at a time: half
the time with 10 components and 64 columns."""

PART = 100_000_000
"""About how many multiplications are done between two reports."""

LOG_2PI = float(np.log(2 * np.pi))

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class MixtureParameters:
    """A mixture of k Gaussian components: shares (k,), sum one, means (k, d), and ``factors``.

    These are the lower triangular roots of the covariances, (k, d, d). ``converged`` says whether
    the last of the ``steps`` gained next to nothing.
    """

    shares: FloatArray
    means: FloatArray
    factors: FloatArray
    converged: bool = False
    steps: int = 0


def fit_mixture(
    x: FloatArray,
    weights: FloatArray,
    k: int,
    *,
    full: bool,
    floor: float,
    steps: int,
    tolerance: float,
    rng: np.random.Generator,
    tell: Tell,
) -> MixtureParameters:
    """The mixture that expectation-maximisation finds from a start by k-means.

    Args:
        x: standardised codes, shape (n, d).
        weights: of the rows, positive, sum one, shape (n,).
        k: number of components.
        full: whether covariances are full or diagonal.
        floor: added to each variance, as a share of the column's within the groups at the start.
        steps: the most.
        tolerance: gain of the mean log-density, in nats, below which steps end.
        rng: for the start.
        tell: called with the share of the steps that is done, and a word on it.
    """
    shares, means, covariances = _start(x, weights, k, full, rng, tell)
    within = shares @ np.diagonal(covariances, axis1=1, axis2=2)
    floors = floor * np.where(within > LEAST_WITHIN, within, 1.0)
    last = -np.inf
    for step in range(1, steps + 1):
        mixture = _mixture(shares, means, covariances, floors)

        def said(share: float, step: int = step) -> None:
            tell((step - 1 + share) / steps, f"{k} components, step {step}")

        mass, shift, spread, found = _expectation(x, weights, mixture, full, said)
        there = mass > 0
        safe = np.where(there, mass, 1.0)
        moved = shift / safe[:, None]
        centred = spread / safe[:, None, None] - moved[:, :, None] * moved[:, None, :]
        if not full:
            centred *= np.eye(x.shape[1])
        # A component that has lost all rows stays as it is, without a share.
        means = means + moved
        covariances = np.where(there[:, None, None], centred, covariances)
        shares = mass / mass.sum()
        if found - last < tolerance:
            return _mixture(shares, means, covariances, floors, converged=True, steps=step)
        last = found
    return _mixture(shares, means, covariances, floors, steps=steps)


def _expectation(
    x: FloatArray,
    weights: FloatArray,
    mixture: MixtureParameters,
    full: bool,
    tell: Callable[[float], None],
) -> list[Any]:
    """What `_expect` gives, of all rows."""
    means, inverses, logs = _prepared(mixture)
    wide = full and x.shape[1] >= WIDE

    def work(part: slice) -> Any:
        if wide:
            return _expect_by_products(x[part], weights[part], means, inverses, logs)
        return _expect(x[part], weights[part], means, inverses, logs, full)

    return _summed(work, len(x), len(logs) * x.shape[1] ** 2, tell)


def log_densities(x: FloatArray, mixture: MixtureParameters) -> FloatArray:
    """Log-density of the mixture at each x (m, d)."""
    means, inverses, logs = _prepared(mixture)
    if x.size * len(logs) * x.shape[1] < PART:
        return _log_densities(x, means, inverses, logs, True)
    return in_threads(_log_densities, x, means, inverses, logs, True)


def _mixture(
    shares: FloatArray,
    means: FloatArray,
    covariances: FloatArray,
    floors: FloatArray,
    converged: bool = False,
    steps: int = 0,
) -> MixtureParameters:
    covariances = covariances + np.diag(floors)
    factors = np.linalg.cholesky(covariances).astype(np.float64, copy=False)
    return MixtureParameters(shares, means, factors, converged, steps)


def _prepared(mixture: MixtureParameters) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means (d, k), inverses of the factors (d, d, k) and logs of all constants (k,)."""
    d = mixture.means.shape[1]
    inverses = np.linalg.solve(mixture.factors, np.eye(d)[None])
    with np.errstate(divide="ignore"):
        logs = np.log(mixture.shares) - 0.5 * d * LOG_2PI
    logs -= np.log(np.diagonal(mixture.factors, axis1=1, axis2=2)).sum(axis=1)
    return (
        np.ascontiguousarray(mixture.means.T),
        np.ascontiguousarray(inverses.transpose(1, 2, 0)),
        logs,
    )


def _start(
    x: FloatArray,
    weights: FloatArray,
    k: int,
    full: bool,
    rng: np.random.Generator,
    tell: Tell,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shares, means and covariances of the groups that k-means finds."""
    d = x.shape[1]
    whole, x = np.clip(x, -HELD_START, HELD_START), np.clip(x, -HELD, HELD)
    centres = _spread_out(x, weights, k, rng, tell)
    group = np.zeros(len(x), dtype=np.int64)
    for _ in range(ROUNDS):
        before = group.copy()

        places = centres.T.copy()

        def work(part: slice, places: FloatArray = places) -> Any:
            return _assign(x[part], weights[part], places, group[part])

        mass, sums = _summed(
            work, len(x), k * d, lambda share: tell(0.0, f"{k} components, start")
        )
        centres = np.where(mass[:, None] > 0, sums / np.maximum(mass, 1e-300)[:, None], centres)
        if (group == before).all():
            break
    covariances = np.zeros((k, d, d))
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(k + 1))
    for c in range(k):
        rows = order[ends[c] : ends[c + 1]]
        if len(rows):
            centres[c] = weights[rows] @ whole[rows] / mass[c]
            away = whole[rows] - centres[c]
            covariances[c] = (away * weights[rows, None]).T @ away / mass[c]
    if not full:
        covariances *= np.eye(d)
    return mass / mass.sum(), centres, covariances


def _spread_out(
    x: FloatArray, weights: FloatArray, k: int, rng: np.random.Generator, tell: Tell
) -> FloatArray:
    """Rows to start from, each drawn by its squared distance to those before (k-means++).

    They are found in the running total of the probabilities, where repeated rows next to each
    other take the place of one row of their weight.
    """
    centres = np.empty((k, x.shape[1]))
    nearest = np.full(len(x), np.inf)
    probabilities = weights
    for c in range(k):
        total = np.cumsum(probabilities)
        row = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
        centres[c] = x[min(row, len(x) - 1)]
        np.minimum(nearest, ((x - centres[c]) ** 2).sum(axis=1), out=nearest)
        probabilities = weights * nearest
        if not probabilities.any():
            probabilities = weights  # fewer different rows than components
        tell(0.0, f"{k} components, start")
    return centres


def _summed(
    work: Callable[[slice], Any], n: int, row_cost: int, tell: Callable[[float], None]
) -> list[Any]:
    """The sums, place by place, of what ``work`` gives for parts of n rows."""
    count = int(np.clip(n * row_cost // PART, 1, 64))
    edges = np.linspace(0, n, count + 1).astype(np.int64)
    parts = [slice(a, b) for a, b in pairwise(edges)]
    sums: list[Any] = []
    for done, given in enumerate(_in_waves(work, parts)):
        sums = list(given) if not sums else [a + b for a, b in zip(sums, given, strict=True)]
        tell((done + 1) / count)
    return sums


def _in_waves(work: Callable[[slice], Any], parts: list[slice]) -> Iterator[Any]:
    """What ``work`` gives for each part, in order, as many at a time as there are processors."""
    size = processors()
    if len(parts) == 1 or size == 1:
        yield from map(work, parts)
        return
    with ThreadPoolExecutor(size) as pool:
        for start in range(0, len(parts), size):
            yield from pool.map(work, parts[start : start + size])


@compiled
def _assign(
    x: FloatArray, weights: FloatArray, centres: FloatArray, group: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Put each row into the group of the nearest centre, in place; weight and sum of the groups.

    ``centres`` are (d, k). The first of equally near ones is taken.
    """
    d, k = centres.shape
    mass, sums = np.zeros(k), np.zeros((k, d))
    squares = np.empty(k)
    for p in range(len(x)):
        for c in range(k):
            squares[c] = 0.0
        for j in range(d):
            place = x[p, j]
            for c in range(k):
                away = place - centres[j, c]
                squares[c] += away * away
        best = 0
        for c in range(1, k):
            if squares[c] < squares[best]:
                best = c
        group[p] = best
        mass[best] += weights[p]
        for j in range(d):
            sums[best, j] += weights[p] * x[p, j]
    return mass, sums


@compiled
def _log_terms(
    x: FloatArray,
    means: FloatArray,
    inverses: FloatArray,
    logs: FloatArray,
    full: bool,
    away: FloatArray,
    y: FloatArray,
    terms: FloatArray,
) -> float:
    """Fill ``terms`` (k,) with log-densities of the components at x (d,), and give the largest.

    ``away`` (d, k) gets the differences from the means; ``y`` (k,) is for work.
    """
    d, k = means.shape
    for c in range(k):
        terms[c] = logs[c]
    for i in range(d):
        place = x[i]
        for c in range(k):
            away[i, c] = place - means[i, c]
        for c in range(k):
            y[c] = inverses[i, i, c] * away[i, c]
        if full:
            for j in range(i):
                for c in range(k):
                    y[c] += inverses[i, j, c] * away[j, c]
        for c in range(k):
            terms[c] -= 0.5 * y[c] * y[c]
    return float(terms.max())


@compiled
def _expect(
    x: FloatArray,
    weights: FloatArray,
    means: FloatArray,
    inverses: FloatArray,
    logs: FloatArray,
    full: bool,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """What a step of expectation-maximisation needs of some rows (m, d).

    Returns:
        Each component's weight (k,), and the weighted sums of the rows' differences from its mean
        (k, d) and of their products (k, d, d); then the weighted sum of log-densities.
    """
    d, k = means.shape
    mass, shift, spread = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
    away, y, terms, own = np.empty((d, k)), np.empty(k), np.empty(k), np.empty(d)
    whole = 0.0
    for p in range(len(x)):
        best = _log_terms(x[p], means, inverses, logs, full, away, y, terms)
        total = 0.0
        for c in range(k):
            if terms[c] > best - UNSHARED:
                total += math.exp(terms[c] - best)
        whole += weights[p] * (best + math.log(total))
        for c in range(k):
            if terms[c] <= best - UNSHARED:
                continue
            share = weights[p] * math.exp(terms[c] - best) / total
            mass[c] += share
            for j in range(d):
                own[j] = away[j, c]
                shift[c, j] += share * own[j]
            for i in range(d):
                part = share * own[i]
                if full:
                    for j in range(i + 1):
                        spread[c, i, j] += part * own[j]
                else:
                    spread[c, i, i] += part * own[i]
    for c in range(k):
        for i in range(d):
            for j in range(i):
                spread[c, j, i] = spread[c, i, j]
    return mass, shift, spread, whole


def _expect_by_products(
    x: FloatArray,
    weights: FloatArray,
    means: FloatArray,
    inverses: FloatArray,
    logs: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """As `_expect`, of full covariances, by matrix products for each component in turn."""
    d, k = means.shape
    terms = np.empty((k, len(x)))
    for c in range(k):
        scaled = (x - means[:, c]) @ np.ascontiguousarray(inverses[:, :, c].T)
        terms[c] = logs[c] - 0.5 * np.einsum("ij,ij->i", scaled, scaled)
    best = terms.max(axis=0)
    shares = np.where(terms > best - UNSHARED, np.exp(terms - best), 0.0)
    total = shares.sum(axis=0)
    shares *= weights / total
    shift, spread = np.zeros((k, d)), np.zeros((k, d, d))
    for c in range(k):
        rows = np.flatnonzero(shares[c])
        away = x[rows] - means[:, c]
        own = away * shares[c, rows, None]
        shift[c], spread[c] = own.sum(axis=0), own.T @ away
    whole = float(weights @ (best + np.log(total)))
    return shares.sum(axis=1), shift, spread, whole


@compiled
def _log_densities(
    x: FloatArray, means: FloatArray, inverses: FloatArray, logs: FloatArray, full: bool
) -> FloatArray:
    # ``full`` is given, as numba would compile `_log_terms` anew for a constant.
    d, k = means.shape
    away, y, terms = np.empty((d, k)), np.empty(k), np.empty(k)
    out = np.empty(len(x))
    for p in range(len(x)):
        best = _log_terms(x[p], means, inverses, logs, full, away, y, terms)
        total = 0.0
        for c in range(k):
            if terms[c] >= best - NEGLIGIBLE:
                total += math.exp(terms[c] - best)
        out[p] = best + math.log(total)
    return out
