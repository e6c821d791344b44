"""Places in latent space that a person is at, and what the classifier sees there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aegen.app.server.sharing import sharing
from aegen.app.services import bundles, images, values
from aegen.app.services.cache import EACH, cached
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize

__all__ = [
    "Place",
    "Reading",
    "around",
    "between",
    "code_of",
    "moved",
    "reading",
    "readings",
    "readings_drawing",
    "strips",
]


class Reading(NamedTuple):
    """An attribute, the value that the classifier sees, its probability, and a picture of it."""

    attribute: str
    value: str
    share: float
    picture: str = ""


def reading(name: str, attribute: str, k: int, share: float) -> Reading:
    """The ``k``-th value of an attribute, as people see it."""
    about = bundles.bundle(name).manifest
    value = about.attributes[attribute].classes[k]
    shown = values.pictures(name, attribute).get(value, "")
    return Reading(about.title_of(attribute), about.title_of(attribute, value), share, shown)


@dataclass(frozen=True)
class Place:
    """A place in a bundle's latent space: where it starts, and moves from there.

    Attributes:
        bundle: the bundle's name.
        row: the training row that it starts from, where it does.
        uploaded: a code that it starts from instead: of a person's own picture, or of a point.
        kind: the directions it moves along: "principal" or "axes".
        moves: (direction from 0, standard deviations) each.
        point: whether that code is of a point that was chosen on the pad.
    """

    bundle: str
    row: int | None
    uploaded: tuple[float, ...] | None = None
    kind: str = "principal"
    moves: tuple[tuple[int, float], ...] = ()
    point: bool = False


def code_of(place: Place) -> FloatArray:
    """The code of a place, float64 (d,).

    Raises:
        InvalidInput: a row or a direction that is not there, or a code of another dimension.
    """
    opened = bundles.bundle(place.bundle)
    if place.uploaded is not None:
        z = np.array(place.uploaded, np.float64)
        if len(z) != opened.latent_dim:
            raise InvalidInput(f"codes here have {opened.latent_dim} numbers, got {len(z)}")
    else:
        rows = opened.manifest.rows
        if place.row is None or not 0 <= place.row < rows:
            raise InvalidInput(f"{opened.title} has rows 0 to {rows - 1:,}, got {place.row}")
        z = opened.codes[place.row].copy()
    directions = images.directions(place.bundle, place.kind)
    for k, distance in place.moves:
        if k >= len(directions):
            raise InvalidInput(f"there are {len(directions)} directions here, got {k + 1}")
        z += distance * directions.sd[k] * directions.vectors[k]
    return z


def moved(
    place: Place, pair: tuple[tuple[str, int], tuple[str, int]], at: tuple[float, float]
) -> FloatArray:
    """The code (d,) at so many deviations along two directions (kind, number) from a place.

    Raises:
        InvalidInput: a direction that is not there.
    """
    z = code_of(place)
    for (kind, k), distance in zip(pair, at, strict=True):
        directions = images.directions(place.bundle, kind)
        if k >= len(directions):
            raise InvalidInput(f"there are {len(directions)} directions of {kind}, got {k + 1}")
        z = z + distance * directions.sd[k] * directions.vectors[k]
    return z


@cached(EACH, megabytes=lambda: sharing().draw_megabytes)
def between(
    place: Place,
    pair: tuple[tuple[str, int], tuple[str, int]],
    points: tuple[tuple[float, float], ...],
) -> ByteArray:
    """Pictures at points of the plane of two directions, uint8 (k, h, w, c)."""
    codes = np.stack([moved(place, pair, at) for at in points])
    return quantize(images.decode(place.bundle, codes))


@cached(EACH, megabytes=lambda: sharing().draw_megabytes)
def strips(place: Place, shown: int, stops: tuple[float, ...]) -> NDArray[np.float32]:
    """The picture at a place, and after it those at ``stops`` along its first directions.

    Returns:
        float32 (1 + shown len(stops), h, w, c), in one decoding.
    """
    kind = images.directions(place.bundle, place.kind)
    z, moves, along = code_of(place), dict(place.moves), np.array(stops)
    codes = [
        z + ((along - moves.get(k, 0.0)) * kind.sd[k])[:, None] * kind.vectors[k]
        for k in range(min(shown, len(kind)))
    ]
    return images.decode(place.bundle, np.concatenate([z[None], *codes]))


def around(
    place: Place, across: tuple[str, int], up: tuple[str, int], side: int, furthest: float
) -> ByteArray:
    """A square of ``side`` x ``side`` pictures around a place, the top row first."""
    stops = np.linspace(-furthest, furthest, side).tolist()
    points = tuple((x, y) for y in reversed(stops) for x in stops)
    return between(place, (across, up), points)


def readings(name: str, image: NDArray[np.float32]) -> tuple[Reading, ...]:
    """The four most probable values of a single attribute, or the most probable of each."""
    told = images.classify(name, image)
    each = 4 if len(told) == 1 else 1
    return tuple(
        reading(name, attribute, int(k), float(shares[0, k]))
        for attribute, shares in told.items()
        for k in np.argsort(-shares[0], kind="stable")[:each]
    )


def readings_drawing(found: tuple[Reading, ...]) -> str:
    """What the classifier sees, as a drawing of bars (SVG)."""
    from aegen.figures import bars

    several = len({one.attribute for one in found}) > 1
    names = [f"{one.attribute} {one.value}" if several else one.value for one in found]
    shares, pictures = [one.share for one in found], [one.picture for one in found]
    return bars(names, shares, pictures=pictures, title="the classifier sees")
