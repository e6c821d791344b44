"""What the Start page shows, as choices in its link."""

from __future__ import annotations

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = ["FURTHEST", "SHOWN", "at", "row"]

FURTHEST = 3.0
"""Standard deviations from the mean that a number goes at most."""

row: Item[int | None] = Item(
    "start.row", None, formats.whole(0, 10**9), str, per_bundle=True, always=True
)
"""The row whose picture is shown; the link always names it (see `aegen.app.server.moved`)."""

at: Item[tuple[float, float] | None] = Item(
    "start.at", None, formats.point(FURTHEST), formats.numbers_text, per_bundle=True
)
"""Where two numbers were dragged to, in standard deviations; None is where the row has them."""

SHOWN = row, at
"""All that the page's link holds."""
