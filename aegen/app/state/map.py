"""The latent map's choices, what is selected on it, and the row that other pages start at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

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
    "draw",
    "kept",
    "layers",
    "name_of",
    "outline",
    "overlay",
    "path",
    "pinned",
    "projection",
    "rolls",
    "scale",
    "selected",
    "selection",
    "selection_text",
    "uploaded_code",
]


MOST_KEPT, LONGEST_NAME, LONGEST_KEPT = 20, 60, 8000
"""Kept selections, characters of a name, and of all together in a link."""


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


Kept = tuple[tuple[str, Selection], ...]


def read_kept(text: str) -> Kept:
    """Selections by their names, each once: "tall%20ones:pca~0,0~1,0~0,1;sevens:class=7"."""
    found = {}
    for part in text.split(";"):
        name, sign, what = part.partition(":")
        if not (sign and unquote(name).strip()):
            raise ValueError("names and selections such as sevens:class=7 are needed")
        found[unquote(name)[:LONGEST_NAME]] = row_selection.parse(unquote(what))
    if len(found) > MOST_KEPT:
        raise ValueError(f"at most {MOST_KEPT} kept selections are needed")
    return tuple(found.items())


def kept_text(value: Kept) -> str:
    """Selections by their names as a link's text; "" where one does not go into a link."""
    parts = [(quote(name, safe=""), quote(what.text(), safe="~,=")) for name, what in value]
    if not all(what for _, what in parts):
        return ""
    text = ";".join(f"{name}:{what}" for name, what in parts)
    return text if len(text) <= LONGEST_KEPT else ""


def name_of(chosen: Selection | None) -> str | None:
    """The name that a selection is kept under; None where it is not."""
    return next((name for name, each in kept.get() if each == chosen), None)


projection: Item[str] = Item("projection", "umap", str)
"""How the latent map is laid out: a projection's name, or "axes"; UMAP where there is one."""

axes: Item[tuple[int, int]] = Item(
    "axes", (0, 1), formats.pair, lambda pair: f"{pair[0]},{pair[1]}", per_bundle=True
)
"""The two latent coordinates that the map shows where it shows axes, from 0."""

colour: Item[str] = Item("colour", "", str, per_bundle=True)
"""What colours the map: an attribute, "density" or "plain"; "" is the first attribute."""

scale: Item[str] = Item("scale", "even", str)
"""How the colours of the map go with numbers, one of `aegen.figures.colour_scale.SCALES`."""

overlay: Item[str] = Item("draws", "none", str)
"""Latent model that is shown over the map, or "none"."""

layers: Item[str] = Item("as", "draws", str)
"""How that model is shown there: its "draws", its "contours", or "both"."""

draw: Item[int | None] = Item("draw", None, formats.whole(0, 10**6), str)
"""The chosen one of these draws, counted from 0."""

selected: Item[Selection | None] = Item("select", None, selection, selection_text, per_bundle=True)
"""The rows selected on the map."""

outline: Item[tuple[Selection, Any] | None] = Item(
    "outline", None, lambda text: None, lambda value: "", per_bundle=True
)
"""The area as the map itself holds it, with every vertex; no link holds it."""

kept: Item[Kept] = Item("kept", (), read_kept, kept_text, per_bundle=True)
"""Selections that were given names; Target knows them too."""

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
