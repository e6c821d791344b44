"""`aegen bench`: how fast it is here, beside plain references; benchmarks, never tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["bench"]

bench = typer.Typer(help="Measure how fast aegen is on this machine.", no_args_is_help=True)


@bench.command("samplers")
def bench_samplers() -> None:
    """Fit and draw time a coordinate of each latent model, beside plain numpy."""
    from aegen.benchmarks.samplers import report

    report()


@bench.command("app")
def bench_app(
    bundle: Annotated[str, typer.Option(help="Bundle to open")] = "mnist",
    rounds: Annotated[int, typer.Option(min=2, help="Repeats of each action")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Folder for screenshots of what was measured")
    ] = None,
) -> None:
    """Drive a real Chromium: first page cold and warm, a new seed, lassoes, a million rows."""
    from aegen.benchmarks.app import report

    report(bundle=bundle, rounds=rounds, pictures=out)
