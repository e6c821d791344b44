"""Traverse for a paper: filmstrips of directions, the path between pictures, their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from aegen.app import services
from aegen.app.pages.traverse.model import (
    STEPS_BETWEEN,
    STOPS,
    interpolation,
    walk,
)
from aegen.app.place import Place
from aegen.app.services.places import origin
from aegen.app.widgets.for_paper import Exhibit, Material, made_by
from aegen.core.text_table import TextTable

__all__ = ["of_directions", "of_path"]


def of_directions(at: Place, shown: int) -> Material:
    """The picture's surroundings along directions."""
    title = services.bundles.bundle(at.bundle).title
    said = (
        f"Decoded codes of {title}, from {_lower(origin(at))}, moved along directions of latent "
        "space by so many standard deviations."
    )
    return Material(
        f"{at.bundle}-directions",
        (
            Exhibit(
                "filmstrips", "Along directions of latent space", lambda: _strips(at, shown), None
            ),
        ),
        (Exhibit("directions", "Directions of latent space", lambda: _directions(at)),),
        made_by(said, None),
        lambda: ["pearson1901"] if at.kind == "principal" else [],
    )


def of_path(a: Place, b: Place, path: str, command: str | None) -> Material:
    """The way from one picture to another."""
    title = services.bundles.bundle(a.bundle).title
    said = f"From {_lower(origin(a))} to {_lower(origin(b))} of {title}, path: {path}."
    return Material(
        f"{a.bundle}-path",
        (Exhibit("strip", "From one picture to another", lambda: _path(a, b, path), None),),
        (Exhibit("steps", "What is seen on the path", lambda: _steps(a, b, path)),),
        made_by(said, command),
        list,
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _strips(at: Place, shown: int) -> str:
    from aegen.figures.image_table import image_table

    names = services.images.direction_names(at.bundle, at.kind)[:shown]
    stops = [f"{stop:+d}".replace("-", "\u2212") if stop else "0" for stop in STOPS]
    found = walk(at, shown).strips
    return image_table(found, rows=names[: len(found)], columns=stops, title="Along directions")


def _directions(at: Place) -> TextTable:
    known = services.images.directions(at.bundle, at.kind)
    names = services.images.direction_names(at.bundle, at.kind)
    means = services.images.attribute_associations(at.bundle, at.kind)
    rows: list[Any] = []
    for k, name in enumerate(names):
        most = means[k] if k < len(means) else None
        told = (most.attribute, 100 * most.share) if most is not None else ("", None)
        rows.append((name, float(known.sd[k]), 100 * float(known.share[k]), *told))
    head = ("direction", "standard deviation", "variance %", "attribute", "explains %")
    return TextTable(head, tuple(rows))


def _path(a: Place, b: Place, path: str) -> str:
    from aegen.figures.image_table import image_table

    found = interpolation(a, b, path)
    seen = [reading.value for reading in found.readings]
    return image_table(found.images[None], columns=seen, title="From one picture to another")


def _steps(a: Place, b: Place, path: str) -> TextTable:
    """How far each step is, and what the classifier sees there."""
    found = interpolation(a, b, path)
    way = np.linalg.norm(np.diff(found.codes, axis=0), axis=1).cumsum()
    rows = []
    for k in range(STEPS_BETWEEN):
        seen = found.readings[k] if found.readings else None
        told = ("", "", None) if seen is None else (seen.attribute, seen.value, 100 * seen.share)
        rows.append((k + 1, float(way[k - 1]) if k else 0.0, *told))
    head = ("step", "distance", "attribute", "value", "probability %")
    return TextTable(head, tuple(rows))
