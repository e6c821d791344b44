"""The size of a picture as an architecture takes it: one number, or a height and a width."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from aegen.core.errors import InvalidInput

__all__ = ["LARGEST", "SMALLEST", "Size", "sides", "stored_size"]

Size = int | Sequence[int]
"""Height and width in pixels, or one number for both; `sides` checks it."""

SMALLEST, LARGEST = 8, 512
"""Bounds of a side in pixels."""


def sides(size: Any) -> tuple[int, int]:
    """Height and width that ``size`` stands for.

    Raises:
        InvalidInput: neither a side nor two, or a side out of bounds.

    Example:
        >>> sides(28), sides([64, 48])
        ((28, 28), (64, 48))
    """
    pair = size if isinstance(size, list | tuple) else (size, size)
    whole = all(isinstance(s, numbers.Integral) and not isinstance(s, bool) for s in pair)
    if len(pair) != 2 or not whole or not all(SMALLEST <= s <= LARGEST for s in pair):
        raise InvalidInput(
            f"size must be a whole number from {SMALLEST} to {LARGEST}, or a height and a width "
            f"of that, got {size!r}"
        )
    return int(pair[0]), int(pair[1])


def stored_size(size: Size) -> int | list[int]:
    """``size`` as `Autoencoder.arguments` keep it: one number where the picture is square.

    Example:
        >>> stored_size((28, 28)), stored_size((64, 48))
        (28, [64, 48])
    """
    h, w = sides(size)
    return h if h == w else [h, w]
