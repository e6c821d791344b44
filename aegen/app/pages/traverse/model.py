"""What Traverse shows: a place in latent space, pictures around it, a path to another; no widgets.

A place is small and hashable, and its lines of Python (``snippets``) do exactly what is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.app import services
from aegen.app.place import Place
from aegen.app.services.places import Reading, code_of, reading, readings
from aegen.core.arrays import FloatArray
from aegen.core.images import grid, png, quantize
from aegen.core.storage import npz

__all__ = [
    "STEPS_BETWEEN",
    "STOPS",
    "Interpolation",
    "Place",
    "Walk",
    "interpolation",
    "interpolation_npz",
    "interpolation_png",
    "picture_png",
    "walk",
    "walk_npz",
    "walk_png",
]

STOPS = (-3, -2, -1, 0, 1, 2, 3)
"""Where the pictures of a filmstrip stand, in standard deviations."""

STEPS_BETWEEN = 9
"""Pictures from one place to another."""


@dataclass(frozen=True, eq=False)
class Walk:
    """A place and what lies around it along each direction.

    Attributes:
        code: float64 (d,).
        image: float32 (h, w, c).
        strips: float32 (k, 7, h, w, c): along each direction, at `STOPS` from where it starts.
        readings: what the classifier sees in the image, most probable first.
        row: the nearest training row.
        distance: how far that is, in latent space.
        ratio: the distance over a held-out row's usual one; None without held-out rows.
    """

    code: FloatArray
    image: NDArray[np.float32]
    strips: NDArray[np.float32]
    readings: tuple[Reading, ...]
    row: int
    distance: float
    ratio: float | None


@dataclass(frozen=True, eq=False)
class Interpolation:
    """A path from place to place: codes (9, d), images (9, h, w, c), a reading each."""

    codes: FloatArray
    images: NDArray[np.float32]
    readings: tuple[Reading, ...]


def walk(place: Place, shown: int) -> Walk:
    """A place and its surroundings along the first ``shown`` directions, in one decoding."""
    z, images = code_of(place), services.places.strips(place, shown, STOPS)
    opened = services.bundles.bundle(place.bundle)
    rows, distances = services.draws.nearest(place.bundle, z[None])
    return Walk(
        z,
        images[0],
        images[1:].reshape(-1, len(STOPS), *images.shape[1:]),
        readings(place.bundle, images[:1]),
        int(rows[0]),
        float(distances[0]),
        opened.copying(z[None]).ratio if opened.manifest.holdout_rows else None,
    )


def interpolation(a: Place, b: Place, path: Any) -> Interpolation:
    """From ``a`` to ``b``: "straight", "spherical" around the middle, or "dense".

    Raises:
        InvalidInput: a spherical path between codes that lie opposite each other.
    """
    from aegen.traversal import dense_path, interpolate

    ends = code_of(a), code_of(b)
    if path == "dense":
        codes = dense_path(*ends, STEPS_BETWEEN, services.bundles.bundle(a.bundle).codes)
    else:
        centre = services.images.directions(a.bundle, "axes").mean
        codes = interpolate(*ends, STEPS_BETWEEN, kind=path, centre=centre)
    images = services.images.decode(a.bundle, codes)
    return Interpolation(codes, images, _readings_on(a.bundle, images))


def _readings_on(name: str, images: NDArray[np.float32]) -> tuple[Reading, ...]:
    """The attribute that changes most often, as seen in each image; empty without a classifier."""
    told = services.images.classify(name, images)
    if not told:
        return ()
    changes = {a: int((np.diff(shares.argmax(axis=1)) != 0).sum()) for a, shares in told.items()}
    attribute = max(told, key=changes.__getitem__)  # the first of equals
    return tuple(
        reading(name, attribute, int(row.argmax()), float(row.max())) for row in told[attribute]
    )


def picture_png(place: Place, shown: int) -> bytes:
    """The picture of a place, as its lines of Python write it."""
    return png(quantize(services.images.decode(place.bundle, code_of(place)[None])[0]))


def walk_png(place: Place, shown: int) -> bytes:
    """All filmstrips, one below the other."""
    strips = walk(place, shown).strips
    return png(grid(strips.reshape(-1, *strips.shape[2:]), columns=len(STOPS), gap=2, scale=2))


def walk_npz(place: Place, shown: int) -> bytes:
    """The place's code, the directions, the moves, and images, as arrays."""
    found = walk(place, shown)
    directions = services.images.directions(place.bundle, place.kind)
    moves = np.zeros(len(directions))
    for k, distance in place.moves:
        moves[k] = distance
    return npz(
        {
            "code": found.code,
            "image": found.image,
            "moves": moves,
            "sd": directions.sd,
            "vectors": directions.vectors,
            "stops": np.array(STOPS),
            "strips": found.strips,
        }
    )


def interpolation_png(a: Place, b: Place, path: str) -> bytes:
    """The strip, as its lines of Python write it."""
    return png(grid(interpolation(a, b, path).images, columns=STEPS_BETWEEN))


def interpolation_npz(a: Place, b: Place, path: str) -> bytes:
    """Its codes and images."""
    found = interpolation(a, b, path)
    return npz({"codes": found.codes, "images": found.images})
