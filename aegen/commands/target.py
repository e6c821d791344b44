"""`aegen target`: new images of a target, and how many plain draws would fulfil it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from aegen.commands.destination import require_file
from aegen.commands.edit import picture_code
from aegen.commands.progress_bar import patient
from aegen.commands.sample import ENDS, BundleName, Fields, Number, SamplerName, Seed, parsed
from aegen.commands.sheet_options import (
    SheetAtlas,
    SheetColumns,
    SheetFile,
    SheetFiles,
    SheetGap,
    SheetOrder,
    SheetScale,
    SheetZip,
    Transparent,
)
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.targeting import Target

__all__ = ["target"]


def target(
    bundle: BundleName,
    target: Annotated[
        str,
        typer.Argument(
            help="What is wanted: class=7, hair is orange, slant is above 0.3, not thick>0.8, "
            "(hair=3 and body=2), inside umap 1,2 3,4 5,6, near row 4711 within 2.5, "
            "probability class=7 = 0.4..0.6, density>=20%, z3=0.5"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .png for a grid, .npz for arrays")
    ] = None,
    sampler: SamplerName = "empirical-beta-copula",
    n: Number = 64,
    seed: Seed = 0,
    field: Fields = None,
    strategy: Annotated[
        str,
        typer.Option(help="auto, rows, refit, condition, resample, reject or compose"),
    ] = "auto",
    tries: Annotated[
        int | None, typer.Option(min=1, help="Most candidates that are drawn and checked")
    ] = None,
    max_misclassified: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Most draws, as a share, that the classifier may name otherwise"
        ),
    ] = 0.15,
    like: Annotated[
        Path | None,
        typer.Option(help="A picture of your own: draws are also near to its code"),
    ] = None,
    like_rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many training rows lie as near to it as draws may [500, at most a tenth]",
        ),
    ] = None,
    margins: Annotated[
        str | None,
        typer.Option(
            help="A second target: transfer draws of the first to the margins of its rows, by the "
            "empirical beta copula"
        ),
    ] = None,
    baseline: Annotated[
        bool, typer.Option(help="Also say how many of as many plain draws fulfil it")
    ] = True,
    sheet: SheetFile = None,
    atlas: SheetAtlas = None,
    archive: SheetZip = None,
    scale: SheetScale = 1,
    gap: SheetGap = 0,
    columns: SheetColumns = None,
    transparent: Transparent = False,
    order: SheetOrder = None,
) -> None:
    """Draw new images that fulfil a target; without a file, only count how it would go."""
    files = SheetFiles(sheet, atlas, archive, scale, gap, columns, transparent, order)
    files.require(out)
    if out is not None:
        require_file(out, *ENDS)
    from aegen.bundles import read
    from aegen.targeting import STRATEGIES, And, draw, near, parse, share
    from aegen.targeting.sampling import require_drawable
    from aegen.targeting.strategies import Strategy

    opened = read(bundle)
    wanted = parse(target, opened)
    _require_room(n, opened, out)
    files.require_room(opened, n)
    fields = parsed(sampler, field or [])
    if like is not None:
        rows = like_rows or min(500, -(-len(opened.codes) // 10))
        wanted = And.of(wanted, near(opened, picture_code(opened, like), rows))
    elif like_rows is not None:
        raise InvalidInput("--like-rows goes with --like: name the picture, or leave it out")
    if margins is not None:
        if sampler != "empirical-beta-copula" or strategy != "auto" or tries is not None:
            raise InvalidInput(
                "--margins goes with the empirical beta copula alone: leave out --sampler, "
                "--strategy and --tries"
            )
        _transfer(opened, wanted, margins, n, fields, seed, out, files)
        return
    require_drawable(opened, wanted, strategy=strategy, max_misclassified=max_misclassified)
    with patient():
        model = opened.model(sampler, rng=0, **fields)
        found = draw(
            model,
            wanted,
            n,
            rng=seed,
            strategy=cast("Strategy", strategy),
            tries=tries,
            max_misclassified=max_misclassified,
        )
    ways = [STRATEGIES[name] for name in found.strategy.split(" + ")]
    typer.echo(f"{found.summary()}.")
    typer.echo(f"{found.strategy}: {'; '.join(ways)}.")
    typer.echo(f'"{wanted}" matches {_rows(found.matching)} of {len(opened.codes):,}.')
    if baseline:
        plain = share(opened, wanted, model.sampler.sample(256, rng=seed))
        typer.echo(f"Of plain draws from {model.sampler.title}, {plain:.1%} fulfil it.")
    if found.caution:
        typer.echo(f"Note: {found.caution}.", err=True)
    if out is not None and (len(found) or out.suffix.lower() == ".npz"):
        found.save(out)
        typer.echo(f"Written: {out}")
    if len(found):
        files.write(opened, found.images)
    if found.short:
        raise typer.Exit(1)


MOST_BYTES = 10**9
"""Of pictures that are in memory together."""


def _require_room(n: int, bundle: Bundle, out: Path | None) -> None:
    """Refuse more pictures than are held together, or than a grid has room for."""
    from math import prod

    from aegen.core.images import require_grid

    most = MOST_BYTES // (4 * prod(bundle.image_shape))
    if n > most:
        raise InvalidInput(
            f"-n may be {most:,} at most for a target on {bundle.name}, got {n:,}, as its draws "
            "are held together: draw several times, each with another --seed"
        )
    if out is not None and out.suffix.lower() == ".png":
        require_grid(n, bundle.image_shape)


def _rows(effective: float) -> str:
    """A number of effective rows, in words.

    Example:
        >>> _rows(0.0), _rows(1.0), _rows(324.1)
        ('no training row', 'one training row', '324 effective training rows')
    """
    few = {0: "no training row", 1: "one training row"}
    return few.get(round(effective), f"{effective:,.0f} effective training rows")


def _transfer(
    bundle: Bundle,
    source: Target,
    margins: str,
    n: int,
    fields: dict[str, Any],
    seed: int,
    out: Path | None,
    files: SheetFiles,
) -> None:
    from aegen.targeting import transfer

    if set(fields) - {"degree"}:
        raise InvalidInput("--margins takes the field degree alone: leave the others out")
    with patient():
        moved = transfer(bundle, source, margins, n, rng=seed, **fields)
    typer.echo(f"{moved.summary()}.")
    if out is not None:
        moved.save(out)
        typer.echo(f"Written: {out}")
    files.write(bundle, moved.images)
