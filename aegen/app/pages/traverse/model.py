"""What Traverse shows: a place in latent space, the pictures around it, the way to another place.

No widgets here: ``sliders.py`` asks for it. A place is small and hashable, and its lines of Python
do exactly what is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.app import services
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.images import grid, png, quantize
from aegen.core.storage import npz

__all__ = [
    "STEPS_BETWEEN",
    "STOPS",
    "Interpolation",
    "Near",
    "Place",
    "Reading",
    "Walk",
    "code_of",
    "interpolation",
    "origin",
    "interpolation_npz",
    "interpolation_png",
    "interpolation_python",
    "picture_png",
    "walk",
    "walk_npz",
    "walk_png",
    "walk_python",
]

STOPS = (-3, -2, -1, 0, 1, 2, 3)
"""Where the pictures of a filmstrip stand, in standard deviations."""

STEPS_BETWEEN = 9
"""Pictures from one place to another."""

Reading = tuple[str, str, float]
"""An attribute, the value that the classifier sees, and its probability."""


@dataclass(frozen=True)
class Place:
    """A place in a bundle's latent space: where it starts, and moves from there.

    Attributes:
        bundle: the bundle's name.
        row: the training row that it starts from, where it does.
        uploaded: the code of a person's own picture, where it starts from one.
        kind: the directions it moves along: "principal" or "axes".
        moves: (direction from 0, standard deviations) each.
    """

    bundle: str
    row: int | None
    uploaded: tuple[float, ...] | None = None
    kind: str = "principal"
    moves: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Near:
    """The nearest training row.

    Attributes:
        row: which.
        distance: how far, in latent space.
        ratio: the distance over a held-out row's usual one; None without held-out rows.
    """

    row: int
    distance: float
    ratio: float | None


@dataclass(frozen=True, eq=False)
class Walk:
    """A place and what lies around it along each direction.

    Attributes:
        code: float64 (d,).
        image: float32 (h, w, c).
        strips: float32 (k, 7, h, w, c): along each direction, at `STOPS` from where it starts.
        readings: what the classifier sees in the image, most probable first.
        near: the nearest training row.
    """

    code: FloatArray
    image: NDArray[np.float32]
    strips: NDArray[np.float32]
    readings: tuple[Reading, ...]
    near: Near


@dataclass(frozen=True, eq=False)
class Interpolation:
    """The way from one place to another: codes (9, d), images (9, h, w, c), a reading each."""

    codes: FloatArray
    images: NDArray[np.float32]
    readings: tuple[Reading, ...]


def code_of(place: Place) -> FloatArray:
    """The code of a place, float64 (d,).

    Raises:
        InvalidInput: a row that is not there.
    """
    opened = services.bundles.bundle(place.bundle)
    if place.uploaded is not None:
        z = np.array(place.uploaded)
    else:
        rows = opened.manifest.rows
        if place.row is None or not 0 <= place.row < rows:
            raise InvalidInput(f"{opened.title} has rows 0 to {rows - 1:,}, got {place.row}")
        z = opened.codes[place.row].copy()
    directions = services.images.directions(place.bundle, place.kind)
    for k, distance in place.moves:
        z += distance * directions.sd[k] * directions.vectors[k]
    return z


def origin(at: Place) -> str:
    """Where the picture comes from, in words."""
    if at.uploaded is not None:
        origin = "Your picture, as it comes back"
    else:
        known = services.bundles.sample_of(at.bundle, at.row or 0)
        about = ", ".join(f"{key} {value}" for key, value in known.items())
        origin = f"Row {at.row:,}" + (f": {about}" if about else "")
    if not at.moves:
        return origin
    n = len(at.moves)
    return f"{origin}; moved along {n} direction{'s' * (n > 1)}"


def walk(place: Place, shown: int) -> Walk:
    """A place and its surroundings along the first ``shown`` directions, in one decoding."""
    directions = services.images.directions(place.bundle, place.kind)
    z, moved = code_of(place), dict(place.moves)
    stops = np.array(STOPS, np.float64)
    around = [
        z + ((stops - moved.get(k, 0.0)) * directions.sd[k])[:, None] * directions.vectors[k]
        for k in range(min(shown, len(directions)))
    ]
    images = services.images.decode(place.bundle, np.concatenate([z[None], *around]))
    return Walk(
        z,
        images[0],
        images[1:].reshape(len(around), len(STOPS), *images.shape[1:]),
        _readings(place.bundle, images[:1]),
        _near(place.bundle, z),
    )


def _readings(name: str, image: NDArray[np.float32]) -> tuple[Reading, ...]:
    """The four most probable values of a single attribute, or the most probable of each."""
    told = services.images.classify(name, image)
    attributes = services.bundles.bundle(name).manifest.attributes
    each = 4 if len(told) == 1 else 1
    return tuple(
        (attribute, attributes[attribute].values[k], float(shares[0, k]))
        for attribute, shares in told.items()
        for k in np.argsort(-shares[0], kind="stable")[:each]
    )


def _near(name: str, z: FloatArray) -> Near:
    rows, distances = services.draws.nearest(name, z[None])
    opened = services.bundles.bundle(name)
    ratio = opened.copying(z[None]).ratio if opened.manifest.holdout_rows else None
    return Near(int(rows[0]), float(distances[0]), ratio)


def interpolation(a: Place, b: Place, way: str) -> Interpolation:
    """The way from ``a`` to ``b``: "straight", "spherical" around the middle, or "dense".

    Raises:
        InvalidInput: a spherical way between codes that lie opposite each other.
    """
    codes = _codes_between(a, b, way)
    images = services.images.decode(a.bundle, codes)
    return Interpolation(codes, images, _readings_on(a.bundle, images))


def _codes_between(a: Place, b: Place, way: str) -> FloatArray:
    from aegen.traversal import dense_path, interpolate

    if way == "dense":
        return dense_path(
            code_of(a), code_of(b), STEPS_BETWEEN, services.bundles.bundle(a.bundle).codes
        )
    centre = services.images.directions(a.bundle, "axes").mean
    kind: Any = way
    return interpolate(code_of(a), code_of(b), STEPS_BETWEEN, kind=kind, centre=centre)


def _readings_on(name: str, images: NDArray[np.float32]) -> tuple[Reading, ...]:
    """What the classifier sees in each image, of the attribute that changes most often.

    Empty without a classifier.
    """
    told = services.images.classify(name, images)
    if not told:
        return ()
    changes = {a: int((np.diff(shares.argmax(axis=1)) != 0).sum()) for a, shares in told.items()}
    attribute = max(told, key=changes.__getitem__)  # the first of equals
    values = services.bundles.bundle(name).manifest.attributes[attribute].values
    return tuple((attribute, values[row.argmax()], float(row.max())) for row in told[attribute])


# as Python

DIRECTIONS = {"principal": "principal_directions", "axes": "latent_axes"}


def walk_python(place: Place) -> str:
    """The picture of a place in Python, to the last bit.

    Example:
        >>> print(walk_python(Place("mnist", 4711, moves=((0, 1.5),))))
        from pathlib import Path
        import aegen
        from aegen.core.images import png, quantize
        from aegen.traversal import principal_directions
        <BLANKLINE>
        bundle = aegen.load("mnist")
        directions = principal_directions(bundle.codes)
        z = bundle.codes[4711].copy()
        z += 1.5 * directions.sd[0] * directions.vectors[0]  # direction 1
        image = bundle.decode(z[None])[0]
        Path("picture.png").write_bytes(png(quantize(image)))
    """
    return _script(
        ["png", "quantize"],
        {DIRECTIONS[place.kind]} if place.moves else set(),
        place,
        [
            *_lines("z", place),
            "image = bundle.decode(z[None])[0]",
            'Path("picture.png").write_bytes(png(quantize(image)))',
        ],
    )


def interpolation_python(a: Place, b: Place, way: str) -> str:
    """The way between two places in Python, to the last bit."""
    used = {DIRECTIONS[place.kind] for place in (a, b) if place.moves}
    more = "" if way == "straight" else ', kind="spherical", centre=bundle.codes.mean(axis=0)'
    between = f"codes = interpolate(a, b, {STEPS_BETWEEN}{more})"
    if way == "dense":
        between = f"codes = dense_path(a, b, {STEPS_BETWEEN}, bundle.codes)"
    return _script(
        ["grid", "png"],
        {*used, "dense_path" if way == "dense" else "interpolate"},
        a,
        [
            *_lines("a", a),
            *_lines("b", b),
            between,
            "images = bundle.decode(codes)",
            f'Path("strip.png").write_bytes(png(grid(images, columns={STEPS_BETWEEN})))',
        ],
    )


def _script(pictures: list[str], ways: set[str], place: Place, lines: list[str]) -> str:
    numpy = any("np." in line for line in lines)
    return "\n".join(
        [
            "from pathlib import Path",
            *(["import numpy as np"] if numpy else []),
            "import aegen",
            f"from aegen.core.images import {', '.join(pictures)}",
            *([f"from aegen.traversal import {', '.join(sorted(ways))}"] if ways else []),
            "",
            f'bundle = aegen.load("{place.bundle}")',
            *lines,
        ]
    )


def _lines(name: str, place: Place) -> list[str]:
    """Lines that define the code of a place."""
    start = (
        f"bundle.codes[{place.row}].copy()"
        if place.uploaded is None
        else f"np.array([{', '.join(repr(v) for v in place.uploaded)}])"
    )
    made = [f"directions = {DIRECTIONS[place.kind]}(bundle.codes)"] if place.moves else []
    word = "direction" if place.kind == "principal" else "axis"
    moves = [
        f"{name} += {distance} * directions.sd[{k}] * directions.vectors[{k}]  # {word} {k + 1}"
        for k, distance in place.moves
    ]
    return [*made, f"{name} = {start}", *moves]


# files


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


def interpolation_png(a: Place, b: Place, way: str) -> bytes:
    """The strip, as its lines of Python write it."""
    return png(grid(interpolation(a, b, way).images, columns=STEPS_BETWEEN))


def interpolation_npz(a: Place, b: Place, way: str) -> bytes:
    """Codes and images of the way."""
    found = interpolation(a, b, way)
    return npz({"codes": found.codes, "images": found.images})
