"""What the Masks page shows, as choices in its link; see `aegen.app.state`."""

from __future__ import annotations

import math
from collections.abc import Callable

from aegen.app.state import HIGHEST_SEED, Item

__all__ = [
    "MASKS",
    "WHAT_IF",
    "against",
    "axes",
    "back",
    "dropped",
    "epoch",
    "judge",
    "layer",
    "layout",
    "look",
    "on_map",
    "replay",
    "seed",
    "shuffled",
    "still",
    "straight",
    "threshold",
    "ticket",
    "unit",
]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high:,} is needed")
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g} is needed")
        return value

    return parse


def _wholes(text: str) -> tuple[int, ...]:
    return tuple(_whole(0, 10**6)(part) for part in text.split(",")) if text else ()


def _three(text: str) -> tuple[float, float, float]:
    numbers = [float(part) for part in text.split(",")]
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)) or numbers[2] <= 0:
        raise ValueError("three numbers such as 0.5,0.5,1 are needed")
    return numbers[0], numbers[1], numbers[2]


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("yes or no is needed")
    return text == "yes"


def _joined(values: tuple[float, ...] | None) -> str:
    return ",".join(f"{value:g}" for value in values or ())


def _names(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


ticket: Item[str] = Item("ticket", "", str, always=True)
"""Name of the ticket; "" is the first there is."""

layer: Item[str] = Item("layer", "", str)
"""The layer that is looked at; "" is the first."""

epoch: Item[int | None] = Item("epoch", None, _whole(0, 10**6))
"""The epoch of the training that is shown; None is the ticket itself."""

layout: Item[str] = Item("laid", "", str)
"""How the layer is laid out: "matrix", "tiles" or "slice"; "" is what suits it."""

axes: Item[tuple[int, ...]] = Item("axes-of", (0, 1), _wholes, _joined)
"""The axes that a slice shows, downwards and across."""

still: Item[tuple[int, ...]] = Item("at", (), _wholes, _joined)
"""The index of each axis, where a slice holds it still."""

look: Item[tuple[float, float, float] | None] = Item("look", None, _three, _joined)
"""Where the map looks: its middle as shares, and how much larger than the whole."""

unit: Item[int | None] = Item("unit", None, _whole(0, 10**6))
"""The chosen unit or filter of the layer."""

against: Item[tuple[str, ...]] = Item("against", (), _names, ",".join)
"""The tickets that this one is compared with."""

replay: Item[str] = Item("replay", "", str)
"""The ticket whose training is replayed; no link holds it."""

judge: Item[str] = Item("judge", "", str)
"""What a change is judged on; "" is the first there is."""

threshold: Item[float] = Item("threshold", 1.0, _number(0.0, 4.0), "{:g}".format)
"""The threshold, as a multiple of the trained one."""

back: Item[int] = Item("back", 0, _whole(0, 100))
"""Percent of the dropped weights that are put back."""

straight: Item[int] = Item("straight", 0, _whole(0, 100))
"""Percent of the inverted weights that are kept instead."""

dropped: Item[str] = Item("without", "", str)
"""The layer that is dropped whole."""

shuffled: Item[str] = Item("shuffled", "", str)
"""The layer whose mask is shuffled, or "all"."""

seed: Item[int] = Item("seed", 0, _whole(0, HIGHEST_SEED))
"""Which weights are put back, and how a mask is shuffled."""

on_map: Item[bool] = Item("on-map", False, _yes, lambda value: "yes" if value else "no")
"""Whether map and figures show the change, too."""

WHAT_IF = (threshold, back, straight, dropped, shuffled, seed)
"""The choices that change a ticket."""

SHOWN = (ticket, layer, epoch, layout, axes, still, look, unit)
"""What is looked at."""

MASKS = (*SHOWN, against, judge, on_map, *WHAT_IF)
"""All that the page's link holds."""
