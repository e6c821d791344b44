"""Places of names beside the points of a scatter plot, least in each other's way."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["HIGH", "WIDE", "Box", "box", "room"]

WIDE, HIGH = 260.0, 290.0
"""How large the inside of a picture is on a phone, in pixels: names that are apart there are
apart on every page."""

LETTER, LINE = 6.8, 15.0
"""About how large a letter of a name is."""

Box = tuple[float, float, float, float]
"""Left, right, bottom and top, in pixels."""


def box(x: float, y: float, wide: float, high: float, dx: float = 0, dy: float = 0) -> Box:
    """A box around a place of the picture, which is given in shares of it.

    Example:
        >>> box(0.5, 0.0, 10, 4)
        (125.0, 135.0, -2.0, 2.0)
    """
    left, bottom = x * WIDE + dx - wide / 2, y * HIGH + dy - high / 2
    return left, left + wide, bottom, bottom + high


def room(name: str, at: tuple[float, float], taken: Sequence[Box]) -> tuple[str, Box]:
    """Beside which side of its point a name is least in the way of others, and its box there.

    Example:
        >>> room("a", (0.5, 0.5), [])[0]
        'top center'
    """
    wide = LETTER * len(name)
    offsets = {
        "top center": (0.0, 14.0),
        "bottom center": (0.0, -14.0),
        "middle right": (wide / 2 + 10, 0.0),
        "middle left": (-wide / 2 - 10, 0.0),
        "top right": (wide / 2 + 4, 12.0),
        "top left": (-wide / 2 - 4, 12.0),
        "bottom right": (wide / 2 + 4, -12.0),
        "bottom left": (-wide / 2 - 4, -12.0),
    }

    def cost(place: str) -> float:
        found = box(*at, wide, LINE, *offsets[place])
        outside = max(0.0, -found[0]) + max(0.0, found[1] - WIDE) + 3 * max(0.0, -found[2])
        return outside * LINE + sum(_overlap(found, other) for other in taken)

    best = min(offsets, key=cost)
    return best, box(*at, wide, LINE, *offsets[best])


def _overlap(a: Box, b: Box) -> float:
    wide = min(a[1], b[1]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[2], b[2])
    return max(0.0, wide) * max(0.0, high)
