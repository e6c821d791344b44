"""What a person typed and chose on the page: kept for the visit, and never part of a link."""

from __future__ import annotations

from aegen.app.state.link import Item

__all__ = ["description", "folder", "kind", "licence", "making", "name", "option", "title"]


def _never(text: str) -> str:
    """A link names no folder of this machine, and writes no bundle."""
    raise ValueError("it is typed on the page")


def _typed(name: str) -> Item[str]:
    return Item(f"bring.{name}", "", _never, lambda value: "")


folder = _typed("folder")
"""Folder or file of the data on the machine that runs the app."""

kind = _typed("kind")
"""What the data are, of `aegen.app.services.creations.KINDS`; "" is found out."""

name = _typed("name")
"""The bundle's name; "" is one that is free."""

title = _typed("title")
"""The name that people see; "" is made from the name."""

description = _typed("description")
"""What it is; "" is made from the data."""

licence = _typed("licence")
"""Of the data; "" is what the data says."""

option = _typed("option")
"""Which of the conventions is taken, by its place in digits; "" is the suggested one."""

making = _typed("making")
"""The bundle that was begun last, by its name."""
