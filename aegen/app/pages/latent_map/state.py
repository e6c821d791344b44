"""What the Latent map shows, as choices in its link; the choices are in `aegen.app.state.map`."""

from __future__ import annotations

from typing import Any

from aegen.app.state import map
from aegen.app.state.link import Item

__all__ = ["SHOWN"]

SHOWN: tuple[Item[Any], ...] = (
    map.projection,
    map.axes,
    map.colour,
    map.scale,
    map.overlay,
    map.layers,
    map.draw,
    map.selected,
    map.kept,
    map.pinned,
    map.path,
)
"""All that the page's link holds, beside the fields of the latent model over the map."""
