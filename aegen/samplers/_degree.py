"""The degree of an empirical beta copula by held-out likelihood."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.progress import report
from aegen.samplers._beta_sums import BetaSums
from aegen.samplers._kde_marginal import silverman
from aegen.samplers._marginals import ColumnLaws, inside
from aegen.samplers._ranks import Ranks, ranked
from aegen.samplers._standardise import centre_and_scale, effective_count

__all__ = ["likeliest_degree"]

JUDGED = 1000
"""Most held-out rows that a degree is judged by."""

FOLDS, FEW = 5, 5000
"""Fewer rows than the second are held out in so many turns, more in one."""

UP = 1.5
"""Factor from one degree that is tried to the next."""

BETWEEN = 7
"""Degrees tried around the best of those."""


class Trial:
    """A copula of some rows, and others to judge it by.

    Args:
        z: codes to learn from, (n, d), no column constant.
        weights: theirs, sum one, or None.
        held_out: codes to judge by, (k, d).
        held_out_weights: theirs, or None.
        rng: breaks ties.
    """

    def __init__(
        self,
        z: FloatArray,
        weights: FloatArray | None,
        held_out: FloatArray,
        held_out_weights: FloatArray | None,
        rng: np.random.Generator,
    ) -> None:
        shares = np.full(len(z), 1 / len(z)) if weights is None else weights
        ordered, ranks = ranked(z, rng)
        self.ranks = Ranks(ranks, shares)
        self.count = len(z) if weights is None else effective_count(z, weights)
        centre, scale = centre_and_scale(z, weights)
        width = silverman(self.count)
        laws = ColumnLaws("kde", ordered, self.ranks.ordered_shares, centre, scale, width)
        columns = [laws.cdf(held_out[:, j], j) for j in range(z.shape[1])]
        self.u = inside(np.stack(columns, axis=1))
        self.held_out_weights = held_out_weights

    def score(self, degree: int) -> float:
        """Mean log-density of the copula at the held-out codes."""
        start, length = self.ranks.stretches(degree)
        density = BetaSums.of(start, length, self.ranks.shares, degree).log_density(self.u)
        return float(np.average(density, weights=self.held_out_weights))


def likeliest_degree(z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> int:
    """The degree whose copula gives held-out codes of ``z`` (n, d) the largest log-density.

    Margins do not depend on the degree, so only the copula is judged. Degrees go up by half each
    until two in a row are worse, then those between the neighbours of the best are tried.
    """
    trials = list(_trials(z, weights, rng))
    if not trials:
        return 1
    most = max(1, round(min(trial.count for trial in trials)))
    scores: dict[int, float] = {}

    def score(degree: int) -> float:
        if degree not in scores:
            report(min(0.9, len(scores) / 16), f"degree {degree}")
            scores[degree] = float(np.mean([trial.score(degree) for trial in trials]))
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
        judged = part[: -(-JUDGED // len(parts))]
        own = judging = None
        if weights is not None:
            own, judging = weights[rest], weights[judged]
            if own.sum() <= 0 or judging.sum() <= 0:
                continue
            own = own / own.sum()
        learned = z[rest] if own is None else z[rest][own > 0]
        if len(learned) > 1 and (learned.min(axis=0) < learned.max(axis=0)).all():
            yield Trial(z[rest], own, z[judged], judging, rng)
