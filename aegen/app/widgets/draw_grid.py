"""The pictures of a draw: each opens large, with the training row that it came from."""

from __future__ import annotations

from typing import Any

from aegen.app import services
from aegen.app.components.live import Live
from aegen.app.place import Place
from aegen.app.state import pictures
from aegen.app.state.draws import DrawChoices
from aegen.app.widgets import picture_grid
from aegen.core.images import quantize

__all__ = ["chosen", "grid"]


def grid(bundle: str, draw: Any, choices: DrawChoices, key: str, live: Live | None = None) -> None:
    """The pictures of ``draw``, with their nearest rows below where that is asked for.

    They follow sliders where ``live`` says which.
    """
    n = len(draw.codes)
    below, names = None, [f"picture {k + 1}" for k in range(n)]
    if choices.nearest.get():
        rows, distances = services.draws.nearest(bundle, draw.codes)
        below = services.images.sheet(bundle, tuple(int(row) for row in rows))
        names = [
            f"{name}, nearest row {row}, {distance:.2f} away"
            for name, row, distance in zip(names, rows, distances, strict=True)
        ]
    places = services.draws.places_of(bundle, draw.codes, draw.rows)
    _open_named(places, choices)
    picture_grid.picture_grid(
        quantize(draw.images),
        places.__getitem__,
        key=key,
        label="Draws",
        names=names,
        below=below,
        live=live,
    )


def chosen(bundle: str, draw: Any) -> int | None:
    """Which picture of ``draw`` is looked at, from 0."""
    looked = pictures.look.get()
    if looked is None or looked.source != "draw":
        return None
    places = services.draws.places_of(bundle, draw.codes, draw.rows)
    return places.index(looked) if looked in places else None


def _open_named(places: tuple[Place, ...], choices: DrawChoices) -> None:
    """Open the picture that a link names by its number, as links did once."""
    number = choices.picked.get()
    if number is not None:
        choices.picked.reset()
        if number < len(places) and pictures.look.get() is None:
            pictures.open_at(places[number])
