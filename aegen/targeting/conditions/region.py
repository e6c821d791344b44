"""Condition on the place in a projection: inside a polygon, such as a lasso or a box."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.polygons import corners, inside
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.target import Target, require_place

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Region", "box", "region"]


@dataclass(frozen=True)
class Region(Target):
    """A place inside a polygon of a projection, by the even-odd rule of `aegen.core.polygons`.

    In PCA and in two coordinates the place of a draw is exact. In UMAP it is that of the bundle's
    out-of-sample map, which puts a code between its 10 nearest training codes; see
    `aegen.projections` for how far that is from umap-learn's own.

    Attributes:
        projection: "pca", "umap", or two coordinates such as "axes-0-3".
        polygon: its corners.

    Example:
        >>> str(Region("umap", ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0))))
        'inside umap 1,2 3,4 5,6'
    """

    projection: str
    polygon: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        corners(np.array(self.polygon, dtype=np.float64).reshape(-1, 2))
        require_place("the corners of an area", self.polygon)

    def _check(self, bundle: Bundle) -> None:
        if _axes(self.projection, bundle.latent_dim) is None:
            known = bundle.manifest.projections
            if self.projection not in known:
                raise UnknownName(
                    f"projection of {bundle.name}", self.projection, [*known, "axes-0-1"]
                )

    def _weights(self, bundle: Bundle) -> FloatArray:
        axes = _axes(self.projection, bundle.latent_dim)
        place = bundle.projection(self.projection) if axes is None else bundle.codes[:, axes]
        return inside(place, self.polygon).astype(np.float64)

    def _accept(self, drawn: Candidates) -> FloatArray:
        bundle = drawn.bundle
        axes = _axes(self.projection, bundle.latent_dim)
        if len(drawn) == 0:
            return np.empty(0)
        place = (
            bundle.project(self.projection, drawn.codes) if axes is None else drawn.codes[:, axes]
        )
        return inside(place, self.polygon).astype(np.float64)

    def __str__(self) -> str:
        points = (f"{formatting.number(x)},{formatting.number(y)}" for x, y in self.polygon)
        return " ".join(["inside", self.projection, *points])


def region(projection: str, polygon: Sequence[Sequence[float]]) -> Region:
    """A region from corners as they come: lists, tuples or an array (k, 2).

    Raises:
        InvalidInput: fewer than 3 corners, or values that are not finite.

    Example:
        >>> region("pca", [[0, 0], [1, 0], [0, 1]]).polygon[1]
        (1.0, 0.0)
    """
    return Region(projection, tuple((float(x), float(y)) for x, y in corners(polygon)))


def box(projection: str, low: Sequence[float], high: Sequence[float]) -> Region:
    """The region between two opposite corners of a box.

    Raises:
        InvalidInput: the box has no area.

    Example:
        >>> str(box("pca", (0, 0), (2, 1)))
        'inside pca 0,0 2,0 2,1 0,1'
    """
    (x0, y0), (x1, y1) = low, high
    if not (x0 < x1 and y0 < y1):
        raise InvalidInput(
            f"a box must go from its lower left to its upper right corner, got {tuple(low)} to "
            f"{tuple(high)}"
        )
    return region(projection, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _axes(projection: str, d: int) -> list[int] | None:
    """The two coordinates that a name such as "axes-0-3" stands for, or None."""
    found = re.fullmatch(r"axes-(\d+)-(\d+)", projection)
    if found is None:
        return None
    axes = [int(found[1]), int(found[2])]
    if max(axes) >= d or axes[0] == axes[1]:
        raise InvalidInput(
            f"{projection} must name two of the coordinates 0 to {d - 1}, such as axes-0-1"
        )
    return axes
