"""The latent map's choices, what is selected on it, and the row that other pages start at."""

from __future__ import annotations

from typing import Any

from aegen.app import row_selection
from aegen.app.place import SOURCES
from aegen.app.row_selection import Area, Selection
from aegen.app.state import formats
from aegen.app.state.link import Item
from aegen.app.state.visit import notify

__all__ = [
    "axes",
    "code_from",
    "colour",
    "layers",
    "outline",
    "overlay",
    "path",
    "pinned",
    "projection",
    "rolls",
    "selected",
    "selection",
    "selection_text",
    "uploaded_code",
]


def selection(text: str) -> Selection:
    """The selection that a link's text stands for; the person is told of one that is simplified.

    Raises:
        ValueError: it stands for none.
    """
    found = row_selection.parse(text)
    corners = text.count("~")
    if isinstance(found, Area) and len(found.polygon) < corners:
        notify(
            f"The link's area has {corners:,} corners; what you see is its outline with "
            f"{len(found.polygon)} of them."
        )
    return found


def selection_text(value: Selection | None) -> str:
    """A selection as a link's text."""
    return value.text() if value is not None else ""


projection: Item[str] = Item("projection", "umap", str)
"""How the latent map is laid out: a projection's name, or "axes"; UMAP where there is one."""

axes: Item[tuple[int, int]] = Item(
    "axes", (0, 1), formats.pair, lambda pair: f"{pair[0]},{pair[1]}", per_bundle=True
)
"""The two latent coordinates that the map shows where it shows axes, from 0."""

colour: Item[str] = Item("colour", "", str, per_bundle=True)
"""What colours the map: an attribute, "density" or "plain"; "" is the first attribute."""

overlay: Item[str] = Item("draws", "none", str)
"""Latent model that is shown over the map, or "none"."""

layers: Item[str] = Item("as", "draws", str)
"""How that model is shown there: its "draws", its "contours", or "both"."""

selected: Item[Selection | None] = Item("select", None, selection, selection_text, per_bundle=True)
"""The rows selected on the map."""

outline: Item[tuple[Selection, Any] | None] = Item(
    "outline", None, lambda text: None, lambda value: "", per_bundle=True
)
"""The area as the map itself holds it, with every vertex; no link holds it."""

path: Item[tuple[str, tuple[tuple[float, float], ...]] | None] = Item(
    "path", None, formats.path, formats.path_text, per_bundle=True
)
"""The line drawn on the map, whose pictures are shown: its projection, and its points."""

pinned: Item[int | None] = Item("row", None, formats.whole(0, 10**9), str, per_bundle=True)
"""The pinned row: where Traverse and edits start."""

uploaded_code: Item[tuple[float, ...] | None] = Item(
    "code",
    None,
    formats.numbers,
    lambda code: formats.numbers_text(code, digits=5),
    per_bundle=True,
)
"""The code of an uploaded picture: where Traverse and edits start instead of the pinned row."""


def _source(text: str) -> str:
    if text not in SOURCES:
        raise ValueError(f"one of {', '.join(SOURCES)} is needed")
    return text


code_from: Item[str] = Item("code-from", "picture", _source, per_bundle=True)
"""Where that code comes from, of `aegen.app.place.SOURCES`."""

rolls: Item[int] = Item("rolls", 0, formats.whole(0, formats.HIGHEST_SEED))
"""How often a row was taken at random: the seed of the next; no link holds it."""
