"""Targeted sampling from a fitted latent model: a strategy proposes, the target tests.

A strategy only makes candidates likely (``strategies.py``, ``composition.py``); whether one is
what was wanted is always for the target's own test to say.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aegen import samplers
from aegen.bundles.generation import Model
from aegen.core.arrays import FloatArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.core.progress import report
from aegen.core.rng import RNG, generator
from aegen.targeting.candidates import Candidates
from aegen.targeting.classifier_errors import doubtful, missed
from aegen.targeting.composition import absent, by_composition, wanted_values
from aegen.targeting.conditions.coordinate import Fixed
from aegen.targeting.parsing import parse
from aegen.targeting.result import STRATEGIES, Targeted, share_of
from aegen.targeting.strategies import (
    Proposal,
    Strategy,
    as_training,
    by_refit,
    by_resampling,
    by_rows,
    kish,
    matching_rows,
    plain,
    require_rows,
)
from aegen.targeting.target import And, Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.samplers import Sampler

__all__ = ["MAX_MISCLASSIFIED", "draw", "share"]

LARGEST = 2**32
"""Bytes that the pictures of a draw may take."""

MAX_MISCLASSIFIED = 0.15
"""Most of the draws, as a share, that are taken though the classifier names another value."""

FEW_ROWS = 10
"""Effective rows below which draws are little more than copies of them."""

ROWS_A_DIMENSION = 50
"""Matching rows for each dimension from which a refit is worth it. A mixture of normals in 64
dimensions lost a fifth of its recall with 27 of them, and gained as much with 55, beside draws
that were chosen among plain ones."""

BATCH = 1024
"""Most candidates that are tested at a time."""

FIRST_SHARE = {"rows": 0.9, "refit": 0.9, "condition": 0.9, "resample": 0.8, "compose": 0.7}
"""How many candidates are expected to pass before any was tested."""

POOLED, PLACED = 50, 10
"""Codes that may be drawn for each candidate that may be tested: where testing decodes, and where
it does not, as then far more may be tested."""


def require_drawable(
    bundle: Bundle, wanted: Target, *, strategy: str = "auto", max_misclassified: float = 0.15
) -> None:
    """Refuse what `draw` would refuse of any latent model, before one is fitted.

    Raises:
        InvalidInput: no such strategy or share, or a target that excludes itself.
        AegenError: the bundle has not what the target names.
    """
    if strategy != "auto" and strategy not in STRATEGIES:
        raise InvalidInput(f"strategy must be auto, {', '.join(STRATEGIES)}, got {strategy!r}")
    if not 0 <= max_misclassified <= 1:
        raise InvalidInput(
            f"max_misclassified must be a share from 0 to 1, got {max_misclassified!r}"
        )
    wanted.check(bundle)
    wanted_values(wanted.spelled(bundle))


def draw(
    model: Model | Sampler,
    target: Target | str,
    n: int = 1,
    *,
    bundle: Bundle | None = None,
    rng: RNG = None,
    strategy: Strategy = "auto",
    tries: int | None = None,
    max_misclassified: float = MAX_MISCLASSIFIED,
) -> Targeted:
    """New codes that fulfil a target.

    Candidates are found by a strategy, named in the result:

    - "rows": draws start from matching rows, for latent models that draw from rows;
    - "refit": the model is fitted anew to the matching rows, where they are many and fits quick;
    - "condition": the closed form, always taken for fixed coordinates, before one of the others;
    - "resample": plain draws, chosen by a probe on their codes;
    - "reject": plain draws, exact but slow where few match;
    - "compose": rows with most of the wanted attribute values, moved by effects of the others;
      "auto" takes it where values never occur together in a row.

    Each candidate is then tested by the target: places by their coordinates, attributes by the
    bundle's classifier on the decoded picture. "rows" and "refit" start from rows that match and
    keep draws that match, so what would come to match from other rows is missing; "reject" is the
    model's own law within the target.

    Where the classifier misses real rows of the target (it names only half of the decoded coats
    coats), draws that it misses are taken as often, up to ``max_misclassified``; without them the
    draws would cover only what is easy to name.

    Args:
        model: a fitted model of a bundle, or a latent model fitted to all its training codes.
        target: what is wanted, or its text.
        n: how many; their pictures may take 4 GB.
        bundle: the bundle, where ``model`` is a bare latent model.
        rng: seed or Generator.
        strategy: how; by default the first that suits.
        tries: most candidates that are tested; by default 20 for each draw and at least 2,000, or
            50 times as many where testing decodes nothing (5 times where no row matches).
        max_misclassified: most of the draws, as a share, that the classifier may name otherwise;
            with 0 it names them all. Of strategies "rows", "refit" and "resample".

    Returns:
        The draws, with figures on how they were found. Where tries run out there are fewer than
        requested, ``short`` is true and ``caution`` says what would help.

    Raises:
        InvalidInput: a target that contradicts itself or asks for what the bundle does not have,
            or a strategy that the latent model cannot follow.

    Example:
        >>> import aegen
        >>> from aegen import targeting
        >>> model = aegen.load("mnist").model("empirical-beta-copula", degree=50) # doctest: +SKIP
        >>> targeting.draw(model, "class=7", 16, rng=0).images.shape            # doctest: +SKIP
        (16, 28, 28, 1)
    """
    start = time.perf_counter()
    source = _Source.of(model, bundle)
    wanted = parse(target, source.bundle) if isinstance(target, str) else target
    n = count(n, maximum=LARGEST // (4 * math.prod(source.bundle.image_shape)))
    require_drawable(source.bundle, wanted, strategy=strategy, max_misclassified=max_misclassified)
    wanted = wanted.spelled(source.bundle)
    generate = generator(rng)
    proposal, matching = _proposal(source, wanted, strategy, generate)
    least, each = (2000, 20) if wanted.needs_images else (100_000, 1000)
    if not matching and not wanted.needs_images:
        least, each = least // 10, each // 10  # there is little hope, and a place may take seconds
    most = count(tries, name="tries", minimum=1) if tries is not None else max(least, each * n)
    allowed = 0
    if proposal.labelled and max_misclassified:
        allowed = math.floor(n * min(max_misclassified, missed(source.bundle, wanted)))
    found = _collect(source, proposal, wanted, n, most, allowed, generate)
    caution = _caution(found, proposal, matching, n, len(source.bundle.codes))
    return Targeted(
        wanted,
        n,
        found.taken.codes,
        found.rows,
        proposal.name,
        found.tried,
        found.tested,
        found.accepted,
        found.doubtful,
        matching,
        proposal.effective,
        caution,
        time.perf_counter() - start,
        found.taken,
    )


def share(bundle: Bundle, target: Target | str, codes: FloatArray) -> float:
    """Share of codes (k, d) that a target accepts: what plain draws reach is the baseline.

    Raises:
        InvalidInput: a target or codes that do not suit the bundle.
    """
    wanted = parse(target, bundle) if isinstance(target, str) else target
    wanted.check(bundle)
    return share_of(wanted.spelled(bundle), Candidates(bundle, codes))


@dataclass(frozen=True, eq=False)
class _Source:
    """A fitted latent model, and which training rows its rows are (None: they are none)."""

    sampler: Sampler
    bundle: Bundle
    used: IntArray | None

    @classmethod
    def of(cls, model: Model | Sampler, bundle: Bundle | None) -> _Source:
        if isinstance(model, Model):
            sampler, where = model.sampler, model.bundle
            rows = np.arange(len(where.codes)) if model.rows is None else model.rows
            known = isinstance(sampler, samplers.RowSampler) and not model.resampled
            return cls(sampler, where, rows if known else None)
        if bundle is None:
            raise InvalidInput(
                "a bare latent model needs bundle=..., whose codes it was fitted to"
            )
        model.sample(0, rng=0)  # refuses a model that is not fitted
        if model.n_features_in_ != bundle.latent_dim:
            raise InvalidInput(
                f"this {model.title} draws codes of {model.n_features_in_} dimensions and those "
                f"of {bundle.name} have {bundle.latent_dim}: fit it to the bundle's codes"
            )
        n = len(bundle.codes)
        if isinstance(model, samplers.RowSampler) and len(model.weights_) == n:
            return cls(model, bundle, np.arange(n))
        return cls(model, bundle, None)


def _proposal(
    source: _Source, wanted: Target, strategy: Strategy, rng: np.random.Generator
) -> tuple[Proposal, float]:
    """Where candidates come from, and how many training rows match."""
    rest = And(tuple(part for part in wanted.conjuncts if not isinstance(part, Fixed)))
    given = _given([part for part in wanted.conjuncts if isinstance(part, Fixed)])
    matching = matching_rows(wanted.weights(source.bundle))
    if not given:
        if strategy == "condition":
            raise InvalidInput(
                '"condition" needs a fixed coordinate, such as z3=0.5: add one, or take "auto"'
            )
        return _unconditioned(source, rest, strategy, rng), matching
    if not isinstance(source.sampler, samplers.ConditionalSampler):
        raise InvalidInput(
            f"{source.sampler.title} cannot be conditioned, so no coordinate can be fixed: give a "
            "range such as z3=0.4..0.6, or take another latent model"
        )
    left = source.sampler.condition(given, rng=rng)
    same = type(left) is type(source.sampler)
    after = _Source(left, source.bundle, source.used if same else None)
    if strategy == "condition" or not rest.parts:
        inner = plain(left, rowed=after.used is not None)
        return replace(as_training(inner, after.used), name="condition"), matching
    inner = _unconditioned(after, rest, strategy, rng)
    return replace(inner, name=f"condition + {inner.name}"), matching


def _given(fixed: list[Fixed]) -> dict[int, float]:
    given: dict[int, float] = {}
    for one in fixed:
        if given.setdefault(one.index, one.value) != one.value:
            raise InvalidInput(f"z{one.index} cannot have two values at once: keep one")
    return given


def _unconditioned(
    source: _Source, rest: And, strategy: Strategy, rng: np.random.Generator
) -> Proposal:
    """Candidates for a target without fixed coordinates."""
    bundle, sampler, used = source.bundle, source.sampler, source.used
    whole = rest.weights(bundle)
    weights = whole if used is None else whole[used]
    if strategy == "auto":
        strategy = _chosen(source, rest, weights)
    if strategy in ("refit", "compose") and not sampler.free_.all():
        raise InvalidInput(
            f'"{strategy}" would lose the coordinates that are fixed: take "auto", or fix none'
        )
    loose = as_training(plain(sampler, rowed=used is not None), used)
    if strategy == "reject":
        return loose
    if strategy == "resample":
        return by_resampling(loose, rest, bundle)
    if strategy == "compose":
        return as_training(by_composition(sampler, rest, bundle, used), used)
    if not weights.any():
        raise InvalidInput(
            f'no training row of {bundle.name} matches "{rest}", so "{strategy}" has nothing to '
            'start from: widen the target, or take "auto"'
        )
    if strategy == "refit":
        rows = np.arange(len(whole)) if used is None else used
        return as_training(by_refit(sampler, bundle.codes[rows], weights, rng), rows)
    if used is None:
        require_rows(sampler, strategy)
        raise InvalidInput(
            f"the rows of this {sampler.title} are not the training rows of {bundle.name}, so "
            '"rows" is not for it: fit it to all of them, or take "refit"'
        )
    return as_training(by_rows(require_rows(sampler, strategy), weights), used)


def _chosen(source: _Source, rest: And, weights: FloatArray) -> Strategy:
    """The first strategy that suits."""
    sampler, bundle = source.sampler, source.bundle
    if not rest.parts:
        return "reject"
    conditioned = not sampler.free_.all()
    if not weights.any():
        if absent(rest, bundle) and not conditioned:
            return "compose"
        return "resample" if rest.needs_images else "reject"
    if source.used is not None:
        return "rows"
    enough = max(sampler.minimum_rows(bundle.latent_dim), ROWS_A_DIMENSION * bundle.latent_dim)
    quick = (sampler.weighted or not sampler.slow) and not conditioned
    if quick and kish(weights) >= enough:
        return "refit"
    return "resample"


@dataclass(frozen=True, eq=False)
class _Found:
    taken: Candidates
    rows: IntArray | None
    tried: int
    tested: int
    accepted: int
    doubtful: int


def _collect(
    source: _Source,
    proposal: Proposal,
    wanted: Target,
    n: int,
    most: int,
    allowed: int,
    rng: np.random.Generator,
) -> _Found:
    """Test candidates until ``n`` are taken or ``most`` were tested.

    Of those that fail by the classifier alone the first ``allowed`` are taken.
    """
    bundle = source.bundle
    batches: list[Candidates] = []
    parents: list[IntArray | None] = []
    tried = tested = accepted = doubts = have = 0
    waiting, rows = np.empty((0, bundle.latent_dim)), None
    drawable = most * (POOLED if wanted.needs_images else PLACED)
    while have < n and tested < most and tried < drawable:
        expected = _expected(proposal.name, accepted, tested)
        k = min(math.ceil(1.05 * (n - have) / expected) + 3, BATCH, most - tested)
        if len(waiting) == 0:
            waiting, rows, drawn = proposal.draw(k, rng)
            tried += drawn
        some = Candidates(bundle, waiting[:k])
        from_rows = None if rows is None else rows[:k]
        waiting, rows = waiting[k:], None if rows is None else rows[k:]
        passed = rng.random(len(some)) < wanted.accept(some)
        tested += len(some)
        accepted += int(passed.sum())
        taken = passed.copy()
        failed = np.flatnonzero(~passed)
        if doubts < allowed and len(failed):
            doubt = failed[doubtful(wanted, some.take(failed))]
            taken[doubt[: allowed - doubts]] = True
        chosen = np.flatnonzero(taken)[: n - have]
        doubts += int((~passed[chosen]).sum())
        have += len(chosen)
        batches.append(some.take(chosen))
        parents.append(None if from_rows is None else from_rows[chosen])
        share = max(have / max(n, 1), tested / most, tried / drawable)
        report(share, f"{have:,} of {n:,} found")
    known = [one for one in parents if one is not None]
    started = np.concatenate(known) if known and len(known) == len(parents) else None
    joined = Candidates.joined(bundle, batches)
    return _Found(joined, started, tried, tested, accepted, doubts)


def _expected(name: str, accepted: int, tested: int) -> float:
    """Share of candidates that will pass, from those that were tested and a first idea."""
    first = FIRST_SHARE.get(name.rpartition(" ")[2], 0.2)
    return (accepted + 20 * first) / (tested + 20)


def _caution(found: _Found, proposal: Proposal, matching: float, n: int, total: int) -> str | None:
    """What a person should know, in a sentence or two, or None."""
    said = []
    if len(found.taken) < n:
        rows = {0: "no training row matches", 1: "one training row matches"}.get(
            round(matching), f"{matching:,.0f} training rows match"
        )
        said.append(
            f"only {len(found.taken):,} of {n:,} were found: {found.accepted:,} of "
            f"{found.tested:,} candidates ({found.tried:,} codes drawn) passed, and {rows}; widen "
            "the target, drop one of its parts, or allow more tries"
        )
    effective = proposal.effective
    if effective is not None and effective < min(FEW_ROWS, total) and len(found.taken):
        said.append(
            f"draws rest on {effective:.1f} effective rows of {total:,}, so they are little more "
            "than those rows: widen the target, or take a smoother model (a smaller degree, a "
            "wider bandwidth)"
        )
    return "; ".join(said) or None
