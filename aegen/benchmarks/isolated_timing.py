"""Seconds and peak memory of one latent model, in a process of its own.

`in_own_process` starts this file, which prints a line of JSON whenever it knows more, so that
what was measured before the time was up is kept. Peak memory is the resident memory that a step
added at its peak to what the process held before it; on Linux the kernel counts it anew for each
step, elsewhere it is the growth of ``ru_maxrss``, which sees only what exceeds all steps before.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np

from aegen.benchmarks.reference_implementations import (
    Counterpart,
    copula_density,
    counterparts,
    made_up_codes,
)
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.rng import generator
from aegen.samplers import ConditionalSampler, DensitySampler, Sampler, samplers

__all__ = ["FIGURES", "Measured", "figure", "in_own_process", "measure"]

ENOUGH = 2.0
"""Seconds of one round of steps beyond which it is not repeated."""

STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Measured:
    """Seconds of each step, None where there is no such step; peak memory in bytes.

    Attributes:
        who: the latent model, or whom it is compared with.
        fit: learning from all rows.
        draw: drawing.
        density: the log-density of points.
        peak: memory that the steps added, at their highest.
        problem: why something is missing.
    """

    who: str
    fit: float | None = None
    draw: float | None = None
    density: float | None = None
    peak: int | None = None
    problem: str | None = None


def measure(
    name: str,
    rows: int,
    dimension: int,
    *,
    draws: int,
    points: int,
    repeats: int,
    fields: dict[str, Any] | None = None,
) -> Iterator[list[Measured]]:
    """Measure a latent model and its counterparts; yields all that is known, again and again.

    Everything runs once, which counts for memory, and is then repeated in turns, so that what
    slows the machine slows both; times are medians. A step of more than a few seconds is not
    repeated.
    """
    z, at = made_up_codes(rows, dimension), made_up_codes(points, dimension, rng=1)
    fields = fields or {}
    _warm_up(name, dimension)
    known, model = _first(samplers.create(name, **fields), z, at, draws)
    yield [known]
    rng = np.random.default_rng(0)
    ours = Counterpart(
        name,
        lambda: samplers.create(name, **fields).fit(z, rng=0),
        lambda: model.sample(draws, rng=rng),
        None if known.density is None else lambda: cast("DensitySampler", model).score_samples(at),
    )
    found = [known]
    parties = [ours]
    for other in counterparts(model, z, at, draws):
        parties.append(other)
        found.append(_once(other))
        yield found
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats):
        for place, party in enumerate(parties):
            for step in ("fit", "draw", "density"):
                first = getattr(found[place], step)
                call = getattr(party, step)
                if call is None or first is None or first > ENOUGH:
                    continue
                seconds = taken.setdefault((party.who, step), [])
                seconds.append(_timed(call))
                change: dict[str, Any] = {step: median(seconds)}
                found[place] = replace(found[place], **change)
        yield found


def _first(model: Sampler, z: Any, at: Any, draws: int) -> tuple[Measured, Sampler]:
    with _peak() as peak:
        start = time.perf_counter()
        model.fit(z, rng=0)
        fit = time.perf_counter() - start
        draw = _timed(lambda: model.sample(draws, rng=0))
        density = None
        if isinstance(model, DensitySampler):
            with contextlib.suppress(InvalidInput):  # it has none for such codes
                density = _timed(lambda: model.score_samples(at))
    return Measured(samplers.name_of(model), fit, draw, density, peak[0]), model


def _once(other: Counterpart) -> Measured:
    seconds: dict[str, Any] = {}
    with _peak() as peak:
        for step in ("fit", "draw", "density"):
            call = getattr(other, step)
            if call is not None:
                seconds[step] = _timed(call)
    return Measured(other.who, **seconds, peak=peak[0])


def _timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _warm_up(name: str, dimension: int) -> None:
    """Compile and import what a first call would, on a few rows."""
    z = made_up_codes(60, min(dimension, 5))
    model = samplers.create(name, **samplers.get(name).quick).fit(z, rng=0)
    model.sample(60, rng=0)
    if isinstance(model, DensitySampler):
        with contextlib.suppress(InvalidInput):
            model.score_samples(z)


@contextlib.contextmanager
def _peak() -> Iterator[list[int | None]]:
    """A list whose first entry is, after the block, the bytes that it added at its peak."""
    import gc

    found: list[int | None] = [None]
    gc.collect()
    anew = STATUS.exists()
    if anew:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS") if anew else _largest()
    yield found
    after = _resident("VmHWM") if anew else _largest()
    if before is not None and after is not None:
        found[0] = max(after - before, 0)


def _resident(entry: str) -> int | None:
    for line in STATUS.read_text().splitlines():
        if line.startswith(entry):
            return 1024 * int(line.split()[1])
    return None


def _largest() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


# figures of the empirical beta copula that people plan with


def _density_figure(rows: int, points: int) -> list[Measured]:
    z, at = made_up_codes(rows, 16), made_up_codes(points, 16, rng=1)
    model: Any = samplers.create("empirical-beta-copula").fit(z, rng=0)
    model.score_samples(at[:10])
    with _peak() as peak:
        ours = _timed(lambda: model.score_samples(at))
    ranks = np.argsort(np.argsort(z, axis=0), axis=0) + 1
    u = (np.argsort(np.argsort(at, axis=0), axis=0) + 0.5) / points
    with _peak() as plain_peak:
        plain = _timed(lambda: copula_density(ranks, u))
    return [
        Measured("aegen", density=ours, peak=peak[0]),
        Measured("numpy, blocked matrix product", density=plain, peak=plain_peak[0]),
    ]


def _draws_figure(rows: int, draws: int) -> list[Measured]:
    z = made_up_codes(rows, 10)
    model = samplers.create("empirical-beta-copula").fit(z, rng=0)
    model.sample(10, rng=0)
    with _peak() as peak:
        ours = _timed(lambda: model.sample(draws, rng=0))
    other = counterparts(model, z, z[:10], draws)[0]
    assert other.draw is not None
    with _peak() as plain_peak:
        plain = _timed(other.draw)
    return [
        Measured("aegen", draw=ours, peak=peak[0]),
        Measured("numpy, rng.beta and np.interp", draw=plain, peak=plain_peak[0]),
    ]


def _condition_figure(rows: int, draws: int) -> list[Measured]:
    z = made_up_codes(rows, 10)
    model = samplers.create("empirical-beta-copula").fit(z, rng=0)
    if not isinstance(model, ConditionalSampler):
        raise InvalidInput("the empirical beta copula cannot be conditioned in this aegen")
    draw = generator(1)

    def conditional() -> Any:
        given = {0: float(z[draw.integers(rows), 0])}
        return model.condition(given, rng=0).sample(draws, rng=0)

    conditional()
    with _peak() as peak:
        taken = [_timed(conditional) for _ in range(5)]
    return [Measured("aegen", draw=median(taken), peak=peak[0])]


def _fit_figure(rows: int, draws: int) -> list[Measured]:
    z = made_up_codes(rows, 10)
    samplers.create("empirical-beta-copula").fit(z, rng=0)
    with _peak() as peak:
        taken = [
            _timed(lambda: samplers.create("empirical-beta-copula").fit(z, rng=0))
            for _ in range(5)
        ]
    return [Measured("aegen", fit=median(taken), peak=peak[0])]


FIGURES: dict[str, tuple[Callable[[int, int], list[Measured]], int, int]] = {
    "density of {1:,} points, {0:,} rows, d = 16": (_density_figure, 60_000, 2_000),
    "{1:,} draws, {0:,} rows, d = 10": (_draws_figure, 60_000, 1_000_000),
    "condition and {1:,} draws, {0:,} rows, d = 10": (_condition_figure, 60_000, 1_000),
    "fit of {0:,} rows, d = 10": (_fit_figure, 60_000, 0),
}
"""What is measured of the empirical beta copula of degree n: rows, and draws or points."""


def figure(title: str) -> list[Measured]:
    """Measure one of `FIGURES`."""
    work, rows, others = FIGURES[title]
    return work(rows, others)


# in a process of its own


def in_own_process(task: dict[str, Any], limit: float | None) -> list[Measured]:
    """What a task gives, as far as it came within ``limit`` seconds (None: no limit).

    Args:
        task: ``{"figure": title}``, or the arguments of `measure`.
        limit: seconds; what is missing after them says so.
    """
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "aegen.benchmarks.isolated_timing", json.dumps(task)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    problem = None
    try:
        told, complaint = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        told, complaint = process.communicate()
        problem = f"stopped after {limit:g} s"
    except BaseException:
        process.kill()
        process.communicate()
        raise
    lines = [line for line in told.splitlines() if line.endswith("]")]
    found = [Measured(**entry) for entry in json.loads(lines[-1])] if lines else []
    if problem is None and process.returncode != 0:
        said = complaint.strip().splitlines()
        problem = said[-1] if said else f"ended with status {process.returncode}"
    if problem is not None:
        found = found or [Measured(str(task.get("name", task.get("figure"))))]
        found = [*found[:-1], replace(found[-1], problem=problem)]
    return found


def _main(task: dict[str, Any]) -> None:
    def told(found: list[Measured]) -> None:
        print(json.dumps([asdict(one) for one in found]), flush=True)

    try:
        if "figure" in task:
            told(figure(task["figure"]))
        else:
            for found in measure(**task):
                told(found)
    except AegenError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
