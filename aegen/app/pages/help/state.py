"""What the Help page shows, as choices in its link."""

from __future__ import annotations

from aegen.app.state.link import Item

__all__ = ["section", "term"]

section: Item[str] = Item("help.section", "words", str)
"""Which part is shown: "words", a family of methods, or "guides"."""

term: Item[str] = Item("help.term", "", str)
"""The word or the method that is asked for; "" is none."""
