"""How long and how fast a moving picture is; no link holds it."""

from __future__ import annotations

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = ["back", "fps", "seconds"]

seconds: Item[int] = Item("moving.seconds", 3, formats.whole(1, 20))
"""How long it is, one way."""

fps: Item[int] = Item("moving.fps", 20, formats.whole(1, 50))
"""Frames a second."""

back: Item[bool] = Item("moving.back", True, formats.yes_no, formats.yes_no_text)
"""Whether it goes back the way it came."""
