"""What a row is: a picture, some series, a row of a table, or a code alone.

Pages, thumbnails and hovers show pictures. What is none is drawn as one: series as lines, the
numbers of a table and of codes without a decoder as bars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.errors import InvalidInput

__all__ = ["KINDS", "Kind", "Payload", "codes_alone", "payload_of"]

Kind = Literal["image", "series", "table", "codes"]
KINDS: tuple[Kind, ...] = get_args(Kind)

HEIGHT, WIDTH = 64, 96
"""Of the picture that is drawn of what is none."""

COLOURS = np.array(
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [230, 159, 0]],
    np.float32,
) / np.float32(255)
"""Of channels, in turn: Okabe and Ito's, which the colour-blind can tell apart (2008)."""

PAPER, GROUND = np.float32(1.0), np.float32(0.85)

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Payload:
    """What the autoencoder takes and gives.

    Attributes:
        kind: "image", "series", "table", or "codes" where there is no decoder.
        shape: of a row: (h, w, c) of an image, (channels, length) of series, (columns,) of a
            table, (d,) of codes.
        names: of the channels, columns or numbers; empty for images.
        units: of each of them, "" where there is none; empty for images.
        low, high: of each of them, where its picture begins and ends; empty for images.

    Raises:
        InvalidInput: a shape or names that do not fit the kind.
    """

    kind: Kind
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        lengths = {"image": 3, "series": 2, "table": 1, "codes": 1}
        if self.kind not in lengths:
            raise InvalidInput(f"a payload is one of {', '.join(KINDS)}, got {self.kind!r}")
        if len(self.shape) != lengths[self.kind] or not all(n >= 1 for n in self.shape):
            raise InvalidInput(
                f"a row of {self.kind} has {lengths[self.kind]} lengths, got {self.shape}"
            )
        if self.kind == "image":
            if self.shape[2] not in (1, 3, 4):
                raise InvalidInput(f"images must have 1, 3 or 4 channels, got {self.shape}")
        elif not (len(self.names) == len(self.units) == self.shape[0]):
            raise InvalidInput(
                f"there are {self.shape[0]} {_parts(self.kind)}, with {len(self.names)} names and "
                f"{len(self.units)} units: give one of each for each"
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a row's picture."""
        if self.kind == "image":
            h, w, c = self.shape
            return h, w, c
        return HEIGHT, WIDTH, 3

    @property
    def size(self) -> int:
        """Numbers of a row."""
        return math.prod(self.shape)

    def values(self, x: ArrayLike, *, name: str = "x") -> Float32:
        """Rows ``x`` (n, ...) as float32; images uint8 or floats in [0, 1], as [0, 1].

        Raises:
            InvalidInput: rows of another shape or type, or not finite.
        """
        if self.kind == "image":
            return arrays.images(x, shape=self.image_shape)
        found = np.asarray(x)
        if found.dtype.kind not in "fiu" or found.shape[1:] != self.shape:
            raise InvalidInput(
                f"{name} must hold numbers of shape (n, {', '.join(map(str, self.shape))}), got "
                f"{found.dtype} of shape {found.shape}"
            )
        with np.errstate(over="ignore"):
            found = found.astype(np.float32)
        if not np.isfinite(found).all():
            raise InvalidInput(f"{name} must be finite, and fit into 32 bits")
        return found

    def ranged(self, x: Float32) -> Self:
        """This payload with the range that most of rows ``x`` (n, ...) lie in, for its picture."""
        if self.kind == "image":
            return self
        by_part = np.moveaxis(x.reshape(len(x), self.shape[0], -1), 1, 0)
        flat = by_part.reshape(self.shape[0], -1).astype(np.float64)
        low, high = np.quantile(flat, [0.005, 0.995], axis=1)
        room = np.where(high > low, 0.05 * (high - low), np.maximum(1.0, 0.05 * np.abs(low)))
        return replace(
            self, low=tuple(map(float, low - room)), high=tuple(map(float, high + room))
        )

    def pictures(self, x: Float32) -> Float32:
        """Rows ``x`` (n, ...) as pictures, float32 (n, h, w, c) in [0, 1]."""
        if self.kind == "image":
            return np.clip(x, 0, 1)
        draw = _lines if self.kind == "series" else _bars
        return draw(np.clip(self.shares(x), -0.02, 1.02))

    def shares(self, x: NDArray[Any]) -> Float32:
        """Rows ``x`` (n, ...), no images, as shares of each part's range: 0 low, 1 high."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        low, high = (np.array(end).reshape(shape) for end in (self.low, self.high))
        shares: Float32 = ((x - low) / (high - low)).astype(np.float32)
        return shares


def _parts(kind: str) -> str:
    return {"series": "channels", "table": "columns"}.get(kind, "numbers")


def _lines(share: Float32) -> Float32:
    """Series (n, channels, length), 0 at the bottom and 1 at the top, as coloured lines."""
    n, channels, length = share.shape
    y = (1 - share) * (HEIGHT - 1)
    # of each column of pixels the curve's place at its left edge, its middle and its right edge
    at = np.clip((np.arange(2 * WIDTH + 1) / 2 - 0.5) * (length - 1) / (WIDTH - 1), 0, length - 1)
    left = np.minimum(at.astype(int), max(0, length - 2))
    right = np.minimum(left + 1, length - 1)
    part = (at - left).astype(np.float32)
    curve = y[..., left] * (1 - part) + y[..., right] * part
    parts = np.stack([curve[..., 0:-1:2], curve[..., 1::2], curve[..., 2::2]])
    top, bottom = parts.min(axis=0), parts.max(axis=0)
    if length > WIDTH:  # a spike between two columns of pixels would be lost
        starts = np.arange(WIDTH) * length // WIDTH
        top = np.minimum(top, np.minimum.reduceat(y, starts, axis=-1))
        bottom = np.maximum(bottom, np.maximum.reduceat(y, starts, axis=-1))
    picture = np.full((n, HEIGHT, WIDTH, 3), PAPER, np.float32)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    for channel in range(channels):
        above, below = top[:, channel, None], bottom[:, channel, None]
        gap = np.maximum(np.maximum(above - rows, rows - below), 0)
        ink = np.clip(1.4 - gap, 0, 1)[..., None]
        picture += ink * (COLOURS[channel % len(COLOURS)] - picture)
    return picture


def _bars(share: Float32) -> Float32:
    """Rows (n, columns), 0 at the bottom and 1 at the top, as bars side by side."""
    n, columns = share.shape
    column = np.minimum(np.arange(WIDTH) * columns // WIDTH, columns - 1)
    height = np.clip(share, 0, 1)[:, column] * HEIGHT
    ink = np.clip(height[:, None] - (HEIGHT - 1 - np.arange(HEIGHT))[:, None], 0, 1)[..., None]
    ground = np.where(column % 2, GROUND, GROUND + np.float32(0.08))[:, None]
    picture = np.array(np.broadcast_to(ground, (n, HEIGHT, WIDTH, 3)), np.float32)
    colour = COLOURS[column % 2 * 4]  # dark and light blue in turn
    picture += ink * (colour - picture)
    return picture


def codes_alone(d: int) -> Payload:
    """The payload of codes (n, d) without a decoder."""
    return Payload("codes", (d,), tuple(str(k + 1) for k in range(d)), ("",) * d)


def payload_of(x: NDArray[Any], names: tuple[str, ...] | None = None) -> Payload:
    """The payload of rows that are no pictures: (n, channels, length) or (n, columns).

    Raises:
        InvalidInput: rows of another number of axes.
    """
    if x.ndim not in (2, 3):
        raise InvalidInput(
            f"data must be pictures (n, h, w, c), series (n, channels, length) or a table "
            f"(n, columns), got an array of shape {x.shape}"
        )
    kind: Kind = "series" if x.ndim == 3 else "table"
    word = "channel" if kind == "series" else "column"
    names = names or tuple(f"{word} {k + 1}" for k in range(x.shape[1]))
    return Payload(kind, x.shape[1:], names, ("",) * len(names))
