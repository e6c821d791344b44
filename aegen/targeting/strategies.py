"""Proposals of candidates for a target from a fitted latent model, each named by what it does.

`sampling.draw` chooses one, tests its candidates and goes on until there are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from aegen import samplers
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.estimator import clone
from aegen.targeting.candidates import Candidates
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.samplers import RowSampler, Sampler

__all__ = [
    "Proposal",
    "Strategy",
    "as_training",
    "by_refit",
    "by_resampling",
    "by_rows",
    "kish",
    "matching_rows",
    "plain",
    "require_rows",
]

Strategy = Literal["auto", "rows", "refit", "condition", "resample", "reject", "compose"]

POOL = 4096
"""Codes that are drawn at a time to choose candidates from by the quick guess."""

LEAST = 1e-6
"""A guess below this is none: no draw of the batch is a candidate."""

SLIGHT = 0.01
"""A row that matches to less than this is no matching row."""

GENEROUS = 4.0
"""What a guess is multiplied by: one that is four times too low does not bend the law."""

CANDIDATES = 4000
"""Rows that stand for weights in a refit of a latent model that cannot weight rows."""

Drawing = Callable[[int, np.random.Generator], tuple[FloatArray, IntArray | None, int]]


@dataclass(frozen=True, eq=False)
class Proposal:
    """A source of candidates.

    Attributes:
        name: of the strategy.
        draw: candidates for a request of k: codes, training rows or None, and how many codes were
            drawn from the latent model for them. There may be fewer than k, or none.
        effective: Kish's effective number of rows behind them, or None where none are known.
        labelled: whether candidates were made or chosen to be what the target asks for, so that
            one which the classifier does not name may still be one.
    """

    name: str
    draw: Drawing
    effective: float | None = None
    labelled: bool = False


def kish(weights: FloatArray) -> float:
    """Effective number of equally weighted rows, (sum w)^2 / sum w^2; 0 where all vanish.

    Example:
        >>> kish(np.array([1.0, 1.0, 0.0]))
        2.0
    """
    total = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def matching_rows(weights: FloatArray) -> float:
    """Effective number of rows that match; those that match to less than a hundredth do not count.

    Else rows that all are equally far from a requested probability would all seem to match.

    Example:
        >>> matching_rows(np.array([1.0, 1.0, 0.0])), matching_rows(np.full(9, 1e-6))
        (2.0, 0.0)
    """
    return kish(np.where(weights >= SLIGHT, weights, 0.0))


def by_rows(sampler: RowSampler, weights: FloatArray) -> Proposal:
    """Draws that start from rows as often as their weights say: exact, without a refit.

    Raises:
        InvalidInput: no row that the model may start from is wanted.
    """

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        codes, rows = sampler.sample_rows(k, weights=weights, rng=rng)
        return codes, rows, k

    return Proposal("rows", draw, sampler.effective_rows(weights), labelled=True)


def by_refit(
    sampler: Sampler, z: FloatArray, weights: FloatArray, rng: np.random.Generator
) -> Proposal:
    """The same kind of latent model, fitted anew to the rows that are wanted.

    Where weights differ and the model cannot weight rows, rows are repeated in proportion.

    Raises:
        InvalidInput: too few rows for this kind of model.
    """
    wanted = np.flatnonzero(weights > 0)
    own = weights[wanted]
    fresh = clone(sampler)
    if (own == own[0]).all():
        fresh.fit(z[wanted], rng=rng)
    elif sampler.weighted:
        fresh.fit(z[wanted], sample_weight=own, rng=rng)
    else:
        fresh.fit(z[rng.choice(wanted, CANDIDATES, p=own / own.sum())], rng=rng)

    draws = as_training(plain(fresh, rowed=True), wanted)
    return Proposal("refit", draws.draw, kish(own), labelled=True)


def by_resampling(
    source: Proposal, target: Target, bundle: Bundle, name: str = "resample"
) -> Proposal:
    """Plain draws, of which a quick guess from codes chooses candidates.

    Rejection sampling: the probability to accept is four times the guess over the largest in the
    batch, at most 1. So where the guess is above a quarter, candidates have the latent model's
    own law, below they are fewer, and none comes twice.
    """

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        codes, rows, drawn = source.draw(POOL, rng)
        probabilities = target.guess(Candidates(bundle, codes))
        largest = probabilities.max(initial=0.0)
        likely = rng.random(len(codes)) * largest < GENEROUS * probabilities
        likely &= largest >= LEAST
        return codes[likely], None if rows is None else rows[likely], drawn

    return Proposal(name, draw, source.effective, labelled=name == "resample")


def plain(sampler: Sampler, *, rowed: bool) -> Proposal:
    """Draws as they come; with ``rowed`` it is known which row each starts from."""

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        if rowed and isinstance(sampler, samplers.RowSampler):
            codes, rows = sampler.sample_rows(k, rng=rng)
            return codes, rows, k
        return sampler.sample(k, rng=rng), None, k

    effective = sampler.effective_rows() if isinstance(sampler, samplers.RowSampler) else None
    return Proposal("reject", draw, effective)


def as_training(proposal: Proposal, used: IntArray | None) -> Proposal:
    """The same with the rows of the latent model as training rows ``used`` of the bundle."""

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        codes, rows, drawn = proposal.draw(k, rng)
        return codes, None if rows is None or used is None else used[rows], drawn

    return replace(proposal, draw=draw)


def require_rows(sampler: Sampler, name: str) -> RowSampler:
    """The latent model, if its draws start from rows.

    Raises:
        InvalidInput: they do not.
    """
    if not isinstance(sampler, samplers.RowSampler):
        raise InvalidInput(
            f'{sampler.title} does not draw from rows, so "{name}" is not for it: take "refit", '
            '"resample" or "reject", or a latent model such as empirical-beta-copula'
        )
    return sampler
