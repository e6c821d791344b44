"""`aegen bench`: how fast it is here, beside plain references; benchmarks, never tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from aegen.commands.destination import require_file, require_folder

__all__ = ["bench"]

bench = typer.Typer(help="Measure how fast aegen is on this machine.", no_args_is_help=True)


Bundles = Annotated[
    list[str] | None, typer.Argument(help="Bundles; by default the three image bundles")
]


@bench.command("samplers")
def bench_samplers(
    names: Annotated[
        list[str] | None, typer.Argument(help="Latent models; by default all")
    ] = None,
    full: Annotated[bool, typer.Option(help="Wait for slow ones, however long they take")] = False,
    limit: Annotated[
        float, typer.Option(help="Seconds after which a model at a size is left out")
    ] = 60.0,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats of quick steps")] = 5,
    figures: Annotated[
        bool, typer.Option(help="Also the copula's density, draws, conditions and fit by name")
    ] = True,
) -> None:
    """Fit, draw and density times and peak memory, beside numpy and the libraries themselves."""
    from aegen.benchmarks.samplers import report

    report(names=names or (), repeats=repeats, limit=None if full else limit, figures=figures)


@bench.command("app")
def bench_app(
    bundle: Annotated[str, typer.Option(help="Bundle to open")] = "mnist",
    rounds: Annotated[int, typer.Option(min=2, help="Repeats of each action")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Folder for screenshots of what was measured")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Only how pictures follow the hand")
    ] = False,
) -> None:
    """Drive a real Chromium: first page, a new seed, lassoes, a million rows, live pictures."""
    if out is not None:
        require_folder(out)
    from aegen.benchmarks.app import report, report_live

    if live:
        report_live(bundle)
    else:
        report(bundle=bundle, rounds=rounds, pictures=out)


@bench.command("live")
def bench_live(
    bundle: Annotated[str, typer.Option(help="Bundle to decode")] = "mnist",
    messages: Annotated[int, typer.Option(min=10, help="Hostile messages")] = 10_000,
    clients: Annotated[int, typer.Option(min=1, max=60, help="Clients at once")] = 20,
) -> None:
    """The live channel under hostile messages and many clients: refusals, rates, memory."""
    from aegen.benchmarks.live import report

    report(bundle=bundle, messages=messages, clients=clients)


@bench.command("fidelity")
def bench_fidelity(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Bundles, or unseen codes such as relu or relu+1e6 with a far row; "
            "by default the three image bundles"
        ),
    ] = None,
    unseen: Annotated[bool, typer.Option(help="Measure on all unseen codes")] = False,
    reference: Annotated[
        str, typer.Option(help="Compare with left-out codes (training) or a bundle's (held-out)")
    ] = "training",
    draws: Annotated[int, typer.Option(min=2, help="Draws, and real rows")] = 2000,
    seeds: Annotated[int, typer.Option(min=1, help="Repeats with other draws and rows")] = 5,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Measure only lines like this, such as 'kde*'; may be repeated"),
    ] = None,
    fresh: Annotated[bool, typer.Option(help="Measure again what --out has already")] = False,
    out: Annotated[
        Path | None, typer.Option(help="JSON file that keeps rows; a stopped run goes on")
    ] = None,
    markdown: Annotated[bool, typer.Option(help="Print the table as Markdown")] = False,
    readme: Annotated[
        Path | None, typer.Option(help="Text file whose table is replaced by this one")
    ] = None,
) -> None:
    """Draws of each latent model, and of other libraries', against codes it has not seen."""
    if out is not None:
        require_file(out, ".json")
    from aegen.benchmarks import fidelity
    from aegen.benchmarks.fidelity_table import report

    report(
        [*(names or ()), *(fidelity.unseen() if unseen else ())] or fidelity.BUNDLES,
        reference=cast("fidelity.Reference", reference),
        draws=draws,
        seeds=seeds,
        only=only or ["*"],
        fresh=fresh,
        out=out,
        as_markdown=markdown,
        readme=readme,
    )


@bench.command("target")
def bench_target(
    bundles: Bundles = None,
    draws: Annotated[int, typer.Option(min=16, help="Draws of each target")] = 256,
    flow: Annotated[
        bool, typer.Option(help="Also a flow, whose fit takes minutes a bundle")
    ] = True,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A table: single, several, unseen, regions or edits; may be repeated"),
    ] = None,
    every: Annotated[bool, typer.Option(help="A line for each target")] = False,
) -> None:
    """Targeted draws, draws in lassos and edits: found, recall, plain draws, what stays."""
    from aegen.benchmarks.target import BUNDLES, TABLES, report

    report(bundles or BUNDLES, draws=draws, flow=flow, only=only or TABLES, every=every)


@bench.command("supermask")
def bench_supermask(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tickets, or networks such as conv2 with random masks; by default all tickets"
        ),
    ] = None,
    batch: Annotated[
        list[int] | None, typer.Option(min=1, help="Images at a time; may be repeated")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Timings of each method")] = 9,
    training: Annotated[
        bool, typer.Option("--training", help="Only how fast networks train, beside torch alone")
    ] = False,
) -> None:
    """Size of tickets beside other formats; speed beside dense and sparse products."""
    if training:
        from aegen.benchmarks import supermask_training

        supermask_training.report(names or (), batch=(batch or [128])[0], repeats=repeats)
        return
    from aegen.benchmarks.supermask import BATCHES, report

    report(names or (), batches=batch or BATCHES, repeats=repeats)


@bench.command("fuzz")
def bench_fuzz(
    kinds: Annotated[
        list[str] | None, typer.Argument(help="Kinds of files, such as bundles; by default all")
    ] = None,
    cases: Annotated[
        int, typer.Option(min=1, help="Hostile bundles; of other files a share of that")
    ] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all cases")] = 0,
) -> None:
    """Open thousands of hostile files: refusals, tracebacks, time, memory, what they reach."""
    from aegen.benchmarks.fuzz import report

    if not report(cases, seed=seed, only=kinds):
        raise typer.Exit(1)


@bench.command("load")
def bench_load(
    bundle: Annotated[str, typer.Option(help="Bundle to open")] = "mnist",
    visitors: Annotated[int, typer.Option(min=1, help="Visitors at once")] = 20,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long")] = 5.0,
) -> None:
    """Many visitors at once on a real server: waiting times, crossed state, memory."""
    from aegen.benchmarks.load import report

    if not report(bundle, visitors, minutes):
        raise typer.Exit(1)


@bench.command("kills")
def bench_kills(
    names: Annotated[
        list[str] | None, typer.Argument(help="Train, create, compare ...; by default all")
    ] = None,
    times: Annotated[int, typer.Option(min=1, help="Kills, of all together")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the moments")] = 0,
) -> None:
    """Kill commands at random moments and start them again: lost, half, left over."""
    from aegen.benchmarks.kills import report

    if report(times, seed=seed, only=names or ()):
        raise typer.Exit(1)
