"""Which rows a person means: those inside an area of a projection, or those with a value.

Both are small and hashable, so they can be cache keys, and have a short text, so that a link holds
them. `aegen.app.services` finds the rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from aegen.core.errors import UnknownName

__all__ = [
    "Area",
    "AttributeEquals",
    "Selection",
    "area",
    "axes_of",
    "parse",
    "python_imports",
    "python_rows",
    "quoted",
]

LONGEST = 160
"""Most vertices of an area that go into a link."""


@dataclass(frozen=True)
class Area:
    """The rows inside a polygon.

    Attributes:
        projection: the projection it was drawn in: "pca", "umap", "axes-0-1".
        polygon: its vertices.
    """

    projection: str
    polygon: tuple[tuple[float, float], ...]

    def text(self) -> str:
        """Its text in a link; "" where it has too many vertices for one."""
        if len(self.polygon) > LONGEST:
            return ""
        return "~".join([self.projection, *(f"{x:.6g},{y:.6g}" for x, y in self.polygon)])

    def words(self) -> str:
        """What it is, in a sentence."""
        return f"the area drawn on the {self.projection.upper().replace('-', ' ')} map"


@dataclass(frozen=True)
class AttributeEquals:
    """The rows whose attribute has a value."""

    attribute: str
    value: str

    def text(self) -> str:
        """Its text in a link."""
        return f"{self.attribute}={self.value}"

    def words(self) -> str:
        """What it is, in a sentence."""
        return f"{self.attribute} {self.value}"


Selection = Area | AttributeEquals


def area(projection: str, polygon: Sequence[Sequence[float]]) -> Area:
    """An area as drawn by hand, without vertices that do not change its outline visibly.

    A drawn outline has a vertex every few pixels. What lies within a thousandth of the area's own
    size of the straight line between its neighbours is left out, so that a link can hold it; what
    is left is the area from then on, in the link and in the count alike.
    """
    points = [(_rounded(x), _rounded(y)) for x, y in polygon]
    if len(points) > 12:
        xs, ys = zip(*points, strict=True)
        size = max(max(xs) - min(xs), max(ys) - min(ys))
        middle = len(points) // 2
        fewer = [
            *_simplified(points[: middle + 1], size / 1000)[:-1],
            *_simplified([*points[middle:], points[0]], size / 1000)[:-1],
        ]
        points = fewer if len(fewer) >= 3 else points  # a stroke along a line has no outline
    return Area(projection, tuple(points))


def parse(text: str) -> Selection:
    """The selection that a link's text stands for.

    Raises:
        ValueError: it stands for none.

    Example:
        >>> parse("class=4")
        AttributeEquals(attribute='class', value='4')
    """
    if "~" in text:
        projection, *corners = text.split("~")
        polygon = [tuple(float(part) for part in corner.split(",")) for corner in corners]
        if len(polygon) < 3 or any(len(corner) != 2 for corner in polygon):
            raise ValueError("an area needs at least 3 corners x,y")
        if not all(math.isfinite(part) for corner in polygon for part in corner):
            raise ValueError("an area needs finite corners")
        return Area(projection, tuple((x, y) for x, y in polygon))
    attribute, sign, value = text.partition("=")
    if not (attribute and sign):
        raise ValueError("neither an area nor attribute=value")
    return AttributeEquals(attribute, value)


def axes_of(projection: str) -> tuple[int, int] | None:
    """The two coordinates that "axes-0-3" names."""
    if not projection.startswith("axes-"):
        return None
    try:
        first, second = (int(part) for part in projection.split("-")[1:])
    except ValueError:
        raise UnknownName("projection", projection, ["pca", "umap", "axes-0-1"]) from None
    return first, second


def python_imports(chosen: Selection) -> list[str]:
    """What the lines of `python_rows` import."""
    inside = ["from aegen.core.polygons import inside"] if isinstance(chosen, Area) else []
    return ["import numpy as np", *inside]


def python_rows(chosen: Selection) -> list[str]:
    """Lines of Python that find the selected rows of ``bundle``."""
    if isinstance(chosen, AttributeEquals):
        return [
            f"rows = np.flatnonzero(bundle.attributes[{quoted(chosen.attribute)}].astype(str) "
            f"== {quoted(chosen.value)})"
        ]
    corners = ", ".join(f"({x:g}, {y:g})" for x, y in chosen.polygon)
    axes = axes_of(chosen.projection)
    where = (
        f'bundle.projection("{chosen.projection}")'
        if axes is None
        else f"bundle.codes[:, [{axes[0]}, {axes[1]}]]"
    )
    return [f"polygon = [{corners}]", f"rows = np.flatnonzero(inside({where}, polygon))"]


def quoted(text: str) -> str:
    """A text as Python has it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _simplified(line: list[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """``line`` with fewer vertices, none further than ``tolerance`` from the new line.

    Source: D. Douglas and T. Peucker, "Algorithms for the reduction of the number of points
    required to represent a digitized line or its caricature", Cartographica 10(2), 1973.
    """
    kept = {0, len(line) - 1}
    stretches = [(0, len(line) - 1)]
    while stretches:
        first, last = stretches.pop()
        (x0, y0), (x1, y1) = line[first], line[last]
        length = math.hypot(x1 - x0, y1 - y0)
        furthest, distance = first, tolerance
        for k in range(first + 1, last):
            x, y = line[k]
            off = (
                abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
                if length
                else math.hypot(x - x0, y - y0)
            )
            if off > distance:
                furthest, distance = k, off
        if furthest != first:
            kept.add(furthest)
            stretches += [(first, furthest), (furthest, last)]
    return [line[k] for k in sorted(kept)]
