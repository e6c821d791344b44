"""`aegen walk`: a walk through latent space as a moving picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from aegen.commands.destination import require_file
from aegen.commands.progress_bar import patient
from aegen.commands.sample import BundleName
from aegen.core.errors import InvalidInput
from aegen.core.progress import portion

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["walk"]


def walk(
    bundle: BundleName,
    out: Annotated[Path, typer.Option(help="File to write: .webp or .gif")],
    row: Annotated[
        list[int] | None,
        typer.Option(min=0, help="Training row to go by; may be repeated, in order"),
    ] = None,
    path: Annotated[str, typer.Option(help="Between rows: straight, spherical or dense")] = (
        "straight"
    ),
    target: Annotated[
        str | None, typer.Option(help="What the one row becomes, instead: class=4, or hair=3")
    ] = None,
    reach: Annotated[float, typer.Option(help="How far it becomes that: 1 is the end")] = 1.0,
    points: Annotated[
        str | None,
        typer.Option(help="Line on a map, instead: '1,2 3,4 0.5,6'; --row is the plane's"),
    ] = None,
    projection: Annotated[
        str, typer.Option(help="The map: pca, umap, or two axes such as axes-0-1")
    ] = "pca",
    smoothing: Annotated[
        int | None,
        typer.Option(min=1, help="So many draws, from copies to independence, instead"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of these draws")] = 0,
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="Length, one way")] = 3.0,
    fps: Annotated[int, typer.Option(min=1, max=50, help="Frames a second")] = 20,
    ping_pong: Annotated[bool, typer.Option(help="And back again, for ever")] = False,
    scale: Annotated[int, typer.Option(min=1, max=32, help="Pixels of a pixel's side")] = 4,
) -> None:
    """Write a walk as a moving picture: between rows, of an edit, on a map, of smoothing."""
    require_file(out, ".webp", ".gif")
    from aegen.bundles import read
    from aegen.traversal import walks

    ways = {"--target": target, "--points": points, "--smoothing": smoothing}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise InvalidInput(f"a walk goes one way: give {' or '.join(given)}, not both")
    opened, frames, rows = read(bundle), max(2, round(seconds * fps)), row or []
    _require_frames(opened, smoothing or 1, frames, ping_pong=ping_pong, scale=scale)
    if not given and len(rows) < 2:
        raise InvalidInput(
            "a walk needs two rows or more, such as --row 3 --row 77; or --target, --points "
            "or --smoothing"
        )
    with patient():
        with portion(0.0, 0.5):
            if points is not None:
                through = rows[0] if rows else None
                ends = _points(points)
                found = walks.over_map(opened, projection, ends, frames, through=through)
            elif target is not None:
                found = walks.edit(opened, rows[0] if rows else 0, target, frames, reach=reach)
            elif smoothing is not None:
                found = walks.smoothing(opened, smoothing, frames, rng=seed)
            else:
                found = walks.between(opened, rows, frames, path=cast("Any", path))
        with portion(0.5, 1.0):
            found.save(out, fps=fps, ping_pong=ping_pong, scale=scale)
    typer.echo(f"Written: {out} ({len(found)} frames, {fps} a second)")


def _require_frames(bundle: Bundle, at_once: int, frames: int, **how: Any) -> None:
    """Refuse frames, each a grid of so many pictures, that no moving picture has room for."""
    from math import isqrt

    from aegen.figures.animation import require_animation

    h, w, _ = bundle.image_shape
    columns = isqrt(at_once - 1) + 1
    require_animation(frames, -(-at_once // columns) * (h + 1) - 1, columns * (w + 1) - 1, **how)


def _points(text: str) -> list[list[float]]:
    try:
        found = [[float(part) for part in point.split(",")] for point in text.split()]
    except ValueError:
        found = []
    if len(found) < 2 or any(len(point) != 2 for point in found):
        raise InvalidInput(f"points are at least two pairs such as '1,2 3,4', got {text!r}")
    return found
