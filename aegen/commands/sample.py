"""`aegen sample`: new pictures or codes from a bundle, as a PNG or an npz file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aegen.commands.destination import require_file
from aegen.commands.field_settings import parsed_fields
from aegen.commands.progress_bar import followed, patient
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
from aegen.core import defaults
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.bundles.generation import Model

__all__ = ["ENDS", "BundleName", "Fields", "Number", "SamplerName", "Seed", "parsed", "sample"]

ENDS = (".png", ".npz")
"""Of files of pictures: one grid of all, or arrays."""

LARGEST = 1e100
"""Of a coordinate, as of codes."""

BundleName = Annotated[str, typer.Argument(help="Name of a bundle, or its folder")]
SamplerName = Annotated[str, typer.Option(help="Latent model; an unknown one lists them all")]
Number = Annotated[int, typer.Option("-n", "--number", min=1, max=1_000_000, help="How many")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the draw")]
Fields = Annotated[
    list[str] | None,
    typer.Option(help="A field of the latent model, NAME=VALUE; may be repeated"),
]


def sample(
    bundle: BundleName,
    out: Annotated[
        Path | None, typer.Option(help="File to write: .png for a grid, .npz for arrays")
    ] = None,
    sampler: SamplerName = defaults.SAMPLER,
    n: Number = 64,
    seed: Seed = 0,
    field: Fields = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help="A coordinate of the codes to fix, INDEX=VALUE; may be repeated"),
    ] = None,
    sheet: SheetFile = None,
    atlas: SheetAtlas = None,
    archive: SheetZip = None,
    scale: SheetScale = 1,
    gap: SheetGap = 0,
    columns: SheetColumns = None,
    transparent: Transparent = False,
    order: SheetOrder = None,
) -> None:
    """Draw new codes from a latent model of a bundle and decode them.

    Many draws are written to an .npz as they are made, under a bar.
    """
    files = SheetFiles(sheet, atlas, archive, scale, gap, columns, transparent, order)
    files.require(out)
    if out is None and not files.wanted:
        raise InvalidInput("nothing would be written: name a file with --out or --sheet")
    if out is not None:
        require_file(out, *ENDS)
    fields, held = parsed(sampler, field or []), fixed(given or [])
    from aegen.bundles import read
    from aegen.bundles.draw_file import codes_at_once, require_space, write_draws
    from aegen.core.images import require_grid

    opened = read(bundle)
    require_fixable(sampler, held, opened.latent_dim)
    arrays = out is not None and out.suffix.lower() == ".npz"
    if out is not None and not arrays:
        require_grid(n, opened.image_shape)
    files.require_room(opened, n)
    long = n > codes_at_once(opened.latent_dim)
    if out is not None and arrays:
        require_space(out, opened, n)
    with followed(stderr=True) if long else patient():
        # A fit that starts at random starts from the same place as in the app.
        model = opened.model(sampler, rng=0, **fields)
        title = model.sampler.title
        if held:
            model = model.condition(held, rng=0)
            _caution(model)
        if out is not None and arrays:
            write_draws(out, model, n, rng=seed)
        if files.wanted or not arrays:
            draw = model.sample(n, rng=seed)
            if out is not None and not arrays:
                draw.save(out)
            files.write(opened, draw.images)
    typer.echo(f"{n} drawn from {title} on {bundle}" + (f": {out}" if out else ""))


def _caution(model: Model) -> None:
    from aegen.samplers import RowSampler

    if isinstance(model.sampler, RowSampler) and (caution := model.sampler.collapse()):
        typer.echo(f"Note: {caution}.", err=True)


def parsed(sampler: str, settings: list[str]) -> dict[str, Any]:
    """Fields of ``sampler`` from ``NAME=VALUE`` settings, checked.

    Raises:
        UnknownName: no such latent model or field.
        InvalidInput: a setting without "=", or a value out of range.
    """
    from aegen.samplers import samplers

    return parsed_fields(samplers.parameters(sampler), sampler, settings)


def fixed(settings: list[str]) -> dict[int, float]:
    """Coordinates and values from ``INDEX=VALUE`` settings.

    Raises:
        InvalidInput: a setting of another form, no number, or a coordinate given twice.

    Example:
        >>> fixed(["3=0.5"])
        {3: 0.5}
    """
    given: dict[int, float] = {}
    for setting in settings:
        index, _, value = setting.partition("=")
        try:
            coordinate, number = int(index), float(value)
        except ValueError:
            raise InvalidInput(
                f"--given must be INDEX=VALUE, such as 3=0.5, got {setting!r}"
            ) from None
        if coordinate in given:
            raise InvalidInput(f"--given fixes coordinate {coordinate} twice: keep one")
        if not abs(number) <= LARGEST:
            raise InvalidInput(f"--given must be a number within ±{LARGEST:g}, got {setting!r}")
        given[coordinate] = number
    return given


def require_fixable(sampler: str, given: dict[int, float], dimension: int) -> None:
    """Refuse a condition that ``sampler`` cannot take on codes of so many dimensions.

    Raises:
        InvalidInput: no such coordinate, none that is left, or a latent model without conditions.
    """
    from aegen.samplers import ConditionalSampler, samplers

    kind = samplers.get(sampler)
    if given and not issubclass(kind, ConditionalSampler):
        raise InvalidInput(
            f"{kind.title} cannot be conditioned: leave --given out, or take another latent "
            "model, such as empirical-beta-copula"
        )
    for coordinate in given:
        if not 0 <= coordinate < dimension:
            raise InvalidInput(
                f"--given fixes a coordinate from 0 to {dimension - 1}, got {coordinate}"
            )
    if given and len(given) == dimension:
        raise InvalidInput("--given fixes every coordinate: leave one free")
