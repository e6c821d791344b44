"""`aegen compare`: latent models on bundles, with intervals; continues where it was stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from aegen.commands.destination import require_folder, require_writable
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.comparison import Backend, Candidate, MetricSpec, Result, Store, Table, Task
    from aegen.comparison.sweep import Sweep

__all__ = ["compare"]


def compare(
    bundles: Annotated[
        list[str] | None, typer.Argument(help="Names or folders of bundles [mnist]")
    ] = None,
    samplers: Annotated[
        list[str] | None,
        typer.Option(
            help="Latent models, NAME:FIELD=VALUE, separated by commas; may be repeated [five "
            "that are quick]"
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, help="Repeats with other draws and rows")
    ] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed")] = 0,
    draws: Annotated[
        int, typer.Option(min=1, help="Draws of each model, and held-out rows")
    ] = 2000,
    metrics: Annotated[
        list[str] | None,
        typer.Option(help="quick, full, paper, or SPACE/METRIC; commas, or repeated [quick]"),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            help="What codes are compared with: held-out ones, training codes that were left-out "
            "of the fit, which takes another fit of each model, or both"
        ),
    ] = "both",
    out: Annotated[Path, typer.Option(help="Folder for the tables and all results")] = Path(
        "comparison"
    ),
    fresh: Annotated[bool, typer.Option(help="Measure again what --out has already")] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder of the data set of a bundle, BUNDLE=FOLDER: compare with its images "
            "themselves, not as the autoencoder shows them; may be repeated"
        ),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(
            help="codes: over the number of training codes; epochs: over an autoencoder's "
            "training, with --run and --data"
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder that `aegen train autoencoder --keep-every` left, for epochs"),
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="Text file whose marked place gets short tables")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Tasks at a time [as many as there are cores]")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="loky for processes of this machine, dask or ray for a cluster")
    ] = "loky",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler [one on this machine]")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster [one on this machine]")
    ] = None,
) -> None:
    """Compare latent models: images, metrics with intervals, copying, time.

    The same command continues one that was stopped.
    """
    require_folder(out)
    place = _place(backend, jobs, scheduler, address)
    if sweep is not None and readme is not None:
        raise InvalidInput("--readme takes tables, which --sweep does not make: give one of them")
    if run is not None and sweep != "epochs":
        raise InvalidInput("--run is the training of --sweep epochs: add that, or leave it out")
    from aegen.benchmarks.markdown_splice import rewrite
    from aegen.comparison import (
        DEFAULTS,
        LEFT_OUT,
        REFERENCES,
        Store,
        Table,
        metric_specs,
        parse_all,
        tasks,
    )
    from aegen.comparison.export import write_files

    candidates = parse_all(samplers) if samplers else DEFAULTS
    if sweep == "codes":
        if reference == LEFT_OUT:
            raise InvalidInput(
                "--sweep codes fits models to a part of the codes as it is, and compares with "
                "held-out ones alone: leave --reference out"
            )
        reference = "held-out"
    measured = _beside(reference, metric_specs(metrics or ["quick"]))
    named = _named(bundles or ["mnist"])
    sets = _data_sets(data or [], named)
    for bundle in named:
        _require_enough(bundle, draws, measured, sets.get(bundle))
    if readme is not None:
        rewrite(readme, BEGIN, END, None)  # says at once where there is no place
        require_writable(readme, "--readme")
    store = Store(out / "results")
    sweeps = _sweeps(sweep, named, sets, run, out)
    size: Any = {"seeds": seeds, "draws": draws, "metric_specs": measured, "first": first_seed}
    todo = [task for each in sweeps for task in each.tasks(candidates, **size)]
    if not sweeps:
        todo += tasks(list(named), candidates + REFERENCES, data=sets, **size)
    results = _done(todo, store, place, fresh)
    by_bundle = {bundle: Table(name, candidates, measured) for bundle, name in named.items()}
    for result in [] if sweeps else results:
        by_bundle[result.task.bundle].add(result)
    tables = [] if sweeps else list(by_bundle.values())
    swept = [(each, each.tables(results, candidates, measured)) for each in sweeps]
    for table in tables:
        _show(table)
    for file in write_files(out, tables, swept):
        typer.echo(f"wrote {file}")
    if readme is not None:
        rewrite(readme, BEGIN, END, _short(tables))


BEGIN = "<!-- compared: made by `aegen compare --readme assets/docs/latent-models.md` -->"
END = "<!-- /compared -->"

SHORT = (
    "left-out/nearest-neighbour-worse-half",
    "codes/nearest-neighbour-worse-half",
    "features/frechet-distance",
    "features/nearest-neighbour-worse-half",
    "attributes/attribute-distance",
    "codes/distance-ratio",
)
"""What short tables show, as far as it was measured."""


# What is asked for


def _beside(reference: str, measured: tuple[MetricSpec, ...]) -> tuple[MetricSpec, ...]:
    """The metric specs that compare with a reference; copying is told by either."""
    from aegen.comparison import LEFT_OUT
    from aegen.comparison.metric_spec import RATIO

    kept = {
        "both": measured,
        "held-out": tuple(spec for spec in measured if spec.space != LEFT_OUT),
        LEFT_OUT: tuple(spec for spec in measured if spec.space == LEFT_OUT or spec == RATIO),
    }
    if reference not in kept:
        raise InvalidInput(f"--reference must be one of {', '.join(kept)}, got {reference!r}")
    if reference == LEFT_OUT and len(kept[reference]) == 1:
        raise InvalidInput(
            f"none of the metrics looks at {LEFT_OUT} codes: ask for "
            f"{LEFT_OUT}/nearest-neighbour-worse-half, or for --metrics quick"
        )
    return kept[reference]


def _place(name: str, jobs: int | None, scheduler: str | None, address: str | None) -> Backend:
    """Where the tasks are done; an address belongs to the backend whose word it is."""
    if scheduler is not None and name != "dask":
        raise InvalidInput("--scheduler is where a Dask scheduler is: add --backend dask")
    if address is not None and name != "ray":
        raise InvalidInput("--address is where a Ray cluster is: add --backend ray")
    from aegen.parallel.backends import Backend

    return Backend(cast("Any", name), jobs, scheduler or address)


def _located(bundle: str) -> str:
    """A bundle as workers find it, wherever they were started: a known name, or a whole path."""
    from aegen.bundles import bundles, find

    return bundle if bundle in bundles() else str(find(bundle).resolve())


def _named(texts: Sequence[str]) -> dict[str, str]:
    """What to call each bundle, by where it is; each bundle once."""
    from aegen.bundles import find, read

    places: dict[Path, str] = {}
    for text in texts:
        places.setdefault(find(text).resolve(), _located(text))
    names = {place: read(place).name for place in places.values()}
    alike = list(names.values())
    return {
        place: name if alike.count(name) == 1 else f"{name} ({place})"
        for place, name in names.items()
    }


def _data_sets(settings: Sequence[str], named: dict[str, str]) -> dict[str, str]:
    """Folders of data sets by bundle, from ``BUNDLE=FOLDER``."""
    found = {}
    for setting in settings:
        bundle, equals, folder = setting.partition("=")
        if not equals:
            raise InvalidInput(f"--data must be BUNDLE=FOLDER, got {setting!r}")
        place = _located(bundle)
        if place not in named:
            raise InvalidInput(f"--data names {bundle}, which is not compared")
        found[place] = str(Path(folder).resolve())
    return found


def _require_enough(
    bundle: str, draws: int, measured: Sequence[MetricSpec], data: str | None
) -> None:
    """Refuse a bundle that every task would refuse, before the work begins."""
    from aegen.comparison.reference_rows import ReferenceSet

    reference_set = ReferenceSet.open(bundle, draws, data)
    held_out = f"{reference_set.bundle.name} has {len(reference_set.bundle.holdout)} held-out rows"
    if reference_set.size < draws:
        typer.echo(f"Note: {held_out}, which is enough for {reference_set.size} draws.", err=True)
    if reference_set.bundle.feature_note:
        typer.echo(f"Note: {reference_set.bundle.feature_note}", err=True)
    why = f"--draws is {draws}" if reference_set.size == draws else f"{held_out}, half for each"
    for metric_spec in measured:
        least = metric_spec.make().minimum
        if reference_set.size < least:
            raise InvalidInput(
                f"{metric_spec.key} needs at least {least} rows on each side, and there are "
                f"{reference_set.size}, as {why}"
            )


def _sweeps(
    kind: str | None, named: dict[str, str], sets: dict[str, str], run: Path | None, out: Path
) -> list[Sweep]:
    """The sweeps that were asked for, one a bundle."""
    from aegen.comparison.sweep import over_codes, over_epochs

    if kind is None:
        return []
    if kind == "codes":
        return [over_codes(bundle, data=sets) for bundle in named]
    if kind != "epochs":
        raise InvalidInput(f"--sweep must be codes or epochs, got {kind!r}")
    if len(named) != 1 or run is None or not sets:
        raise InvalidInput(
            "--sweep epochs takes one bundle, --run with the folder of a training, and --data "
            "with its data set, such as --data mnist=FOLDER"
        )
    (bundle,) = named
    return [over_epochs(bundle, run, sets[bundle], out / "bundles", tell=typer.echo)]


# What is done


def _done(todo: Sequence[Task], store: Store, place: Backend, fresh: bool) -> list[Result]:
    """All results, under a bar with the time that is left, and what is at work now."""
    from contextlib import closing

    from rich import progress
    from rich.console import Console

    from aegen.comparison import run
    from aegen.comparison.at_work import AtWork
    from aegen.core.storage import claimed, temporary_folder

    found = []
    notes = temporary_folder("comparing")
    at_work = AtWork(notes.path)

    class Now(progress.ProgressColumn):
        def render(self, task: progress.Task) -> str:
            return "; ".join(map(str, at_work.now()))

    columns = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=20),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        Now(),
    ]
    results = run(todo, store=store, backend=place, fresh=fresh, at_work=at_work)
    try:
        with (
            notes,
            claimed(store.folder),
            progress.Progress(*columns, console=Console(stderr=True)) as bar,
            closing(results),
        ):
            line = bar.add_task("comparing", total=len(todo))
            for result in results:
                found.append(result)
                bar.advance(line)
                if result.problem:
                    bar.console.print(f"{result.task}: {result.problem}", highlight=False)
    except KeyboardInterrupt:
        typer.echo(
            f"stopped; results are kept in {store.folder}: give the command again", err=True
        )
        raise typer.Exit(130) from None
    return found


# What is shown


def _short(tables: Sequence[Table]) -> str:
    """Short tables in Markdown, each under its bundle's name."""
    from aegen.comparison.table import to_markdown

    return "\n".join(
        f"**{table.bundle}**\n\n"
        + to_markdown(table, [spec for spec in table.metric_specs if spec.key in SHORT])
        for table in tables
    )


def _show(table: Table) -> None:
    """A table for the terminal: a line a metric, a column a candidate; below it why some miss.

    Where the window is too narrow for all columns it comes in several parts.
    """
    from rich.console import Console

    from aegen.comparison.verdict import verdict

    console = Console()
    console.print(f"\n[bold]{table.bundle}[/bold]: {table.size} draws, seeds: {table.seeds}")
    across = max(1, (console.width - LABEL) // COLUMN)
    rows = tuple(dict.fromkeys((*table.ranked(), *table.rows)))
    for start in range(0, len(rows), across):
        console.print(_part(table, rows[start : start + across]))
    console.print(
        "bold: better than all others that do not copy, resolved; ±: half a 95 % interval",
        style="dim",
    )
    for sentence in verdict(table):
        console.print(sentence, highlight=False, markup=False)
    for line in _gaps(table):
        console.print(line, highlight=False, markup=False)


LABEL, COLUMN = 24, 19
"""Width of a metric's name, and of a figure, in letters."""


def _part(table: Table, candidates: Sequence[Candidate]) -> Any:
    from rich import box
    from rich.table import Table as Grid

    from aegen.comparison import REFERENCES
    from aegen.comparison.table import detail_titles, detail_values, written

    grid = Grid(box=box.SIMPLE_HEAD)
    grid.add_column("")
    for candidate in candidates:
        head = candidate.title + ("\n[red]copies[/red]" if table.copies(candidate) else "")
        style = "dim" if candidate in REFERENCES else ""
        grid.add_column(head, justify="right", style=style)
    for metric_spec in table.metric_specs:
        winner, cells = table.winner(metric_spec), []
        for candidate in candidates:
            found = table.cell(candidate, metric_spec)
            text = "–" if found is None else written(found)
            text = f"[bold]{text}[/bold]" if candidate == winner else text
            cells.append("\n".join([text, *detail_values(table, candidate, metric_spec)]))
        made_of = (f"  {title}" for title in detail_titles(metric_spec))
        grid.add_row("\n".join([metric_spec.title, *made_of]), *cells)
    for place, title in enumerate(("seconds to fit", "seconds to draw")):
        spent = [table.seconds(candidate) for candidate in candidates]
        grid.add_row(title, *("–" if s is None else f"{s[place]:.2g}" for s in spent))
    return grid


def _gaps(table: Table) -> Iterable[str]:
    """Why figures are missing: a line a reason, with all that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for candidate in table.rows:
        missing = [c for c in table.metric_specs if table.why(candidate, c)]
        for metric_spec in missing:
            title = "all" if len(missing) == len(table.metric_specs) else metric_spec.title
            titles = reasons.setdefault((title, table.why(candidate, metric_spec)), [])
            if candidate.title not in titles:
                titles.append(candidate.title)
    for (title, why), titles in reasons.items():
        yield f"{', '.join(titles)}: {title}: {why}"
