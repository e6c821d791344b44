"""`aegen sample`: new pictures or codes from a bundle, as a PNG or an npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.core import defaults
from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["BundleName", "Fields", "Number", "SamplerName", "Seed", "parsed", "sample"]

BundleName = Annotated[str, typer.Argument(help="Name of a bundle, or its folder")]
SamplerName = Annotated[str, typer.Option(help="Latent model; an unknown one lists them all")]
Number = Annotated[int, typer.Option("-n", "--number", min=0, max=1_000_000, help="How many")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the draw")]
Fields = Annotated[
    list[str] | None,
    typer.Option(help="A field of the latent model, NAME=VALUE; may be repeated"),
]


def sample(
    bundle: BundleName,
    out: Annotated[Path, typer.Option(help="File to write: .png for a grid, .npz for arrays")],
    sampler: SamplerName = defaults.SAMPLER,
    n: Number = 64,
    seed: Seed = 0,
    field: Fields = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help="A coordinate of the codes to fix, INDEX=VALUE; may be repeated"),
    ] = None,
) -> None:
    """Draw new codes from a latent model of a bundle and decode them."""
    from aegen.bundles import read
    from aegen.samplers import RowSampler

    # A fit that starts at random starts from the same place as in the app.
    model = read(bundle).model(sampler, rng=0, **parsed(sampler, field or []))
    title = model.sampler.title
    if given:
        model = model.condition(fixed(given), rng=0)
        if isinstance(model.sampler, RowSampler) and (caution := model.sampler.collapse()):
            typer.echo(f"Note: {caution}.", err=True)
    draw = model.sample(n, rng=seed)
    draw.save(out)
    typer.echo(f"{n} drawn from {title} on {bundle}: {out}")


def parsed(sampler: str, settings: list[str]) -> dict[str, Any]:
    """Fields of ``sampler`` from ``NAME=VALUE`` settings, checked.

    Raises:
        UnknownName: no such latent model or field.
        InvalidInput: a setting without "=", or a value out of range.
    """
    from aegen.samplers import samplers

    known = {parameter.name: parameter for parameter in samplers.parameters(sampler)}
    fields = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InvalidInput(f"--field must be NAME=VALUE, got {setting!r}")
        if name not in known:
            raise UnknownName(f"field of {sampler}", name, known)
        fields[name] = known[name].parse(value, sampler)
    return fields


def fixed(settings: list[str]) -> dict[int, float]:
    """Coordinates and values from ``INDEX=VALUE`` settings.

    Raises:
        InvalidInput: a setting of another form, or a coordinate given twice.

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
        given[coordinate] = number
    return given
