"""How long each latent model takes to fit, to draw and to give densities, and its peak memory.

`aegen bench samplers` prints it beside plain numpy and the libraries called directly. Each model
is measured in a process of its own (``isolated_timing.py``), together with its counterparts
(``reference_implementations.py``), so that ratios are those of one run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from aegen.benchmarks.console import console, table
from aegen.benchmarks.isolated_timing import FIGURES, STEPS, Measured, in_own_process
from aegen.core import arrays
from aegen.core.errors import InvalidInput
from aegen.samplers import samplers

__all__ = ["SIZES", "Timing", "report", "run"]

SIZES = ((2_000, 10), (2_000, 100), (60_000, 10), (60_000, 100))
"""Rows and dimensions."""

DRAWS = 10_000
POINTS = 2_000

LIMIT = 60.0
"""Seconds that one model at one size may take, with its counterparts and the start of Python."""


@dataclass(frozen=True)
class Timing:
    """What was measured for one latent model at one size, and for its counterparts there."""

    name: str
    rows: int
    dimension: int
    ours: Measured
    others: tuple[Measured, ...] = ()


def run(
    *,
    names: Sequence[str] = (),
    sizes: Sequence[tuple[int, int]] = SIZES,
    draws: int = DRAWS,
    points: int = POINTS,
    repeats: int = 5,
    limit: float | None = LIMIT,
    told: Callable[[Timing], None] = lambda timing: None,
) -> list[Timing]:
    """Time latent models, by default all, at every size, smaller ones first.

    A model that exceeds the ``limit`` in seconds (None: no limit) before its own figures are
    complete is left out at sizes that are larger in both ways. Each timing goes to ``told``.

    Raises:
        InvalidInput: numbers that cannot be used.
        UnknownName: no latent model of this name.
    """
    repeats = arrays.count(repeats, name="repeats", minimum=1)
    if limit is not None and not limit > 0:
        raise InvalidInput(f"the limit must be a number of seconds above 0, got {limit!r}")
    for name in names:
        samplers.get(name)
    timings: list[Timing] = []
    slow: list[tuple[str, int, int]] = []
    for rows, dimension in sizes:
        for name in names or samplers.names():
            if any(name == s and rows >= n and dimension >= d for s, n, d in slow):
                known = Measured(name, problem=f"left out: a smaller size took over {limit:g} s")
                timing = Timing(name, rows, dimension, known)
            else:
                size = {"rows": rows, "dimension": dimension, "draws": draws, "points": points}
                task = {"name": name, "repeats": repeats, **size}
                ours, *others = in_own_process(task, limit)
                timing = Timing(name, rows, dimension, ours, tuple(others))
                if ours.fit is None and ours.problem is not None:
                    slow.append((name, rows, dimension))
            timings.append(timing)
            told(timing)
    return timings


def report(
    *,
    names: Sequence[str] = (),
    sizes: Sequence[tuple[int, int]] = SIZES,
    draws: int = DRAWS,
    points: int = POINTS,
    repeats: int = 5,
    limit: float | None = LIMIT,
    figures: bool = True,
) -> None:
    """Measure as `run` does, then print a table a size, and `FIGURES` where they are asked for."""
    shown, aside = console(), Console(stderr=True)
    if figures:
        figured = table("", "seconds", "peak MB", title="empirical beta copula, degree n")
        for title, (_, rows, others) in FIGURES.items():
            named = title.format(rows, others)
            with aside.status(f"measuring {named}"):
                for measured in in_own_process({"figure": title}, None):
                    taken = measured.fit or measured.draw or measured.density
                    cells = (f"{named}: {measured.who}", _time(taken), _size(measured.peak))
                    figured.add_row(*cells)
        shown.print(figured)
    with aside.status("measuring latent models") as status:
        timings = run(
            names=names,
            sizes=sizes,
            draws=draws,
            points=points,
            repeats=repeats,
            limit=limit,
            told=lambda timing: status.update(
                f"measured {timing.name}, {timing.rows:,} x {timing.dimension}"
            ),
        )
    for rows, dimension in sizes:
        sized = table(
            *("latent model", "fit", f"{draws:,} draws", f"{points:,} densities", "peak MB"),
            title=f"{rows:,} made-up rows, d = {dimension}",
        )
        for timing in timings:
            if (timing.rows, timing.dimension) == (rows, dimension):
                sized.add_row(*_cells(timing.name, timing.ours, None))
                for other in timing.others:
                    sized.add_row(*_cells(f"  {other.who}", other, timing.ours))
        shown.print(sized)
    shown.print(
        "In brackets: how many times as long as aegen, in the same run. Medians of up to "
        f"{repeats} after a warm-up. Peak: resident memory that fit, draws and density added.",
        highlight=False,
    )


def _cells(title: str, measured: Measured, beside: Measured | None) -> list[str]:
    times = []
    for step in STEPS:
        taken = getattr(measured, step)
        ours = getattr(beside, step) if beside is not None else None
        factor = "" if not ours or taken is None else f" ({taken / ours:.2g} x)"
        times.append(_time(taken) + factor)
    note = "" if measured.problem is None else f" ({measured.problem})"
    return [title + note, *times, _size(measured.peak)]


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:,.3g} s"


def _size(value: int | None) -> str:
    return "" if value is None else f"{value / 1e6:,.0f}"
