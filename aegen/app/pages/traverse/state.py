"""Where Traverse goes, as choices in its link."""

from __future__ import annotations

from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item
from aegen.app.state.map import code_from, pinned, uploaded_code

__all__ = [
    "FURTHEST",
    "along",
    "directions",
    "first",
    "moves",
    "pad_across",
    "pad_at",
    "pad_up",
    "path",
    "second",
    "shown",
]

FURTHEST = 3.0
"""Standard deviations that a slider goes at most, each way."""

along: Item[str] = Item("traverse.along", "principal", str)
"""Which directions the sliders go along: "principal" ones, or latent "axes"."""

directions: Item[int] = Item("traverse.directions", 8, formats.whole(1, 4096))
"""How many directions are shown."""

first: Item[int | None] = Item(
    "traverse.from", None, formats.whole(0, 10**9), str, per_bundle=True
)
"""The row that an interpolation starts at; None is where the sliders lead."""

second: Item[int | None] = Item("traverse.to", None, formats.whole(0, 10**9), str, per_bundle=True)
"""The row that it ends at."""

path: Item[str] = Item("traverse.path", "straight", str)
"""How it goes: "straight", "spherical" or "dense"."""


pad_across: Item[str] = Item("traverse.across", "principal:0", str, per_bundle=True)
"""The direction across the pad: its kind and its number, from 0."""

pad_up: Item[str] = Item("traverse.up", "principal:1", str, per_bundle=True)
"""The direction up it."""

pad_at: Item[tuple[float, float]] = Item(
    "traverse.at", (0.0, 0.0), formats.point(FURTHEST), formats.numbers_text, per_bundle=True
)
"""Where the pad's point is, in deviations."""


def moves(kind: str) -> Item[tuple[tuple[int, float], ...]]:
    """How far the sliders of this kind went: (direction from 0, deviations) each."""
    return Item(
        f"traverse.move-{kind}", (), formats.moves(FURTHEST), formats.moves_text, per_bundle=True
    )


def shown() -> tuple[Item[Any], ...]:
    """All that the page's link holds."""
    pad = pad_across, pad_up, pad_at
    ends = first, second, path
    return pinned, uploaded_code, code_from, along, moves(along.get()), directions, *pad, *ends
