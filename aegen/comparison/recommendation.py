"""Which latent model to take for some codes: a ladder of them is tried on left-out codes.

Every candidate is fitted to a part of the codes, and its draws are compared with the others, which
no model has seen. Those that copy are out; the rest are ranked by the worse half of 1-NN accuracy
(`NearestNeighbourWorseHalf`). Splits leave out other codes each time, as in cross-validation, so
that errors of their means are those of independent codes.

Quick candidates come first, and their best ones again on a second split, so that slow ones cannot
use up the time that the choice needs; with what is left, all that may still be the best are tried
on the other splits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aegen import metrics
from aegen.comparison.candidate import Candidate
from aegen.core import arrays, defaults
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.progress import listener, report, reporting
from aegen.core.rng import RNG, generator
from aegen.metrics.distance_ratio import COPIES, Copying, ratio_to

if TYPE_CHECKING:
    from aegen.samplers import Sampler

__all__ = ["LADDER", "LEAST", "Recommendation", "Trial", "recommend"]

LADDER = (
    Candidate(defaults.SAMPLER),
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
"""What is tried where nobody says what, the likely ones first."""

LEAST = 100
"""Codes without which nothing can be told: a quarter of them is left out."""

LEFT_OUT, SHARE = 2000, 4
"""Codes left out: so many at most, and one of so many."""

SPLITS = SHARE
"""The most splits that a candidate is tried on: so many leave out different codes."""

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
        ratio: distance ratio, see `aegen.metrics.DistanceRatio`: copies are near 0, new data at 1.
        ratio_error: its standard error.
        seconds: for a fit and as many draws as there were left-out codes.
        splits: how many.
        problem: why there are no figures, or None.
    """

    candidate: Candidate
    real: float = math.nan
    generated: float = math.nan
    error: float = math.nan
    ratio: float = math.nan
    ratio_error: float = math.nan
    seconds: float = math.nan
    splits: int = 0
    problem: str | None = None

    @property
    def worse_half(self) -> float:
        """How far the half that is further from 1/2 is from it."""
        return max(abs(self.real - 0.5), abs(self.generated - 0.5))

    def better(self, other: Trial) -> bool:
        """Whether its worse half is nearer to 1/2 by more than chance."""
        error = math.hypot(self.error, other.error)
        return other.worse_half - self.worse_half > UNRESOLVED * error


@dataclass(frozen=True)
class Recommendation:
    """What was tried, and what follows from it.

    Attributes:
        trials: those that do not copy first, by their worse half; then copiers, then the others.
        copying: distance ratio below which a model copies.
        rows: codes that were left out at a time.
        seconds: how long it all took.

    Example:
        >>> good = Trial(Candidate("kde"), 0.52, 0.49, 0.01, 0.95, 0.02)
        >>> copy = Trial(Candidate("bootstrap"), 0.5, 0.5, 0.01, 0.0, 0.0)
        >>> found = Recommendation((good, copy), 0.9, 100, 3.0)
        >>> found.best.candidate.text, found.runner_up, found.copiers == (copy,)
        ('kde', None, True)
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
    def copiers(self) -> tuple[Trial, ...]:
        """Those that copy, by their worse half."""
        return tuple(t for t in self.trials if t.ratio < self.copying)

    @property
    def level(self) -> tuple[Trial, ...]:
        """Those after the best from which it differs by no more than chance."""
        return tuple(t for t in self.ranked[1:] if not self.ranked[0].better(t))

    @property
    def resolved(self) -> bool:
        """Whether there is a runner-up, and the best is better by more than chance."""
        second = self.runner_up
        return self.best is not None and second is not None and self.best.better(second)

    @property
    def model(self) -> Sampler:
        """The recommended latent model, not fitted: fit it to all codes.

        Raises:
            InvalidInput: there is none.
        """
        if self.best is None:
            raise InvalidInput(f"there is no model to recommend: {self}")
        return self.best.candidate.make()

    def remark(self, trial: Trial) -> str:
        """What there is to say of one of the trials in a word or two; "" for nothing."""
        if trial.problem is not None:
            return trial.problem
        if trial.ratio < self.copying:
            return "copies"
        if trial == self.best:
            return "recommended"
        return "level with the best" if trial in self.level else ""

    def __str__(self) -> str:
        """The recommendation and its reasons, in a few sentences."""
        if self.best is None:
            return self._none()
        best = self.best
        splits = f" in {best.splits} splits" if best.splits > 1 else ""
        text = (
            f"Take {best.candidate.title}: beside {self.rows:,} left-out codes{splits} its halves "
            f"of 1-NN accuracy are {best.real:.3f} (real) and {best.generated:.3f} (generated), "
            f"where 0.5 is best, and its draws lie {best.ratio:.2f} times as far from training "
            "codes as new codes do."
        )
        if best.worse_half > UNRESOLVED * best.error:
            text += " They can still be told from new codes."
        if self.runner_up is not None:
            second = self.runner_up
            text += (
                f" Second is {second.candidate.title} (worse half {second.worse_half:.3f} away "
                f"from 0.5, here {best.worse_half:.3f}); the difference is "
                + ("resolved." if self.resolved else "within chance.")
            )
        elif not self.copiers and len(self.trials) > 1:
            text += " It is the only one that could be tried."
        others = [trial for trial in self.level if trial != self.runner_up]
        if others:
            text += f" Also within chance: {_titles(others)}."
        if self.copiers:
            text += f" Left out because they copy: {_titles(self.copiers)}."
        return text

    def _none(self) -> str:
        """Why there is nothing to recommend."""
        if not self.copiers:
            return "No model could be tried: " + "; ".join(
                f"{trial.candidate.title}: {trial.problem}" for trial in self.trials
            )
        return (
            f"None can be recommended, since all that were tried copy training codes (distance "
            f"ratio below {self.copying:g}): {_titles(self.copiers)}. Try others, or allow a "
            "lower ratio."
        )


def _titles(trials: Sequence[Trial]) -> str:
    return ", ".join(trial.candidate.title for trial in trials)


@dataclass(frozen=True, eq=False)
class _Split:
    """Codes that are left out (m, d), the others, and how far new codes are from these.

    Args:
        left_out: no model sees them.
        training: the others.
        usual: the median distance of ``left_out`` to them, with its interval.
        seed: of fits and draws.
    """

    left_out: FloatArray
    training: Neighbours
    usual: Copying
    seed: int

    @classmethod
    def of(cls, z: FloatArray, order: IntArray, size: int, k: int, seed: int) -> _Split:
        """The split that leaves out the ``k``-th ``size`` rows of ``order``."""
        out = slice(k * size, (k + 1) * size)
        left_out, training = z[order[out]], Neighbours(z[np.delete(order, out)])
        usual = ratio_to(1.0, training.query(left_out)[1])
        if not usual.ratio > 0:
            raise InvalidInput(
                "most codes are there more than once, so that copies cannot be told from new "
                "codes: leave the repeats out"
            )
        return cls(left_out, training, usual, seed)

    def ratio(self, drawn: FloatArray) -> tuple[float, float]:
        """The distance ratio of draws (n, d), with its standard error."""
        found = ratio_to(self.usual.ratio, self.training.query(drawn)[1])
        shares = [(each.high - each.low) / (each.ratio or 1.0) for each in (found, self.usual)]
        return found.ratio, found.ratio * math.hypot(*shares) / (2 * 1.96)


@dataclass(eq=False)
class _Race:
    """One candidate's figures so far, a value a split."""

    candidate: Candidate
    halves: list[tuple[float, float]] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    ratios: list[tuple[float, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    problem: str | None = None

    def trial(self) -> Trial:
        """The means."""
        if not self.halves:
            return Trial(self.candidate, problem=self.problem or "there was no time left for it")
        real, generated = np.mean(self.halves, axis=0)
        ratios, ratio_errors = np.transpose(self.ratios)
        return Trial(
            self.candidate,
            float(real),
            float(generated),
            _error_of_mean(self.errors),
            float(np.mean(ratios)),
            _error_of_mean(ratio_errors),
            float(np.median(self.seconds)),
            splits=len(self.halves),
        )

    def run(self, split: _Split) -> None:
        """Fit, draw, and keep the figures; or what went wrong."""
        try:
            report(0.0)
            if not self.seconds and not self.candidate.slow:  # compiled code is loaded before
                with suppress(AegenError):  # so few rows may be refused where all are not
                    few = self.candidate.make().fit(split.left_out[:WARM], rng=split.seed)
                    few.sample(2, rng=split.seed)
            began = time.perf_counter()
            model = self.candidate.make().fit(split.training.reference, rng=split.seed)
            drawn = model.sample(len(split.left_out), rng=split.seed)
            seconds = time.perf_counter() - began
            metric = metrics.NearestNeighbourWorseHalf()
            worse = metric.measured(split.left_out, drawn, rng=split.seed)
            if len(drawn) < LEFT_OUT:  # more of them make the ratio less a matter of chance
                drawn = model.sample(LEFT_OUT, rng=split.seed)
            ratio = split.ratio(drawn)
        except AegenError as problem:
            self.problem = str(problem)
            return
        except _TimeUp:
            self.problem = "its fit took longer than there was time"
            return
        real, generated, _ = worse.details.values()
        self.halves.append((real.value, generated.value))
        self.errors.append(max(real.error or 0.0, generated.error or 0.0))
        self.ratios.append(ratio)
        self.seconds.append(seconds)


def _error_of_mean(errors: Sequence[float]) -> float:
    return math.sqrt(float(np.square(errors).sum())) / len(errors)


class _TimeUp(Exception):
    """The budget is used up in the middle of a fit."""


def recommend(
    codes: ArrayLike,
    *,
    seconds: float = 60.0,
    copying: float = COPIES,
    candidates: Sequence[Candidate] = LADDER,
    rng: RNG = None,
) -> Recommendation:
    """Which latent model to take for some codes, by how its draws compare with left-out codes.

    Args:
        codes: all codes of an autoencoder (n, d), n >= 100.
        seconds: time to take. The first candidate is always tried, others while there is time; a
            fit that goes on when time is up ends at its next report of progress.
        copying: distance ratio below which a model counts as copying, and is out.
        candidates: latent models to try, in this order, but quick ones before slow ones.
        rng: seed or Generator of the splits, fits and draws. The same seed gives the same
            figures, as far as time allows as many splits.

    Raises:
        InvalidInput: too few codes, codes that are alike or mostly repeated, or not finite; a
            time or a ratio out of range; no candidates.

    Example:
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
    order, size = draw.permutation(len(z)), min(LEFT_OUT, len(z) // SHARE)
    seeds = draw.integers(2**31, size=SPLITS).tolist()
    races = [_Race(each) for each in sorted(candidates, key=lambda each: each.slow)]
    quick = [race for race in races if not race.candidate.slow]

    def go(k: int, some: Sequence[_Race]) -> None:
        """Those of ``some`` that have not been tried on split ``k``, while there is time."""
        left = [race for race in some if len(race.halves) <= k and race.problem is None]
        first = k == 0 and races[0] in left[:1]
        if not left or (time.monotonic() > until and not first):
            return
        split = _Split.of(z, order, size, k, seeds[k])
        for race in left:
            always = first and race is races[0]
            if always or time.monotonic() <= until:
                with _within(until, seconds, always, race.candidate.title):
                    race.run(split)

    go(0, quick)
    go(1, _contenders(quick, copying))
    go(0, races)
    for k in range(1, SPLITS):
        go(k, _contenders(races, copying))
    report(1.0)
    trials = sorted((race.trial() for race in races), key=partial(_place, copying))
    return Recommendation(tuple(trials), copying, size, time.monotonic() - start)


def _place(copying: float, trial: Trial) -> tuple[int, float]:
    """Where a trial stands: those that do not copy first, those without figures last."""
    if trial.problem is not None:
        return 2, 0.0
    return int(trial.ratio < copying), trial.worse_half


def _contenders(races: Sequence[_Race], copying: float) -> list[_Race]:
    """Those that may still be the best, the best first: at least two, where so many are left."""
    tried = [(race, race.trial()) for race in races if race.halves]
    left = [each for each in tried if not _copies(each[1], copying)]
    left.sort(key=lambda each: each[1].worse_half)
    return [race for k, (race, trial) in enumerate(left) if k < 2 or not left[0][1].better(trial)]


def _copies(trial: Trial, copying: float) -> bool:
    """Whether its ratio is too low by more than chance."""
    return trial.ratio + UNRESOLVED * trial.ratio_error < copying


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
