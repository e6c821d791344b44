"""One piece of a comparison: fit one candidate, draw, measure. Tasks share nothing but files.

A task is plain text and numbers, so that any process on any machine can do it; its result is a
record of numbers. The same task gives the same figures wherever it is done.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen import samplers
from aegen.comparison.candidate import HELD_OUT, Candidate
from aegen.comparison.metric_spec import LEFT_OUT, MetricSpec
from aegen.comparison.reference_rows import ReferenceSet, Rows
from aegen.core import arrays, images
from aegen.core.allocator import kept_memory
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import AegenError, BundleError, InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.progress import portion, report
from aegen.core.threads import one_thread
from aegen.metrics.base import Measured, variance

if TYPE_CHECKING:
    from aegen.samplers import Sampler

__all__ = ["SHOWN", "Figure", "Result", "Task", "measure", "perform", "tasks"]

WARM = 256
"""Codes that a model is fitted to once before its times are taken."""

SHORT = 0.1
"""Seconds of timing after which another repeat is not worth its time."""

FITS = 0.9
"""Share of a task that its fits are told to be."""

SHOWN = 36
"""Draws of which a result keeps the pictures."""


@dataclass(frozen=True)
class Task:
    """A candidate on a bundle under one seed.

    Attributes:
        bundle: name or folder.
        candidate: the latent model.
        seed: of the fit, the draws, and the choice of held-out rows.
        draws: how many draws, and as many held-out rows; see `ReferenceSet`.
        metric_specs: what is measured.
        codes: how many training codes it is fitted to, chosen by the seed; None for all.
        data: where the bundle's data set lies, to compare with its images; None compares with
            held-out images as the autoencoder shows them.
    """

    bundle: str
    candidate: Candidate
    seed: int
    draws: int
    metric_specs: tuple[MetricSpec, ...]
    codes: int | None = None
    data: str | None = None

    def __str__(self) -> str:
        """A line for people who wait."""
        fewer = "" if self.codes is None else f", {self.codes} codes"
        return f"{self.candidate.title} on {self.bundle}, seed {self.seed}{fewer}"


@dataclass(frozen=True, eq=False)
class Figure:
    """A metric's value, with what an interval needs.

    Attributes:
        value: the value.
        influence_reference: of each reference row, float32 (n,), or None where it is not known.
            Candidates of one seed share the rows: these give the covariance of two values.
        variance_generated: variance of the value from the sampling of generated rows, or None.
    """

    value: float
    influence_reference: np.ndarray[Any, np.dtype[np.float32]] | None = None
    variance_generated: float | None = None

    @cached_property
    def variance_reference(self) -> float | None:
        """Variance of the value from the sampling of the reference rows, or None."""
        influence = self.influence_reference
        return None if influence is None else variance(influence.astype(np.float64))

    @classmethod
    def of(cls, measured: Measured) -> Figure:
        """What an interval needs of a measured value."""
        real, made = measured.influence_reference, measured.influence_generated
        if real is None or made is None:
            return cls(measured.value)
        return cls(measured.value, real.astype(np.float32), variance(made))


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a task.

    Attributes:
        task: the task.
        figures: by the key of their metric spec, and those that they are made of by theirs.
        missing: why a metric spec has no figure, by its key.
        size: rows on each side.
        distinct: how many seeds can have reference rows of their own.
        fit_seconds: time of the fit, or mean time of several; draw_seconds: time to draw ``size``
            codes. Both are warm: whatever is loaded or prepared once was so before.
        images: the first draws as pictures, uint8 (k, h, w, c), or None.
        codes: those of the first draws, float64 (k, d); None where nothing was drawn.
        parents: the training rows that these started from, int64 (k,); None where a model knows of
            none, or was fitted to a part of them.
        problem: what went wrong, or None; a task with a problem is tried again by the next run.
        contents: the hash of the bundle that was measured.
        first_seconds: how much longer fit and draw took before they were warm.
    """

    task: Task
    figures: dict[str, Figure] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    size: int = 0
    distinct: float = 1.0
    fit_seconds: float = 0.0
    draw_seconds: float = 0.0
    images: ByteArray | None = None
    problem: str | None = None
    contents: str = ""
    first_seconds: float = 0.0
    codes: FloatArray | None = None
    parents: IntArray | None = None


@dataclass(frozen=True, eq=False)
class _Part:
    """Draws of one fit, the codes that it saw, and which of them each draw started from."""

    codes: FloatArray
    training: Neighbours
    parents: IntArray | None = None


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Draws of one fit, or of several of few codes each; the model where there is one alone.

    ``left_out`` are those of a fit to a part of the codes, or a sentence on why there are none.
    """

    parts: tuple[_Part, ...]
    model: Sampler | None = None
    fit_seconds: float = 0.0
    draw_seconds: float = 0.0
    first_seconds: float = 0.0
    left_out: _Part | str = "models of few codes are compared with held-out codes alone"

    @property
    def codes(self) -> FloatArray:
        """All draws (m, d)."""
        return np.concatenate([part.codes for part in self.parts])


def perform(task: Task) -> Result:
    """Do a task. What goes wrong in it becomes a result that says why.

    One thread, so that figures do not depend on how many there are. Memory is kept, as each batch
    through a network needs the same blocks again: features of 64 x 64 pictures take half the time.
    """
    try:
        with one_thread(), kept_memory():
            reference_set = ReferenceSet.open(task.bundle, task.draws, task.data)
            return measure(task, reference_set, _drawn(task, reference_set))
    except AegenError as problem:
        return Result(task, problem=str(problem))
    except MemoryError:
        return Result(task, problem="ran out of memory: take fewer draws, or a smaller model")
    except Exception as problem:  # one model that fails must not end a run of hours
        return Result(task, problem=f"failed: {type(problem).__name__}: {problem}")


def _drawn(task: Task, reference_set: ReferenceSet) -> _Drawn:
    """Draws of a model of all training codes, or as many held-out rows."""
    candidate, seed = task.candidate, task.seed
    if task.codes is not None:
        return _drawn_from_few(candidate, reference_set, task)
    start = time.perf_counter()
    twice = any(metric_spec.space == LEFT_OUT for metric_spec in task.metric_specs)
    begun = FITS / 2 if twice else 0.0
    with portion(0.0, begun):
        left_out = _left_out(task, reference_set)
    if candidate == HELD_OUT:
        held_out = reference_set.bundle.holdout[reference_set.others(seed)]
        return _Drawn((_Part(held_out, reference_set.training),), left_out=left_out)
    warmed = isinstance(left_out, _Part)
    if not warmed and not candidate.slow:
        with contextlib.suppress(AegenError):  # of so few codes; what counts is told below
            _codes(candidate.make().fit(reference_set.bundle.codes[:WARM], rng=seed), 2, seed)
    cold = time.perf_counter() - start
    start = time.perf_counter()
    with portion(begun, FITS):
        model = candidate.make().fit(reference_set.bundle.codes, rng=seed)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    codes, parents = _codes(model, reference_set.size, seed)
    first_draw = time.perf_counter() - start
    draw_seconds = _least(lambda: _codes(model, reference_set.size, seed))
    part = _Part(codes, reference_set.training, parents)
    first = cold - fit_seconds - draw_seconds if warmed else cold + first_draw - draw_seconds
    return _Drawn((part,), model, fit_seconds, draw_seconds, max(0.0, first), left_out)


def _least(call: Callable[[], object]) -> float:
    """The least time of a call, of up to three; what comes once was prepared by another before."""
    taken: list[float] = []
    while len(taken) < 3 and sum(taken) < SHORT:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _left_out(task: Task, reference_set: ReferenceSet) -> _Part | str:
    """Draws of a model that was kept from a part of the codes, or why there are none."""
    if all(metric_spec.space != LEFT_OUT for metric_spec in task.metric_specs):
        return "it was not asked for"
    try:
        kept = reference_set.left_out(task.seed)
        if task.candidate == HELD_OUT:
            return _Part(kept.others, kept.training)
        model = task.candidate.make().fit(kept.training.reference, rng=task.seed)
        codes, parents = _codes(model, len(kept.reference), task.seed)
        return _Part(codes, kept.training, parents)
    except AegenError as problem:
        return str(problem)


def _drawn_from_few(candidate: Candidate, reference_set: ReferenceSet, task: Task) -> _Drawn:
    """Draws of models of few training codes, in the protocol of the paper.

    Where codes are fewer than draws, the model is fitted to as many fresh subsets as fit into the
    draws, and each gives its share of them; so the choice of codes is averaged. All
    candidates of a seed meet the same subsets, the held-out rows too.
    """
    assert task.codes is not None
    n = arrays.count(task.codes, name="codes", minimum=2, maximum=len(reference_set.bundle.codes))
    choice, probability = (np.random.default_rng([task.seed, n, stream]) for stream in (0, 1))
    fits = max(1, reference_set.size // n)
    edges = np.linspace(0, reference_set.size, fits + 1).astype(np.int64)
    held_out = reference_set.bundle.holdout[reference_set.others(task.seed)]
    parts, model = [], None
    fit_seconds = draw_seconds = 0.0
    for low, high in pairwise(edges):
        rows = np.sort(choice.choice(len(reference_set.bundle.codes), n, replace=False))
        some = reference_set.bundle.codes[rows]
        if candidate == HELD_OUT:
            parts.append(_Part(held_out[low:high], Neighbours(some)))
            continue
        begin = time.perf_counter()
        model = candidate.make().fit(some, rng=probability)
        fitted = time.perf_counter()
        codes, parents = _codes(model, int(high - low), probability)
        draw_seconds += time.perf_counter() - fitted
        fit_seconds += fitted - begin
        parts.append(_Part(codes, Neighbours(some), parents))
    alone = model if fits == 1 else None
    return _Drawn(tuple(parts), alone, fit_seconds / fits, draw_seconds)


def _codes(
    model: Sampler, n: int, rng: int | np.random.Generator
) -> tuple[FloatArray, IntArray | None]:
    if isinstance(model, samplers.RowSampler):
        return model.sample_rows(n, rng=rng)
    return model.sample(n, rng=rng), None


def measure(task: Task, reference_set: ReferenceSet, drawn: _Drawn) -> Result:
    """Draws beside the reference of the task's seed, by every metric spec of the task.

    What a model cannot tell is missing with its reason; what breaks is a problem, and leaves the
    other figures as they are.
    """
    rows, reference = reference_set.rows(drawn.codes), reference_set.reference_rows(task.seed)
    figures, missing, problem = {}, {}, None
    for k, metric_spec in enumerate(task.metric_specs):
        report(FITS + (1 - FITS) * k / len(task.metric_specs), metric_spec.title)
        try:
            found = _measured(metric_spec, rows, reference, drawn, reference_set, task.seed)
            if math.isfinite(found.value):
                figures[metric_spec.key] = Figure.of(found)
                for detail in metric_spec.details():
                    figures[detail.key] = Figure.of(found.details[detail.metric])
            else:
                missing[metric_spec.key] = f"the figure is {found.value}"
        except (InvalidInput, BundleError) as reason:
            missing[metric_spec.key] = str(reason)
        except Exception as reason:  # it may go well another time
            said = str(reason) if isinstance(reason, AegenError) else repr(reason)
            problem = f"{metric_spec.title}: {said}"
    parents = drawn.parts[0].parents if task.codes is None else None
    return Result(
        task,
        figures,
        missing,
        reference_set.size,
        reference_set.distinct,
        drawn.fit_seconds,
        drawn.draw_seconds,
        _pictures(rows),
        problem,
        reference_set.contents,
        drawn.first_seconds,
        drawn.codes[:SHOWN],
        None if parents is None else parents[:SHOWN],
    )


def _pictures(rows: Rows) -> ByteArray | None:
    """The first draws as pictures; None where they cannot be decoded, as figures then say."""
    try:
        return images.quantize(rows.images[:SHOWN])
    except InvalidInput:
        return None


def _measured(
    metric_spec: MetricSpec,
    rows: Rows,
    reference: Rows,
    drawn: _Drawn,
    reference_set: ReferenceSet,
    seed: int,
) -> Measured:
    metric, space = metric_spec.make(), metric_spec.space
    parts: tuple[_Part, ...]
    if space == "densities":  # of held-out rows alone; nothing is read off those of draws
        real = _log_densities(drawn, reference.codes)
        return metric.measured(real, real)
    if space == LEFT_OUT:
        if isinstance(drawn.left_out, str):
            raise InvalidInput(drawn.left_out)
        real, parts = reference_set.left_out(seed).reference, (drawn.left_out,)
    elif metric.needs_training:
        real, parts = reference.codes, drawn.parts
    else:
        return metric.measured(reference.of(space), rows.of(space), rng=seed)
    if metric.needs_parents and any(part.parents is None for part in parts):
        raise InvalidInput("its draws do not start from training rows")
    found = [
        metric.measured(real, part.codes, training=part.training, parents=part.parents, rng=seed)
        for part in parts
    ]
    return found[0] if len(found) == 1 else _mean(found)


def _mean(parts: Sequence[Measured]) -> Measured:
    """The mean over fits: their reference is one, their draws are each their own."""
    value = float(np.mean([part.value for part in parts]))
    real = [p.influence_reference for p in parts if p.influence_reference is not None]
    made = [p.influence_generated for p in parts if p.influence_generated is not None]
    if len(real) < len(parts) or len(made) < len(parts):
        return Measured(value)
    total = sum(map(len, made))
    shares = [own * (total / (len(parts) * len(own))) for own in made]
    return Measured(value, np.mean(real, axis=0), np.concatenate(shares))


def _log_densities(drawn: _Drawn, z: FloatArray) -> FloatArray:
    if len(drawn.parts) > 1:
        raise InvalidInput("it was fitted several times, so it has no one density")
    if not isinstance(drawn.model, samplers.DensitySampler):
        raise InvalidInput("it has no density")
    return drawn.model.score_samples(z)[:, None]


def tasks(
    bundles: Sequence[str],
    candidates: Sequence[Candidate],
    *,
    seeds: int,
    draws: int,
    metric_specs: Sequence[MetricSpec],
    codes: int | None = None,
    data: Mapping[str, str] | None = None,
    first: int = 0,
) -> tuple[Task, ...]:
    """All tasks of a comparison, those that a person sees first in front: seed by seed.

    Names are those of `Task`; there are as many ``seeds`` from the ``first`` on, and ``data`` are
    by bundle. The references are among the candidates if they are wanted.

    Raises:
        InvalidInput: no seeds, or a first one below 0.
    """
    seeds = arrays.count(seeds, name="seeds", minimum=1)
    first = arrays.count(first, name="first")
    return tuple(
        Task(bundle, candidate, seed, draws, tuple(metric_specs), codes, (data or {}).get(bundle))
        for bundle in bundles
        for seed in range(first, first + seeds)
        for candidate in candidates
    )
