"""What the Masks page shows, as choices in its link."""

from __future__ import annotations

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = [
    "MASKS",
    "WHAT_IF",
    "against",
    "axes",
    "back",
    "dropped",
    "epoch",
    "evaluation_set",
    "layer",
    "layout",
    "look",
    "on_map",
    "order",
    "passing",
    "replay",
    "seed",
    "shuffled",
    "still",
    "straight",
    "threshold",
    "ticket",
    "unit",
]


ticket: Item[str] = Item("masks.ticket", "", str, always=True)
"""Name of the ticket; "" is the first there is."""

layer: Item[str] = Item("masks.layer", "", str)
"""The layer that is looked at; "" is the first."""

epoch: Item[int | None] = Item("masks.epoch", None, formats.whole(0, 10**6))
"""The epoch of the training that is shown; None is the ticket itself."""

layout: Item[str] = Item("masks.laid", "", str)
"""How the layer is laid out: "matrix", "tiles" or "slice"; "" is what suits it."""

axes: Item[tuple[int, ...]] = Item("masks.axes-of", (0, 1), formats.wholes, formats.numbers_text)
"""The axes that a slice shows, downwards and across."""

order: Item[str] = Item("masks.order", "", str)
"""How units are put in order: "built", "dead" ones last, the "full" ones first, or with "tiles"
the full ones and in each its full kernels first; "" is what suits the layer."""

still: Item[tuple[int, ...]] = Item("masks.at", (), formats.wholes, formats.numbers_text)
"""The index of each axis, where a slice holds it still; () is where most weights remain."""

look: Item[tuple[float, float, float] | None] = Item(
    "masks.look", None, formats.view, formats.numbers_text
)
"""Where the map looks: its middle as shares, and how much larger than the whole."""

unit: Item[int | None] = Item("masks.unit", None, formats.whole(0, 10**6))
"""The chosen unit or filter of the layer."""

against: Item[tuple[str, ...]] = Item("masks.against", (), formats.names, ",".join)
"""The tickets that this one is compared with."""

passing: Item[int | None] = Item("masks.passing", None, formats.whole(0, 10**6), lambda epoch: "")
"""The epoch that goes by while the map's slider is moved; no link holds it."""

replay: Item[str] = Item("masks.replay", "", str)
"""The ticket whose training is replayed; no link holds it."""

evaluation_set: Item[str] = Item("masks.evaluation", "", str)
"""What a change is evaluated on; "" is the first there is."""

threshold: Item[float] = Item("masks.threshold", 1.0, formats.number(0.0, 4.0), "{:g}".format)
"""The threshold, as a multiple of the trained one."""

back: Item[int] = Item("masks.back", 0, formats.whole(0, 100))
"""Percent of the dropped weights that are put back."""

straight: Item[int] = Item("masks.straight", 0, formats.whole(0, 100))
"""Percent of the inverted weights that are kept instead."""

dropped: Item[str] = Item("masks.without", "", str)
"""The layer that is dropped whole."""

shuffled: Item[str] = Item("masks.shuffled", "", str)
"""The layer whose mask is shuffled, or "all"."""

seed: Item[int] = Item("masks.seed", 0, formats.whole(0, formats.HIGHEST_SEED))
"""Which weights are put back, and how a mask is shuffled."""

on_map: Item[bool] = Item("masks.on-map", False, formats.yes_no, formats.yes_no_text)
"""Whether map and figures show the change, too."""

WHAT_IF = (threshold, back, straight, dropped, shuffled, seed)
"""The choices that change a ticket."""

SHOWN = (ticket, layer, epoch, layout, order, axes, still, look, unit)
"""What is looked at."""

MASKS = (*SHOWN, against, evaluation_set, on_map, *WHAT_IF)
"""All that the page's link holds."""
