"""Where Traverse goes, as choices in its link."""

from __future__ import annotations

from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item
from aegen.app.state.map import code_from, pinned, uploaded_code
from aegen.app.state.pictures import first, second

__all__ = [
    "FURTHEST",
    "KEPT",
    "LAST",
    "along",
    "directions",
    "first",
    "like",
    "moves",
    "pad_across",
    "pad_at",
    "pad_up",
    "path",
    "roll",
    "second",
    "shown",
    "step",
]

FURTHEST = 3.0
"""Standard deviations that a slider goes at most, each way."""

LAST = 32
"""The last frame of a path, from 0."""

KEPT = "kept"
"""Stands for the tray among what an end can be chosen from."""

along: Item[str] = Item("traverse.along", "principal", str)
"""Which directions the sliders go along: "principal" ones, or latent "axes"."""

directions: Item[int] = Item("traverse.directions", 8, formats.whole(1, 4096))
"""How many directions are shown."""

path: Item[str] = Item("traverse.path", "straight", str)
"""How it goes: "straight", "spherical" or "dense"."""


step: Item[int] = Item("traverse.step", LAST // 2, formats.whole(0, LAST))
"""The frame of the path that is shown large."""


def like(end: str) -> Item[str]:
    """What the pictures to choose an end from have in common, "class=3"; "" for all, `KEPT`."""
    return Item(f"traverse.{end}-like", "", str, per_bundle=True)


def roll(end: str) -> Item[int]:
    """The seed of those pictures."""
    return Item(f"traverse.{end}-roll", 0, formats.whole(0, formats.HIGHEST_SEED))


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
    chosen = [part for end in ("a", "b") for part in (like(end), roll(end))]
    ends = first, second, path, step, *chosen
    return pinned, uploaded_code, code_from, along, moves(along.get()), directions, *pad, *ends
