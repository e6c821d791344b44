"""Where rows lie in a picture, and how they are coloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aegen.app.row_selection import axes_of
from aegen.app.services import values
from aegen.app.services.bundles import bundle, classes_of, column
from aegen.app.services.cache import cached
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.figures.small_map import Shade

__all__ = [
    "Labels",
    "coordinates",
    "density",
    "labels",
    "names",
    "project",
    "shade",
    "unproject",
]


@dataclass(frozen=True)
class Labels:
    """A colouring of all rows: codes of categories, or numbers on a scale.

    ``pictures`` are addresses of a typical picture of each category, where there are any.
    """

    values: NDArray[np.generic]
    categories: tuple[str, ...] | None
    title: str
    pictures: tuple[str, ...] = ()


@cached(24)
def coordinates(name: str, projection: str) -> FloatArray:
    """Where the training rows lie: in a projection, or on two latent axes ("axes-0-3")."""
    opened = bundle(name)
    axes = axes_of(projection)
    if axes is None:
        return opened.projection(projection)
    if max(axes) >= opened.latent_dim:
        raise InvalidInput(
            f"{opened.title} has latent axes 1 to {opened.latent_dim}, got {max(axes) + 1}"
        )
    chosen: FloatArray = np.ascontiguousarray(opened.codes[:, list(axes)])
    return chosen


def project(name: str, projection: str, z: FloatArray) -> FloatArray:
    """Where codes ``z`` lie in the same picture as `coordinates`."""
    axes = axes_of(projection)
    return bundle(name).project(projection, z) if axes is None else z[:, list(axes)]


def unproject(
    name: str, projection: str, points: FloatArray, row: int | None = None
) -> FloatArray:
    """Codes at ``points`` (k, 2), in the plane through a row or the mean, or between rows.

    The plane is exact on PCA and on latent axes; elsewhere codes are guessed from nearest rows.
    """
    from aegen.traversal.walks import codes_at

    opened = bundle(name)
    return codes_at(opened, projection, points, None if row is None else opened.codes[row])


@cached(24)
def labels(name: str, colour: str, projection: str) -> Labels | None:
    """The colouring of all rows by an attribute or by density; None for plain."""
    if colour == "plain":
        return None
    if colour == "density":
        return Labels(density(name, projection), None, "density")
    found, title = column(name, colour), bundle(name).manifest.title_of(colour)
    about = bundle(name).manifest.attributes[colour]
    if about.kind == "number":
        return Labels(found.to_numpy(np.float64), None, title)
    typical = values.pictures(name, colour)
    pictures = (typical.get(value, "").removesuffix(values.MARK) for value in about.classes)
    return Labels(
        classes_of(name, colour),
        tuple(map(about.title_of, about.classes)),
        title,
        tuple(pictures) if typical else (),
    )


@cached(24)
def names(name: str, colour: str, projection: str) -> list[tuple[str, int | None, float, float]]:
    """What groups of rows are called: text, value among those of the colouring, and place.

    By the attribute that colours the map; beside other colours by the one that names most.
    """
    own = labels(name, colour, projection)
    if own is not None and own.categories is not None:
        return _names(name, colour, projection, own.categories)
    best: tuple[float, list[tuple[str, int | None, float, float]]] = 0.0, []
    for attribute in bundle(name).manifest.attributes:
        told = labels(name, attribute, projection)
        if told is not None and told.categories:
            groups = _names(name, attribute, projection, told.categories)
            share = len({code for _, code, _, _ in groups}) / len(told.categories)
            best = max(best, (share, groups), key=lambda each: (each[0], -len(each[1])))
    return [(text, None, x, y) for text, _, x, y in best[1]]


def _names(
    name: str, attribute: str, projection: str, categories: tuple[str, ...]
) -> list[tuple[str, int | None, float, float]]:
    from aegen.figures.cluster_names import cluster_names

    found = labels(name, attribute, projection)
    assert found is not None
    groups = cluster_names(coordinates(name, projection), found.values)
    several = len(bundle(name).manifest.attributes) > 1
    title = bundle(name).manifest.title_of(attribute)
    start = f"{title} " if several and all(text.isdigit() for text in categories) else ""
    return [(f"{start}{categories[code]}", code, x, y) for code, x, y in groups]


@cached(12)
def density(name: str, projection: str) -> FloatArray:
    """How crowded it is around each row in the picture, 1 at most."""
    from aegen.figures import row_density

    return row_density(coordinates(name, projection))


@cached(12)
def shade(name: str, projection: str) -> Shade:
    """All rows as the quiet background of a small map."""
    from aegen.figures.small_map import shade

    return shade(coordinates(name, projection))
