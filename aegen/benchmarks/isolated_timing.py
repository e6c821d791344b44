"""Seconds and peak memory of one latent model, in a process of its own.

`in_own_process` starts this file, which prints a line of JSON whenever it knows more, so that
what was measured before the time was up is kept. Peak memory is the resident memory that a step
added at its peak to what the process held before it; on Linux the kernel counts it anew for each
step, elsewhere it is the growth of ``ru_maxrss``, which sees only what exceeds all steps before.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from aegen.benchmarks.console import same_aegen, seconds
from aegen.benchmarks.reference_implementations import (
    Counterpart,
    copula_density,
    counterparts,
    ranks,
    synthetic_codes,
)
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.rng import generator
from aegen.samplers import DensitySampler, Sampler, samplers

__all__ = ["FIGURES", "Measured", "in_own_process", "measure"]

ENOUGH = 2.0
"""Seconds of one round of steps beyond which it is not repeated."""

STEPS = ("fit", "draw", "density")

STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Measured:
    """Seconds of each step of a latent model or a counterpart, None where there is no such step.

    Attributes:
        peak: bytes of memory that the steps added, at their highest.
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
    z, at = synthetic_codes(rows, dimension), synthetic_codes(points, dimension, rng=1)
    _warm_up(name, dimension)
    model = samplers.create(name, **(fields or {}))
    parties = [_steps_of(name, model, z, at, draws)]
    found = [_once(parties[0])]
    yield found
    for other in counterparts(model, z, at, draws):
        parties.append(other)
        found.append(_once(other))
        yield found
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats):
        for place, party in enumerate(parties):
            for step in STEPS:
                first, call = getattr(found[place], step), getattr(party, step)
                if call is None or first is None or first > ENOUGH:
                    continue
                times = taken.setdefault((party.who, step), [])
                times.append(seconds(call))
                change: dict[str, Any] = {step: median(times)}
                found[place] = replace(found[place], **change)
        yield found


def _steps_of(name: str, model: Sampler, z: FloatArray, at: FloatArray, draws: int) -> Counterpart:
    """What a latent model itself does, step by step."""
    rng = np.random.default_rng(0)
    density = (lambda: model.score_samples(at)) if isinstance(model, DensitySampler) else None
    return Counterpart(
        name, lambda: model.fit(z, rng=0), lambda: model.sample(draws, rng=rng), density
    )


def _once(party: Counterpart) -> Measured:
    """All steps in their order; one without a density for such codes has none."""
    times: dict[str, Any] = {}
    with _peak() as peak:
        for step in STEPS:
            call = getattr(party, step)
            if call is not None:
                with contextlib.suppress(*([InvalidInput] if step == "density" else [])):
                    times[step] = seconds(call)
    return Measured(party.who, **times, peak=peak[0])


def _warm_up(name: str, dimension: int) -> None:
    """Compile and import what a first call would, on a few rows."""
    z = synthetic_codes(max(60, 2 * dimension), dimension)
    model = samplers.create(name, **samplers.get(name).quick)
    _once(_steps_of(name, model, z, z, 60))


@contextlib.contextmanager
def _peak() -> Iterator[list[int | None]]:
    """A list whose first entry is, after the block, the bytes that it added at its peak."""
    found: list[int | None] = [None]
    gc.collect()
    with contextlib.suppress(OSError):  # where the kernel keeps no peak that can be reset
        Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    yield found
    after = _memory("VmHWM")
    if before is not None and after is not None:
        found[0] = max(after - before, 0)


def _memory(entry: str) -> int | None:
    """Resident bytes: an entry of Linux's own table, elsewhere the most there ever were."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith(entry):
                return 1024 * int(line.split()[1])
        return None
    try:
        import resource
    except ImportError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


# figures of the empirical beta copula that people plan with


def _measured(who: str, step: str, call: Callable[[], Any], repeats: int = 1) -> Measured:
    """One step by itself."""
    with _peak() as peak:
        times: dict[str, Any] = {step: median(seconds(call) for _ in range(repeats))}
    return Measured(who, **times, peak=peak[0])


def _copula(z: FloatArray) -> Any:
    return samplers.create("empirical-beta-copula").fit(z, rng=0)


def _density_figure(rows: int, points: int) -> list[Measured]:
    z, at = synthetic_codes(rows, 16), synthetic_codes(points, 16, rng=1)
    model = _copula(z)
    model.score_samples(at[:10])
    of_rows, u = ranks(z), (ranks(at) - 0.5) / points
    plain = "numpy, blocked matrix product"
    return [
        _measured("aegen", "density", lambda: model.score_samples(at)),
        _measured(plain, "density", lambda: copula_density(of_rows, u)),
    ]


def _draws_figure(rows: int, draws: int) -> list[Measured]:
    z = synthetic_codes(rows, 10)
    model = _copula(z)
    model.sample(10, rng=0)
    other = counterparts(model, z, z[:10], draws)[0]
    assert other.draw is not None
    return [
        _measured("aegen", "draw", lambda: model.sample(draws, rng=0)),
        _measured("numpy, rng.beta and np.interp", "draw", other.draw),
    ]


def _condition_figure(rows: int, draws: int) -> list[Measured]:
    z = synthetic_codes(rows, 10)
    model = _copula(z)
    draw = generator(1)

    def conditional() -> Any:
        given = {0: float(z[draw.integers(rows), 0])}
        return model.condition(given, rng=0).sample(draws, rng=0)

    conditional()
    return [_measured("aegen", "draw", conditional, 5)]


def _fit_figure(rows: int, draws: int) -> list[Measured]:
    z = synthetic_codes(rows, 10)
    _copula(z)
    return [_measured("aegen", "fit", lambda: _copula(z), 5)]


FIGURES: dict[str, tuple[Callable[[int, int], list[Measured]], int, int]] = {
    "density of {1:,} points, {0:,} rows, d = 16": (_density_figure, 60_000, 2_000),
    "{1:,} draws, {0:,} rows, d = 10": (_draws_figure, 60_000, 1_000_000),
    "condition and {1:,} draws, {0:,} rows, d = 10": (_condition_figure, 60_000, 1_000),
    "fit of {0:,} rows, d = 10": (_fit_figure, 60_000, 0),
}
"""What is measured of the empirical beta copula of degree n: rows, and draws or points."""


# in a process of its own


def in_own_process(task: dict[str, Any], limit: float | None) -> list[Measured]:
    """What a task gives, as far as it came within ``limit`` seconds (None: no limit).

    A task is ``{"figure": title}``, or the arguments of `measure`; what is missing says so.
    """
    command = [sys.executable, "-m", "aegen.benchmarks.isolated_timing", json.dumps(task)]
    problem = None
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            timeout=limit,
            env={**os.environ, **same_aegen()},
        )
        printed = run.stdout
        if run.returncode != 0:
            said = run.stderr.decode(errors="replace").strip().splitlines()
            problem = said[-1] if said else f"ended with status {run.returncode}"
    except subprocess.TimeoutExpired as late:
        printed = late.stdout or b""
        problem = f"stopped after {limit:g} s"
    lines = [line for line in printed.decode().splitlines() if line.endswith("]")]
    found = [Measured(**entry) for entry in json.loads(lines[-1])] if lines else []
    if problem is not None:
        found = found or [Measured(str(task.get("name", task.get("figure"))))]
        found = [*found[:-1], replace(found[-1], problem=problem)]
    return found


def _main(task: dict[str, Any]) -> None:
    def told(found: list[Measured]) -> None:
        print(json.dumps([asdict(one) for one in found]), flush=True)

    try:
        if "figure" in task:
            work, *size = FIGURES[task["figure"]]
            told(work(*size))
        else:
            for found in measure(**task):
                told(found)
    except AegenError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
