"""Cross-validated choice of the degree of an empirical beta copula."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.progress import report
from aegen.samplers._beta_sums import BetaSums
from aegen.samplers._marginals import ColumnLaws
from aegen.samplers._mixed_marginal import copies_and_count
from aegen.samplers._ranks import Ranks, ranked
from aegen.samplers._standardise import centre_and_scale

__all__ = ["likeliest_degree"]

MOST = 1000
"""Most held-out rows whose likelihood chooses the degree."""

FOLDS, FEW = 5, 5000
"""Fewer rows than the second are held out in so many turns, more in one."""

UP = 1.5
"""Factor from one degree that is tried to the next."""

BETWEEN = 7
"""Degrees tried around the best of those."""


Trial = tuple[float, Callable[[int], float]]
"""An effective number of rows, and a degree's mean log-density of the rows held out from them."""


def likeliest_degree(z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> int:
    """The degree whose copula gives held-out codes of ``z`` (n, d) the largest log-density.

    Margins do not depend on the degree, so only the copula's density is compared. Degrees go up by
    half each until two in a row are worse, then those between the neighbours of the best are
    tried.
    """
    trials = list(_trials(z, weights, rng))
    if not trials:
        return 1
    most = max(1, round(min(count for count, _ in trials)))
    scores: dict[int, float] = {}

    def score(degree: int) -> float:
        if degree not in scores:
            report(min(0.9, len(scores) / 16), f"degree {degree}")
            scores[degree] = float(np.mean([log_density(degree) for _, log_density in trials]))
        return scores[degree]

    ladder = np.unique(np.clip(np.round(UP ** np.arange(60)), 1, most).astype(int)).tolist()
    worse, best = 0, 1
    for degree in ladder:
        better = score(degree) >= score(best)
        best, worse = (degree, 0) if better else (best, worse + 1)
        if worse == 2:
            break
    place = ladder.index(best)
    low, high = ladder[max(place - 1, 0)], ladder[min(place + 1, len(ladder) - 1)]
    for degree in np.unique(np.round(np.geomspace(low, high, BETWEEN)).astype(int)).tolist():
        score(degree)
    return max(scores, key=lambda degree: (scores[degree], -degree))


def _trials(
    z: FloatArray, weights: FloatArray | None, rng: np.random.Generator
) -> Iterator[Trial]:
    """Parts of the rows against the rest, where the rest still moves in every column."""
    z = z[:, z.min(axis=0) < z.max(axis=0)]
    if z.shape[1] == 0 or len(z) < 4:
        return
    parts = np.array_split(rng.permutation(len(z)), FOLDS)
    parts = parts if len(z) < FEW else parts[:1]
    for part in filter(len, parts):
        rest = np.setdiff1d(np.arange(len(z)), part)
        held_out = part[: -(-MOST // len(parts))]
        own = theirs = None
        if weights is not None:
            own, theirs = weights[rest], weights[held_out]
            if own.sum() <= 0 or theirs.sum() <= 0:
                continue
            own = own / own.sum()
        learned = z[rest] if own is None else z[rest][own > 0]
        if len(learned) > 1 and (learned.min(axis=0) < learned.max(axis=0)).all():
            yield _trial(z[rest], own, z[held_out], theirs, rng)


def _trial(
    z: FloatArray,
    weights: FloatArray | None,
    held_out: FloatArray,
    held_out_weights: FloatArray | None,
    rng: np.random.Generator,
) -> Trial:
    """The copula of codes ``z`` (n, d) and its density at held-out ones (k, d)."""
    shares = np.full(len(z), 1 / len(z)) if weights is None else weights
    copies, count = copies_and_count(z, weights)
    ordered, ranks = ranked(z, rng)
    rows = Ranks(ranks, shares)
    centre, scale = centre_and_scale(z, weights)
    laws = ColumnLaws(
        "kde", ordered, rows.ordered_shares, centre, scale, count, rows.order(copies)
    )
    _, low, high = laws.of_codes(held_out)

    def log_density(degree: int) -> float:
        start, length = rows.stretches(degree)
        density = BetaSums.of(start, length, shares, degree).log_density(high, low)
        return float(np.average(density, weights=held_out_weights))

    return count, log_density
