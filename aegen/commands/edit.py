"""`aegen edit`: the path of one image to other attribute values, as a strip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from aegen.commands.destination import require_file
from aegen.commands.progress_bar import patient
from aegen.commands.sample import ENDS, BundleName
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["edit", "picture_code"]


def edit(
    bundle: BundleName,
    target: Annotated[str, typer.Argument(help="What it becomes: hair=3, or hair=3 and body=2")],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .png for the strip, .npz for arrays")
    ] = None,
    row: Annotated[int | None, typer.Option(min=0, help="Training row to start from [0]")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Picture of your own to start from, in place of a row")
    ] = None,
    kind: Annotated[str, typer.Option(help="effects, mean-difference or logistic")] = "effects",
    hold: Annotated[
        list[str] | None,
        typer.Option(
            help="An attribute that stays; may be repeated (effects: all others; else none)"
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=2, max=1000, help="Pictures of the strip")] = 9,
    reach: Annotated[float, typer.Option(help="Where it ends: 1 is the end of the path")] = 1.0,
) -> None:
    """Move a picture's code until it shows other attribute values, and say what else changed."""
    if out is not None:
        require_file(out, *ENDS)
    from aegen import targeting
    from aegen.bundles import read
    from aegen.core.images import require_grid

    if row is not None and picture is not None:
        raise InvalidInput("an edit starts from --row or from --picture, not from both")
    opened = read(bundle)
    if out is not None and out.suffix.lower() == ".png":
        require_grid(steps, opened.image_shape, columns=steps)
    start: Any = (row or 0) if picture is None else picture_code(opened, picture)
    with patient():
        found = targeting.edit(
            opened,
            start,
            target,
            kind=cast("targeting.Kind", kind),
            hold=hold or None,
            steps=steps,
            reach=reach,
        )
    typer.echo(f"{found.summary()}.")
    if out is not None:
        found.save(out)
        typer.echo(f"Written: {out}")


def picture_code(bundle: Bundle, path: Path) -> Any:
    """The code of a picture in a file, float64 (d,).

    Raises:
        StorageError: the file cannot be read.
        InvalidInput: it is no picture that can be used.
    """
    from aegen.core.image_upload import read_picture
    from aegen.core.storage import read_bytes

    found = read_picture(read_bytes(path), bundle.image_shape)
    return bundle.encode(found.image[None])[0]
