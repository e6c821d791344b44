"""One piece of a comparison: fit one contender, draw, measure. Tasks share nothing but files.

A task is plain text and numbers, so that any process on any machine can do it; its result is a
record of numbers. The same task gives the same figures wherever it is done.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aegen.comparison.contender import HELD_OUT, Contender
from aegen.comparison.criterion import Criterion
from aegen.comparison.world import Rows, World
from aegen.core import arrays, pictures
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.metrics.base import Measured, Metric, variance
from aegen.samplers import DensitySampler, RowSampler, Sampler

__all__ = ["SHOWN", "Figure", "Result", "Task", "measure", "perform", "tasks"]

WARM = 256
"""Codes that a model is fitted to once before its times are taken."""

SHOWN = 36
"""Draws of which a result keeps the pictures."""


@dataclass(frozen=True)
class Task:
    """A contender on a bundle under one seed.

    Attributes:
        bundle: name or folder.
        contender: the latent model.
        seed: of the fit, the draws, and the choice of held-out rows.
        draws: how many draws, and as many held-out rows; see `aegen.comparison.World`.
        criteria: what is measured.
        codes: how many training codes it is fitted to, chosen by the seed; None for all.
        data: where the bundle's data set lies, to compare with its images; None compares with
            held-out images as the autoencoder shows them.
    """

    bundle: str
    contender: Contender
    seed: int
    draws: int
    criteria: tuple[Criterion, ...]
    codes: int | None = None
    data: str | None = None

    def __str__(self) -> str:
        """A line for people who wait."""
        fewer = "" if self.codes is None else f", {self.codes} codes"
        return f"{self.contender.title} on {self.bundle}, seed {self.seed}{fewer}"


@dataclass(frozen=True, eq=False)
class Figure:
    """A metric's value, with what an interval needs.

    Attributes:
        value: the value.
        real: sway of each reference row, float32 (n,), or None where it is not known. Contenders
            of one seed share the rows, so that these tell how far two values move together.
        made: variance of the value for the chance in the generated rows, or None.
    """

    value: float
    real: np.ndarray[Any, np.dtype[np.float32]] | None = None
    made: float | None = None

    @classmethod
    def of(cls, measured: Measured) -> Figure:
        """What is kept of a measured value."""
        if measured.real is None or measured.made is None:
            return cls(measured.value)
        return cls(measured.value, measured.real.astype(np.float32), variance(measured.made))


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a task.

    Attributes:
        task: the task.
        figures: by the key of their criterion.
        missing: why a criterion has no figure, by its key.
        size: rows on each side.
        distinct: how many seeds can have reference rows of their own.
        fit_seconds: time of the fit, or of all fits; draw_seconds: time to draw ``size`` codes.
        images: the first draws as pictures, uint8 (k, h, w, c).
        problem: why there is nothing, or None.
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


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Draws, and what they came from."""

    codes: FloatArray
    parents: IntArray | None = None
    training: Neighbours | None = None
    model: Sampler | None = None
    fit_seconds: float = 0.0
    draw_seconds: float = 0.0


def perform(task: Task) -> Result:
    """Do a task. What goes wrong in it becomes a result that says why.

    One thread, so that figures do not depend on how many there are.
    """
    from threadpoolctl import threadpool_limits

    try:
        _one_thread()
        with threadpool_limits(limits=1):
            world = World.open(task.bundle, task.draws, task.data)
            return _performed(task, world, task.contender)
    except AegenError as problem:
        return Result(task, problem=str(problem))
    except MemoryError:
        return Result(task, problem="ran out of memory: take fewer draws, or a smaller model")
    except Exception as problem:  # one model that fails must not end a run of hours
        return Result(task, problem=f"failed: {type(problem).__name__}: {problem}")


def _performed(task: Task, world: World, contender: Contender) -> Result:
    if contender == HELD_OUT:
        drawn = _Drawn(
            world.bundle.holdout[world.others(task.seed)], training=world.bundle.neighbours()
        )
    elif task.codes is None:
        drawn = _drawn(contender, world, task.seed)
    else:
        drawn = _drawn_from_few(contender, world, task)
    return measure(task, world, drawn)


def _drawn(contender: Contender, world: World, seed: int) -> _Drawn:
    """Draws of a model of all training codes."""
    if not contender.slow:  # so that times are not those of loading compiled code
        _codes(contender.make().fit(world.bundle.codes[:WARM], rng=seed), 2, seed)
    model = contender.make()
    start = time.perf_counter()
    model.fit(world.bundle.codes, rng=seed)
    fitted = time.perf_counter()
    codes, parents = _codes(model, world.size, seed)
    end = time.perf_counter()
    search = world.bundle.neighbours()
    return _Drawn(codes, parents, search, model, fitted - start, end - fitted)


def _drawn_from_few(contender: Contender, world: World, task: Task) -> _Drawn:
    """Draws of models of few training codes, in the protocol of the paper (facts 3).

    Where codes are fewer than draws, the model is fitted to as many fresh subsets as fit into the
    draws, and each gives its share of them; so chance in the choice of codes is averaged.
    """
    assert task.codes is not None
    n = arrays.count(task.codes, name="codes", minimum=2, maximum=len(world.bundle.codes))
    rng = np.random.default_rng([task.seed, n])
    fits = max(1, world.size // n)
    shares = np.diff(np.linspace(0, world.size, fits + 1).astype(np.int64))
    pieces, started, chosen = [], [], []
    fit_seconds = draw_seconds = 0.0
    for share in shares:
        rows = np.sort(rng.choice(len(world.bundle.codes), n, replace=False))
        begin = time.perf_counter()
        model = contender.make().fit(world.bundle.codes[rows], rng=rng)
        fitted = time.perf_counter()
        codes, parents = _codes(model, int(share), rng)
        draw_seconds += time.perf_counter() - fitted
        fit_seconds += fitted - begin
        pieces.append(codes)
        chosen.append(rows)
        if parents is not None:
            started.append(rows[parents])
    known = np.unique(np.concatenate(chosen))
    return _Drawn(
        np.concatenate(pieces),
        np.searchsorted(known, np.concatenate(started)) if started else None,
        Neighbours(world.bundle.codes[known]),
        model if fits == 1 else None,
        fit_seconds,
        draw_seconds,
    )


def _codes(
    model: Sampler, n: int, rng: int | np.random.Generator
) -> tuple[FloatArray, IntArray | None]:
    if isinstance(model, RowSampler):
        return model.sample_rows(n, rng=rng)
    return model.sample(n, rng=rng), None


def measure(task: Task, world: World, drawn: _Drawn) -> Result:
    """Draws beside the reference of the task's seed, in every criterion of the task."""
    rows, reference = world.rows(drawn.codes), world.reference_rows(task.seed)
    figures, missing = {}, {}
    for criterion in task.criteria:
        metric = criterion.make()
        try:
            figures[criterion.key] = Figure.of(
                _measured(metric, criterion.space, rows, reference, drawn, task.seed)
            )
        except AegenError as problem:
            missing[criterion.key] = str(problem)
    return Result(
        task,
        figures,
        missing,
        world.size,
        world.distinct,
        drawn.fit_seconds,
        drawn.draw_seconds,
        pictures.quantize(rows.images[:SHOWN]),
    )


def _measured(
    metric: Metric, space: str, rows: Rows, reference: Rows, drawn: _Drawn, seed: int
) -> Measured:
    if (
        space == "densities"
    ):  # of held-out rows alone: what a model thinks of its own draws is idle
        real = made = _log_densities(drawn.model, reference.codes)
    else:
        real, made = reference.of(space), rows.of(space)
    if metric.needs_parents and drawn.parents is None:
        raise InvalidInput("its draws do not start from training rows")
    return metric.measured(real, made, training=drawn.training, parents=drawn.parents, rng=seed)


def _log_densities(model: Sampler | None, z: FloatArray) -> FloatArray:
    if model is None or not isinstance(model, DensitySampler):
        raise InvalidInput("it has no density, or was fitted several times")
    return model.score_samples(z)[:, None]


def _one_thread() -> None:
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


def tasks(
    bundles: Sequence[str],
    contenders: Sequence[Contender],
    *,
    seeds: int,
    draws: int,
    criteria: Sequence[Criterion],
    codes: int | None = None,
    data: Mapping[str, str] | None = None,
) -> tuple[Task, ...]:
    """All tasks of a comparison, those that a person sees first in front: seed by seed.

    Args:
        bundles: names or folders.
        contenders: latent models, with the references if they are wanted.
        seeds: how many, from 0.
        draws: of each.
        criteria: what is measured.
        codes: how many training codes to fit to; None for all.
        data: where the data set of a bundle lies, by the bundle, to compare with real images.

    Raises:
        InvalidInput: no seeds.
    """
    seeds = arrays.count(seeds, name="seeds", minimum=1)
    return tuple(
        Task(bundle, contender, seed, draws, tuple(criteria), codes, (data or {}).get(bundle))
        for bundle in bundles
        for seed in range(seeds)
        for contender in contenders
    )
