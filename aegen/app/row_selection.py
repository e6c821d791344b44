"""Which rows a person means: those inside an area of a projection, or those with a value.

Both are small and hashable, so they can be cache keys, and have a short text, so that a link holds
them. `aegen.app.services.rows` finds the rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aegen.core.errors import UnknownName

__all__ = ["Area", "AttributeEquals", "Selection", "area", "axes_of", "parse", "python", "quoted"]

LONGEST = 160
"""Most vertices of an area that go into a link."""

MOST = 1000
"""Most vertices of any area: what is told by more is simplified."""

LOOKED_AT = 4000
"""Most vertices that are looked at, evenly chosen: to choose well among them costs a square."""


@dataclass(frozen=True)
class Area:
    """The rows inside a polygon that was drawn in a projection: "pca", "umap", "axes-0-1"."""

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
    return Area(projection, tuple(_outline(points, MOST) if len(points) > 12 else points))


def _outline(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most so many vertices of an outline, as near to it as they can be."""
    points = points[:: -(-len(points) // LOOKED_AT)]
    xs, ys = zip(*points, strict=True)
    tolerance = max(max(xs) - min(xs), max(ys) - min(ys)) / 1000
    middle = len(points) // 2
    while True:
        fewer = [
            *_simplified(points[: middle + 1], tolerance)[:-1],
            *_simplified([*points[middle:], points[0]], tolerance)[:-1],
        ]
        if len(fewer) < 3:  # a stroke along a line has no outline
            return points[:: -(-len(points) // most)]
        if len(fewer) <= most:
            return fewer
        tolerance *= 2


def parse(text: str) -> Selection:
    """The selection that a link's text stands for; an area of too many corners is simplified.

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
        points = [(x, y) for x, y in polygon]
        return Area(
            projection, tuple(points if len(points) <= LONGEST else _outline(points, LONGEST))
        )
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


def python(chosen: Selection) -> tuple[list[str], list[str]]:
    """Lines of Python that find the selected rows of ``bundle``: imports, and what they do."""
    if isinstance(chosen, AttributeEquals):
        found = f"bundle.attributes[{quoted(chosen.attribute)}].astype(str)"
        rows = f"rows = np.flatnonzero({found} == {quoted(chosen.value)})"
        return ["import numpy as np"], [rows]
    corners = ", ".join(f"({x:g}, {y:g})" for x, y in chosen.polygon)
    axes = axes_of(chosen.projection)
    where = f'projection("{chosen.projection}")' if axes is None else f"codes[:, {list(axes)}]"
    return ["import numpy as np", "from aegen.core.polygons import inside"], [
        f"polygon = [{corners}]",
        f"rows = np.flatnonzero(inside(bundle.{where}, polygon))",
    ]


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
    points = np.array(line)
    left = {0, len(line) - 1}
    stretches = [(0, len(line) - 1)]
    while stretches:
        first, last = stretches.pop()
        along, off = points[last] - points[first], points[first:last] - points[first]
        length = math.hypot(*along)
        distances = (
            abs(off[:, 0] * along[1] - off[:, 1] * along[0]) / length
            if length
            else np.hypot(*off.T)
        )
        furthest = first + int(distances.argmax()) if last > first else first
        if furthest != first and distances[furthest - first] > tolerance:
            left.add(furthest)
            stretches += [(first, furthest), (furthest, last)]
    return [line[k] for k in sorted(left)]
