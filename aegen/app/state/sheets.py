"""How a sprite sheet is laid out; no link holds it."""

from __future__ import annotations

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = ["SCALES", "gap", "order", "scale", "transparent"]

SCALES = (1, 2, 4, 8, 16)
"""By how much images can be enlarged."""

scale: Item[int] = Item("sheet.scale", 4, formats.whole(1, 16))
"""Pixels of the sheet that a pixel of an image is, each way."""

gap: Item[int] = Item("sheet.gap", 0, formats.whole(0, 64))
"""Pixels between images."""

transparent: Item[bool] = Item("sheet.transparent", True, formats.yes_no, formats.yes_no_text)
"""Whether the background becomes clear where there is one."""

order: Item[str] = Item("sheet.order", "", str)
"""The attribute by whose value images are sorted; "" leaves them as they are."""
