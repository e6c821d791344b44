"""How large the figures of a paper are; no link holds it."""

from __future__ import annotations

from aegen.app.state.link import Item

__all__ = ["FONTS", "WIDTHS", "font", "width"]

WIDTHS = (85, 120, 170)
"""Widths in millimetres that can be chosen: a column of two, one of one, a whole page's."""

FONTS = (6, 7, 8, 9, 10, 12)
"""Sizes of letters in points."""

width: Item[int] = Item("paper.width", 85, int)
"""Millimetres across."""

font: Item[int] = Item("paper.font", 8, int)
"""Points."""
