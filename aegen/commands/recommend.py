"""`aegen recommend`: which latent model to take for a bundle or for codes, with its evidence."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aegen.commands.destination import require_file
from aegen.core.errors import StorageError, UnknownName

if TYPE_CHECKING:
    from aegen.comparison import Candidate, Recommendation
    from aegen.core.arrays import FloatArray

__all__ = ["recommend"]


def recommend(
    name: Annotated[
        str,
        typer.Argument(
            help="Name or folder of a bundle, or a file of codes: .npz, .npy, .csv, .parquet"
        ),
    ],
    seconds: Annotated[
        float, typer.Option(help="Time to take; the first model is tried in any case")
    ] = 60.0,
    copying: Annotated[
        float,
        typer.Option(
            min=0,
            max=10,
            help="Distance ratio below which a model copies and is left out; new codes have 1",
        ),
    ] = 0.9,
    samplers: Annotated[
        list[str] | None,
        typer.Option(
            help="Latent models to try, NAME:FIELD=VALUE, separated by commas; may be repeated "
            "[ten, the quick ones first]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the splits, fits and draws")] = 0,
    out: Annotated[Path | None, typer.Option(help="File for all figures, .csv or .json")] = None,
) -> None:
    """Try latent models on left-out codes, and say which one to take and how sure that is."""
    if out is not None:
        require_file(out, ".csv", ".json")
    from aegen import comparison
    from aegen.commands.progress_bar import followed
    from aegen.comparison import parse_all
    from aegen.comparison.recommendation import LADDER
    from aegen.comparison.recommendation_table import to_csv, to_json
    from aegen.core.storage import write_bytes

    candidates = parse_all(samplers) if samplers else LADDER
    codes, bundle = _codes(name)
    options: dict[str, Any] = {"seconds": seconds, "copying": copying, "rng": seed}
    with followed(stderr=True):
        found = comparison.recommend(codes, candidates=candidates, **options)
    _show(found)
    if found.best is not None:
        typer.echo(_next(name, found.best.candidate, bundle=bundle))
    if out is not None:
        text = to_csv(found) if out.suffix.lower() == ".csv" else to_json(found)
        write_bytes(out, text.encode())
        typer.echo(f"wrote {out}")
    if found.best is None:
        raise typer.Exit(1)


def _codes(name: str) -> tuple[FloatArray, bool]:
    """The codes, and whether they are a bundle's: a file is one of codes, all else a bundle."""
    path = Path(name)
    if path.is_file():
        from aegen.data import read_codes

        found = read_codes(path)
        for note in found.notes:
            typer.echo(f"Note: {note}.", err=True)
        return found.codes, False
    from aegen.bundles import bundles, read

    try:
        return read(name).codes, True
    except UnknownName:
        if path.suffix:
            raise StorageError(path, "there is no such file") from None
        raise UnknownName("bundle or file of codes", name, bundles()) from None


def _show(found: Recommendation) -> None:
    """The trials as a table, and the sentence below."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid

    from aegen.comparison.recommendation_table import HEADER, cells, problems

    console = Console()
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(HEADER[0])
    for column in HEADER[1:-1]:
        grid.add_column(column.replace(" ", "\n"), justify="right", no_wrap=True)
    for trial in (trial for trial in found.trials if trial.splits):
        title, *figures, remark = cells(found, trial)
        style = "bold" if trial == found.best else "dim" if trial in found.copiers else ""
        grid.add_row(f"{title}\n{remark}" if remark else title, *figures, style=style)
    if grid.rows:
        console.print(grid)
    console.print(
        "halves of 1-NN accuracy: 0.5 is best; worse half: distance from 0.5, 0 is best; ±: half "
        "a 95 % interval",
        style="dim",
    )
    for line in [*problems(found), str(found)]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _next(name: str, candidate: Candidate, *, bundle: bool) -> str:
    """The command that draws from the recommended model; codes alone become a bundle first."""
    where = shlex.quote(name)
    if not bundle:
        return f"Next: aegen bundles create NAME --codes {where}, then aegen sample NAME"
    _, *fields = candidate.text.split(":")
    chosen = "".join(f" --field {field}" for field in fields)
    return f"Next: aegen sample {where} --sampler {candidate.sampler}{chosen} --out grid.png"
