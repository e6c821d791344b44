"""Places in latent space that a person is at, and what the classifier sees there."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aegen.app.place import SOURCES, Place, at_code
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles, images, values
from aegen.app.services.cache import EACH, cached
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize

__all__ = [
    "Likeness",
    "Reading",
    "around",
    "between",
    "code_of",
    "is_there",
    "likeness",
    "moved",
    "reading",
    "near",
    "origin",
    "picture",
    "pictures",
    "readings",
    "readings_drawing",
    "seen",
    "settled",
    "strips",
    "varied",
]

Likeness = Literal["like the data", "at the edge of the data", "unlike the data"]

HELD_OUT = 1000
"""Held-out rows that a code's distance to its nearest training row is compared with."""

FAR, FARTHEST = 0.95, 0.99
"""Shares of held-out rows beyond which a code lies at the edge of the data, and outside."""

OFF, FARTHEST_OFF = 3.0, 6.0
"""How many times the mean error of held-out pictures is much, and too much: a rule of thumb, since
a bundle knows their mean only."""


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


def is_there(place: Place) -> bool:
    """Whether the bundle has a place."""
    try:
        code_of(place)
    except InvalidInput:
        return False
    return True


def settled(place: Place) -> Place:
    """The same place without moves: a code of its own."""
    return at_code(place.bundle, code_of(place), "moved") if place.moves else place


def origin(place: Place) -> str:
    """Where a picture comes from, in words."""
    if place.uploaded is not None:
        words = SOURCES[place.source]
    else:
        about = bundles.words_of(place.bundle, place.row or 0)
        words = f"Row {place.row:,}" + (f": {about}" if about else "")
    n = len(place.moves)
    return f"{words}; moved along {n} direction{'s' * (n > 1)}" if n else words


def picture(place: Place) -> ByteArray:
    """The picture at a place, uint8 (h, w, c)."""
    found: ByteArray = pictures(place.bundle, (place,))[0]
    return found


@cached(EACH, copied=True, megabytes=lambda: sharing().draw_megabytes)
def pictures(name: str, found: tuple[Place, ...]) -> ByteArray:
    """The pictures at places of a bundle, at least one, uint8 (k, h, w, c)."""
    return quantize(images.decode(name, np.stack([code_of(each) for each in found])))


def near(place: Place, k: int) -> tuple[IntArray, FloatArray]:
    """At most ``k`` training rows nearest to a place, without its own, and their distances."""
    opened = bundles.bundle(place.bundle)
    rows, distances = opened.neighbours().query(
        code_of(place)[None], min(k + 1, opened.manifest.rows)
    )
    others = rows[0] != (-1 if place.moves or place.uploaded is not None else place.row)
    return rows[0][others][:k], distances[0][others][:k]


@cached(EACH, megabytes=lambda: sharing().draw_megabytes)
def varied(place: Place, n: int, spread: float, seed: int) -> tuple[Place, ...]:
    """Variations of the picture at a place, as `aegen.traversal.variations` makes them."""
    from aegen.traversal import variations

    codes = variations(
        code_of(place), bundles.bundle(place.bundle).codes, n, spread=spread, rng=seed
    )
    return tuple(at_code(place.bundle, code, "variation") for code in codes)


def likeness(place: Place, original: ByteArray | None = None) -> tuple[Likeness | None, str]:
    """Whether a picture is like the data, and why in a sentence; None where nobody can tell.

    Told by the distance of its code to the nearest training row beside those of held-out rows
    and, where the ``original`` (h, w, c) is at hand, by what its reconstruction is off.
    """
    opened, said = bundles.bundle(place.bundle), []
    share = off = 0.0
    usual = _held_out_distances(place.bundle)
    mean = opened.manifest.reconstruction.get("mse_holdout")
    if len(usual):
        share = float((usual < near(place, 1)[1][0]).mean())
        where, of = ("nearer to", 1 - share) if share < 0.5 else ("farther from", share)
        said.append(
            f"its code lies {where} training rows than {100 * of:.0f} % of held-out pictures' do"
        )
    if original is not None and mean:
        error = float(np.square((original.astype(float) - picture(place)) / 255).mean())
        off = error / mean
        said.append(
            f"what comes back is off by {error:.3g} a pixel (mean square), {off:.2g} times the "
            "mean of held-out pictures"
        )
    if not said:
        return None, "nobody can tell whether it is like the data: there are no held-out rows here"
    much = share > FAR or off > OFF
    too_much = share > FARTHEST or off > FARTHEST_OFF
    word: Likeness = (
        "unlike the data" if too_much else "at the edge of the data" if much else "like the data"
    )
    return word, "; ".join(said)


@cached(12)
def _held_out_distances(name: str) -> FloatArray:
    """Distances of some held-out rows to their nearest training rows."""
    opened = bundles.bundle(name)
    n = len(opened.holdout)
    some = np.unique(np.linspace(0, n - 1, min(n, HELD_OUT)).astype(np.int64))
    return opened.nearest(opened.holdout[some])[1] if n else np.empty(0)


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


@cached(EACH)
def seen(place: Place) -> tuple[Reading, ...]:
    """What the classifier sees in the picture at a place; nothing without one."""
    return readings(place.bundle, images.decode(place.bundle, code_of(place)[None]))


def readings_drawing(found: tuple[Reading, ...]) -> str:
    """What the classifier sees, as a drawing of bars (SVG)."""
    from aegen.figures import bars

    several = len({one.attribute for one in found}) > 1
    names = [f"{one.attribute} {one.value}" if several else one.value for one in found]
    shares, pictures = [one.share for one in found], [one.picture for one in found]
    return bars(names, shares, pictures=pictures, title="the classifier sees")
