"""Which latent model to take for some codes: a ladder of them is tried on left-out codes.

Every candidate is fitted to a part of the codes, and its draws are compared with the others, which
no model has seen. Those that copy are out; the rest are ranked by the worse half of 1-NN accuracy
(`NearestNeighbourWorseHalf`). While there is time left, the best ones are tried again on other
splits, so that the choice rests on more than one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from aegen.comparison.candidate import Candidate
from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.progress import listener, report, reporting
from aegen.core.rng import RNG, generator
from aegen.metrics.distance_ratio import COPIES, DistanceRatio
from aegen.metrics.nearest_neighbour_worse_half import NearestNeighbourWorseHalf
from aegen.samplers import Sampler

__all__ = ["LADDER", "LEAST", "Recommendation", "Trial", "recommend"]

LADDER = (
    Candidate("local-gaussian"),
    Candidate("kde"),
    Candidate("gaussian-copula"),
    Candidate("gaussian"),
    Candidate("empirical-beta-copula", (("degree", 60), ("rows", "balanced"))),
    Candidate("empirical-beta-copula", (("degree", 20), ("rows", "balanced"))),
    Candidate("gaussian-mixture"),
    Candidate("independent-margins"),
    Candidate("vine-copula"),
    Candidate("normalizing-flow"),
)
"""What is tried where nobody says what: the quick and likely ones first."""

LEAST = 100
"""Codes without which nothing can be told: a quarter of them is left out."""

LEFT_OUT, SHARE = 2000, 4
"""Codes left out: so many at most, and one of so many."""

SPLITS = 5
"""The most splits that a candidate is tried on."""

WARM = 256
"""Codes that a quick model is fitted to once before its time is taken."""

UNRESOLVED = 2.0
"""Standard errors up to which a difference may be chance."""


@dataclass(frozen=True)
class Trial:
    """A candidate and its figures, means over the splits it was tried on.

    Attributes:
        candidate: the latent model with its fields.
        real: 1-NN accuracy among left-out codes; 1/2 is best, more means that parts of the data
            are missing among the draws.
        generated: the same among draws; more than 1/2 means that they lie apart, less that they
            lie on left-out codes more often than these on each other.
        error: standard error of each half.
        ratio: distance ratio, see `DistanceRatio`: copies are near 0, new data at 1.
        seconds: for a fit and as many draws as there were left-out codes.
        splits: how many.
        problem: why there are no figures, or None.
    """

    candidate: Candidate
    real: float = math.nan
    generated: float = math.nan
    error: float = math.nan
    ratio: float = math.nan
    seconds: float = math.nan
    splits: int = 0
    problem: str | None = None

    @property
    def worse_half(self) -> float:
        """How far the half that is further from 1/2 is from it."""
        return max(abs(self.real - 0.5), abs(self.generated - 0.5))


@dataclass(frozen=True)
class Recommendation:
    """What was tried, and what follows from it.

    Attributes:
        trials: those that do not copy first, by their worse half; then copiers, then the others.
        copying: distance ratio below which a model copies.
        rows: codes that were left out at a time.
        seconds: how long it all took.
    """

    trials: tuple[Trial, ...]
    copying: float
    rows: int
    seconds: float

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """Those that do not copy, the best first."""
        return tuple(t for t in self.trials if t.ratio >= self.copying)

    @property
    def best(self) -> Trial | None:
        """The recommended one; None where all copy, or none could be tried."""
        return self.ranked[0] if self.ranked else None

    @property
    def runner_up(self) -> Trial | None:
        """The second best, if there is one."""
        return self.ranked[1] if len(self.ranked) > 1 else None

    @property
    def resolved(self) -> bool:
        """Whether the best is better than the runner-up by more than chance."""
        if self.best is None or self.runner_up is None:
            return self.best is not None
        error = math.hypot(self.best.error, self.runner_up.error)
        return self.runner_up.worse_half - self.best.worse_half > UNRESOLVED * error

    @property
    def model(self) -> Sampler:
        """The recommended latent model, not fitted: fit it to all codes.

        Raises:
            InvalidInput: there is none.
        """
        if self.best is None:
            raise InvalidInput(f"there is no model to recommend: {self}")
        return self.best.candidate.make()

    def __str__(self) -> str:
        """The recommendation and its reasons, in a sentence or two."""
        copiers = [t for t in self.trials if t.ratio < self.copying]
        if self.best is None:
            if not copiers:
                return "No model could be tried: " + "; ".join(
                    f"{t.candidate.title}: {t.problem}" for t in self.trials
                )
            return (
                f"All {len(copiers)} models that were tried copy training codes (their distance "
                f"ratio is below {self.copying:g}): try others, or allow a lower ratio."
            )
        best = self.best
        text = (
            f"Take {best.candidate.title}: beside {self.rows:,} left-out codes its halves of 1-NN "
            f"accuracy are {best.real:.3f} (real) and {best.generated:.3f} (generated), where 0.5 "
            f"is best, and its draws are as far from training codes as {best.ratio:.2f} of new "
            "data."
        )
        if self.runner_up is not None:
            second = self.runner_up
            text += (
                f" Second is {second.candidate.title} (worse half {second.worse_half:.3f} away "
                f"from 0.5, here {best.worse_half:.3f}); the difference is "
                + ("resolved." if self.resolved else "within chance.")
            )
        if copiers:
            names = ", ".join(t.candidate.title for t in copiers)
            text += f" Left out because they copy: {names}."
        return text


@dataclass
class _Race:
    """One candidate's figures so far."""

    candidate: Candidate
    halves: list[tuple[float, float]] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    problem: str | None = None

    def trial(self) -> Trial:
        """The means."""
        if not self.halves:
            return Trial(self.candidate, problem=self.problem or "there was no time left for it")
        real, generated = np.mean(self.halves, axis=0)
        k = len(self.halves)
        error = math.sqrt(float(np.square(self.errors).sum())) / k
        ratio, seconds = float(np.median(self.ratios)), float(np.median(self.seconds))
        return Trial(
            self.candidate, float(real), float(generated), error, ratio, seconds, splits=k
        )


class _TimeUp(Exception):
    """The budget is used up in the middle of a fit."""


def recommend(
    codes: ArrayLike,
    *,
    seconds: float = 60.0,
    copying: float = COPIES,
    candidates: Sequence[Candidate] = LADDER,
    rng: RNG = None,
    told: Callable[[Trial], None] = lambda trial: None,
) -> Recommendation:
    """Which latent model to take for some codes, by how its draws compare with left-out codes.

    Args:
        codes: all codes of an autoencoder (n, d), n >= 100.
        seconds: time to take. The first candidate is always tried, others while there is time.
        copying: distance ratio below which a model counts as copying, and is out.
        candidates: latent models to try, in this order.
        rng: seed or Generator of the splits, fits and draws.
        told: gets each candidate's figures when they are first known.

    Raises:
        InvalidInput: too few codes, or none that differ; a time that is not positive.

    Example:
        >>> from aegen.comparison import Candidate
        >>> codes = np.random.default_rng(0).normal(size=(400, 2))
        >>> recommend(codes, candidates=[Candidate("gaussian")], rng=0).best.candidate.text
        'gaussian'
    """
    z = arrays.codes(codes, minimum=LEAST)
    if not (seconds > 0 and math.isfinite(seconds)):
        raise InvalidInput(f"seconds must be positive, got {seconds}")
    if not 0 <= copying <= 10:
        raise InvalidInput(f"copying must be a distance ratio from 0 to 10, got {copying}")
    if not candidates:
        raise InvalidInput("give at least one candidate")
    if (z == z[0]).all():
        raise InvalidInput("all codes are alike: there is nothing to choose by")
    start = time.monotonic()
    until = start + seconds
    draw = generator(rng)
    races = [_Race(candidate) for candidate in candidates]
    for split in range(SPLITS):
        order = draw.permutation(len(z))
        size = min(LEFT_OUT, len(z) // SHARE)
        left_out, training = z[order[:size]], Neighbours(z[order[size:]])
        seed = int(draw.integers(2**31))
        for race in _contenders(races, copying) if split else races:
            if time.monotonic() > until and (split or races[0].halves or races[0].problem):
                break
            always = race is races[0] and not split
            with _within(until, seconds, always, race.candidate.title):
                _try(race, left_out, training, seed)
            if not split:
                told(race.trial())
    trials = sorted((race.trial() for race in races), key=partial(_place, copying))
    return Recommendation(tuple(trials), copying, size, time.monotonic() - start)


def _place(copying: float, trial: Trial) -> tuple[int, float]:
    """Where a trial stands: those that do not copy first, those without figures last."""
    if trial.problem is not None:
        return 2, 0.0
    return int(trial.ratio < copying), trial.worse_half


def _contenders(races: Sequence[_Race], copying: float) -> list[_Race]:
    """Those that may still be the best, the best first."""
    trials = {id(race): race.trial() for race in races if race.halves}
    left = [race for race in races if id(race) in trials and trials[id(race)].ratio >= copying]
    left.sort(key=lambda race: trials[id(race)].worse_half)
    if len(left) < 2:
        return []
    best = trials[id(left[0])]

    def near(trial: Trial) -> bool:
        apart = trial.worse_half - best.worse_half
        return apart <= UNRESOLVED * math.hypot(trial.error, best.error)

    return left[:2] + [race for race in left[2:] if near(trials[id(race)])]


@contextmanager
def _within(until: float, seconds: float, always: bool, title: str) -> Iterator[None]:
    """Reports inside become shares of the time; one after its end stops the work."""
    outside = listener()

    def tell(share: float, text: str) -> None:
        left = until - time.monotonic()
        if left < 0 and not always:
            raise _TimeUp
        outside(min(1 - left / seconds, 0.99), f"{title}: {text}" if text else title)

    with reporting(tell):
        yield


def _try(race: _Race, left_out: FloatArray, training: Neighbours, seed: int) -> None:
    """Fit a candidate, draw, and keep its figures; or what went wrong."""
    try:
        report(0.0)
        if not race.seconds and not race.candidate.slow:  # compiled code is loaded before
            race.candidate.make().fit(training.reference[:WARM], rng=seed).sample(2, rng=seed)
        began = time.perf_counter()
        model = race.candidate.make().fit(training.reference, rng=seed)
        drawn = model.sample(len(left_out), rng=seed)
        seconds = time.perf_counter() - began
    except AegenError as problem:
        race.problem = str(problem)
        return
    except _TimeUp:
        race.problem = "its fit took longer than there was time"
        return
    worse = NearestNeighbourWorseHalf().measured(left_out, drawn, rng=seed)
    real, generated, _ = worse.details.values()
    race.halves.append((real.value, generated.value))
    race.errors.append(max(real.error or 0.0, generated.error or 0.0))
    race.ratios.append(DistanceRatio()(left_out, drawn, training=training))
    race.seconds.append(seconds)
