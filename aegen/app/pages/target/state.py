"""What Target is asked for, as choices in its link: draws, an edit, or a transfer."""

from __future__ import annotations

from typing import Any

from aegen.app.state import formats, map
from aegen.app.state.draws import DrawChoices, sampler
from aegen.app.state.link import Item

__all__ = [
    "DRAW",
    "EDIT",
    "FURTHEST_EDIT",
    "TRANSFER",
    "draws",
    "edit_target",
    "hold",
    "kind",
    "margins",
    "mode",
    "reach",
    "source",
    "step",
    "strategy",
    "strict",
    "target",
]

FURTHEST_EDIT = 3.0
"""How far an edit may go on the page."""

mode: Item[str] = Item("target.mode", "draw", str)
"""What the page does: "draw", "transfer" or "edit"."""

draws = DrawChoices("target")


def _target(name: str) -> Item[str]:
    return Item(f"target.{name}", "", formats.target, formats.target_text, per_bundle=True)


target = _target("text")
"""The target of draws, as text; "" is none yet."""

strategy: Item[str] = Item("target.strategy", "auto", str)
"""How candidates for a target are found."""

strict: Item[bool] = Item("target.strict", False, formats.yes_no, formats.yes_no_text)
"""Whether draws are left out that the classifier names otherwise, though it misses real rows."""

source = _target("source")
"""The group whose dependence a transfer keeps, as a target's text."""

margins = _target("margins")
"""The group whose margins it takes."""

edit_target = _target("edit")
"""What a picture is edited to show, as a target's text."""

kind: Item[str] = Item("target.kind", "effects", str)
"""How the path of an edit is found."""

hold: Item[tuple[str, ...] | None] = Item(
    "target.hold", None, formats.names, formats.names_text, per_bundle=True
)
"""Attributes that an edit keeps; None is what suits its kind."""

reach: Item[float] = Item("target.reach", 1.0, formats.number(0.1, FURTHEST_EDIT), "{:g}".format)
"""How far an edit goes: 1 is where its path leads."""

step: Item[int] = Item("target.step", 8, formats.whole(0, 8))
"""The picture of an edit's strip that is read out, from 0."""

DRAW: tuple[Item[Any], ...] = (
    mode,
    target,
    sampler,
    *draws.items(),
    strategy,
    strict,
    map.projection,
    map.axes,
    map.colour,
    map.scale,
    map.selected,
    map.kept,
    map.pinned,
)
"""What the link of targeted draws holds, beside the latent model's fields."""

EDIT: tuple[Item[Any], ...] = (
    mode,
    map.pinned,
    map.uploaded_code,
    map.code_from,
    edit_target,
    kind,
    hold,
    reach,
    step,
)
"""What the link of an edit holds."""

TRANSFER: tuple[Item[Any], ...] = (mode, source, margins, draws.count, draws.seed)
"""What the link of a transfer holds."""
