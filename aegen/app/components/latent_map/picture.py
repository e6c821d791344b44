"""What a map shows, checked once: the same record feeds the WebGL view and its replacement."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.figures.colour_scale import Scale, stops
from aegen.figures.palette import SCALE, category_colours

__all__ = ["Atlas", "Picture", "picture"]

Coordinates = NDArray[np.float32]
Name = tuple[str, int | None, float, float]

RESOLVED = 1e-4
"""Of the range of numbers: what single precision may be wrong by before they travel in double."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """An image of ``count`` tiles, row by row; tile i shows point ``rows[i]``, or point i."""

    image: bytes
    columns: int
    tile_height: int
    tile_width: int
    count: int
    rows: NDArray[np.int32] | None


@dataclass(frozen=True, eq=False)
class Picture:
    """Points with their colours, draws and tiles, all checked.

    ``labels`` are codes into ``categories`` (kind "category"), numbers (kind "value"), or None.
    ``pictures`` are addresses of a picture a category, "" for none; or there are none at all.
    ``palette`` holds a colour a category, or those of the scale, which stand for the values of
    ``stops``. ``names`` are (text, category or None, x, y).
    """

    points: Coordinates
    kind: Literal["category", "value"] | None
    labels: NDArray[np.uint16] | NDArray[np.floating] | None
    categories: tuple[str, ...]
    pictures: tuple[str, ...]
    palette: tuple[str, ...]
    title: str
    scale: Scale
    stops: tuple[float, ...]
    names: tuple[Name, ...]
    draws: Coordinates | None
    draw_codes: NDArray[np.float32] | None
    contours: tuple[tuple[float, Coordinates], ...] | None
    chosen: NDArray[np.int32] | None
    text: tuple[str, ...] | None
    atlas: Atlas | None

    @property
    def beyond(self) -> tuple[bool, bool]:
        """Whether some numbers lie below, and above, the ends of the scale."""
        if self.kind != "value" or self.labels is None or not len(self.labels):
            return False, False
        return bool(self.labels.min() < self.stops[0]), bool(self.labels.max() > self.stops[-1])

    @property
    def counts(self) -> list[int]:
        """How many points each category has."""
        if self.kind != "category" or self.labels is None:
            return []
        found = np.bincount(self.labels, minlength=len(self.categories))
        return [int(count) for count in found]

    def label(self, row: int) -> str:
        """What the map says of a point, in words."""
        if self.labels is None:
            return ""
        value = self.labels[row]
        if self.kind == "category":
            name = self.categories[int(value)]
        else:
            name = reading(float(value), self.stops)
        return f"{self.title} {name}".strip()


def reading(value: float, stops: Sequence[float]) -> str:
    """A number in as many digits as tell it from others on its scale.

    Example:
        >>> reading(0.12345, (0.0, 1.0)), reading(1e9 + 0.001, (1e9 - 0.01, 1e9 + 0.01))
        ('0.123', '1,000,000,000.0010')
    """
    span, size = abs(stops[-1] - stops[0]), max(abs(stops[0]), abs(stops[-1]))
    if not 0 < span < size / 100:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(span)))}f}"


def picture(
    points: NDArray[np.floating],
    *,
    labels: NDArray[np.generic] | None = None,
    categories: Sequence[str] | None = None,
    pictures: Sequence[str] = (),
    palette: Sequence[str] | None = None,
    label_title: str = "",
    scale: Scale = "even",
    names: Sequence[Name] = (),
    draws: NDArray[np.floating] | None = None,
    draw_codes: FloatArray | None = None,
    contours: Sequence[tuple[float, FloatArray | Coordinates]] | None = None,
    chosen: NDArray[np.integer] | None = None,
    hover_text: Sequence[str] | None = None,
    thumbnails: bytes | None = None,
    atlas: tuple[int, int, int, int] | None = None,
    atlas_rows: NDArray[np.integer] | None = None,
) -> Picture:
    """The checked picture of a map.

    Args:
        points: (n, 2) data coordinates, one row a point.
        labels: (n,) integer codes into ``categories``, or floats for a continuous scale.
        categories: the names of the codes, in order; without it the codes name themselves. The
            legend's entries switch categories on and off, in the view alone: the polygon holds
            hidden points too (``MapSelection.hidden`` says which were).
        pictures: addresses of one picture a category, shown beside its name; "" for none.
        palette: ``#rrggbb`` colours, one a category or those of the scale.
        label_title: what the labels are: "class".
        scale: how colours go with float labels; see `aegen.figures.colour_scale`.
        names: (text, category or None, x, y), written over the points.
        draws: (m, 2) a latent model's draws in the same coordinates, laid over as rings.
        draw_codes: (m, d) their codes, by which hovering shows their pictures.
        contours: lines laid over as well, each the share of a whole that it holds, between 0 and
            1, and its vertices (k, 2).
        chosen: rows to stress, the others are dimmed; apart from ``polygon``.
        thumbnails: an image (webp or png) of tiles, row by row, shown when a point is hovered.
        atlas: (columns, tile height, tile width, count) of ``thumbnails``.
        atlas_rows: (count,) the point that each tile shows; None where tile i shows point i.
        hover_text: (n,) a small line more for each point's card.

    Raises:
        InvalidInput: shapes that do not fit together, values that are not finite, codes without
            a category, colours that are not ``#rrggbb``.
    """
    xy = _coordinates(points, "points")
    if hover_text is not None and len(hover_text) != len(xy):
        raise InvalidInput(f"hover_text must have {len(xy)} entries, got {len(hover_text)}")
    kind, values, known = _labels(labels, categories, len(xy))
    if pictures and len(pictures) != len(known):
        raise InvalidInput(f"pictures must be {len(known)}, one a category, got {len(pictures)}")
    if draw_codes is not None and (draws is None or len(draw_codes) != len(draws)):
        raise InvalidInput("draw_codes must be as many as draws")
    return Picture(
        points=xy,
        kind=kind,
        labels=values,
        categories=known,
        pictures=tuple(pictures),
        palette=_colours(palette, kind, len(known)),
        title=label_title,
        scale=scale,
        stops=stops(values, scale) if kind == "value" and values is not None else (0.0, 1.0),
        names=tuple(names),
        draws=None if draws is None else _coordinates(draws, "draws"),
        draw_codes=None if draw_codes is None else np.asarray(draw_codes, np.float32),
        contours=None if contours is None else _contours(contours),
        chosen=None if chosen is None else _rows(chosen, len(xy), "chosen"),
        text=None if hover_text is None else tuple(str(text) for text in hover_text),
        atlas=_atlas(thumbnails, atlas, atlas_rows, len(xy)),
    )


def _coordinates(xy: NDArray[np.floating], name: str) -> Coordinates:
    array = np.asarray(xy)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "fiu":
        raise InvalidInput(f"{name} must be numbers of shape (n, 2), got {array.shape}")
    # Contiguous float32, as the browser wants them; no copy where they are that already.
    single = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(single).all():
        raise InvalidInput(f"{name} must be finite, but some are NaN or infinite")
    return single


def _contours(
    lines: Sequence[tuple[float, FloatArray | Coordinates]],
) -> tuple[tuple[float, Coordinates], ...]:
    found = tuple((float(share), _coordinates(line, "contours")) for share, line in lines)
    if not all(0 < share < 1 for share, _ in found):
        raise InvalidInput("shares of contours must lie between 0 and 1")
    return found


def _rows(
    rows: NDArray[np.integer], n: int, name: str, count: int | None = None
) -> NDArray[np.int32]:
    index = np.asarray(rows)
    shape = index.shape if count is None else (count,)
    if index.ndim != 1 or index.shape != shape or index.dtype.kind not in "iu":
        wanted = "row numbers of shape (k,)" if count is None else f"{count} row numbers"
        raise InvalidInput(f"{name} must be {wanted}, got shape {index.shape}")
    if len(index) and (index.min() < 0 or index.max() >= n):
        raise InvalidInput(f"{name} must lie from 0 to {n - 1}")
    return index.astype(np.int32)


def _labels(
    labels: NDArray[np.generic] | None, categories: Sequence[str] | None, n: int
) -> tuple[
    Literal["category", "value"] | None,
    NDArray[np.uint16] | NDArray[np.floating] | None,
    tuple[str, ...],
]:
    if labels is None:
        return None, None, ()
    array = np.asarray(labels)
    if array.shape != (n,):
        raise InvalidInput(f"labels must have shape ({n},), one a point, got {array.shape}")
    if array.dtype.kind == "f":
        if categories is not None:
            raise InvalidInput("labels must be integer codes where categories are given")
        if not np.isfinite(array).all():
            raise InvalidInput("labels must be finite, but some are NaN or infinite")
        return "value", _numbers(array), ()
    if array.dtype.kind not in "iub":
        raise InvalidInput(f"labels must be integer codes or floats, got {array.dtype}")
    least, most = (int(array.min()), int(array.max())) if n else (0, -1)
    names = (
        tuple(str(k) for k in range(most + 1))
        if categories is None
        else tuple(str(name) for name in categories)
    )
    if least < 0 or most >= len(names) or len(names) > 65_535:
        raise InvalidInput(
            f"labels must be codes from 0 to {len(names) - 1}, one of {len(names)} categories, "
            f"got {least} to {most}"
        )
    return "category", array.astype(np.uint16), names


def _numbers(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """In single precision where that shows no difference, as half as much travels then."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if not len(values):
        return single
    first, last = stops(values)
    wrong = np.abs(single.astype(np.float64) - values).max()
    return single if wrong <= RESOLVED * (last - first) else values.astype(np.float64)


def _colours(palette: Sequence[str] | None, kind: str | None, categories: int) -> tuple[str, ...]:
    own = SCALE if kind == "value" else category_colours(max(1, categories))
    given = tuple(palette) if palette else own
    for colour in given:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise InvalidInput(f"palette must hold colours like '#2a84a5', got {colour!r}")
    if kind == "value" and len(given) < 2:
        raise InvalidInput("palette must hold at least 2 colours for a continuous scale")
    if kind == "category":
        # With more categories than colours the colours repeat.
        return tuple(given[k % len(given)] for k in range(categories))
    return given


def _atlas(
    image: bytes | None,
    layout: tuple[int, int, int, int] | None,
    rows: NDArray[np.integer] | None,
    n: int,
) -> Atlas | None:
    if image is None:
        return None
    if layout is None or min(layout) < 1:
        raise InvalidInput(
            f"atlas must be (columns, tile height, tile width, count), got {layout}"
        )
    columns, height, width, count = (int(value) for value in layout)
    tiles = None if rows is None else _rows(rows, n, "atlas_rows", count)
    return Atlas(image, columns, height, width, count, tiles)
