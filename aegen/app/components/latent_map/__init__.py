"""A map of all rows: pan, zoom, hover, click and lasso over a million points.

Our own Streamlit component (components v2) on regl-scatterplot. ``source/`` is what people read
and change, ``sh build.sh`` turns it into ``latent_map.js``, which is what runs; nothing is fetched
from the network. How little is sent on each run is in ``parts``; who decides what is selected is
in ``selection``; what browsers without WebGL get is in ``replacement``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike, NDArray

from aegen.app.components.latent_map import replacement
from aegen.app.components.latent_map.parts import (
    Part,
    Parts,
    parts,
    spec_part,
    specification,
)
from aegen.app.components.latent_map.picture import picture
from aegen.app.components.latent_map.selection import (
    MapSelection,
    ask,
    memory_key,
    resolve,
    settle,
)
from aegen.core.arrays import FloatArray
from aegen.figures.palette import CATEGORIES, SCALE

__all__ = ["CATEGORIES", "SCALE", "MapSelection", "latent_map", "select_on_map"]

_HERE = Path(__file__).parent
_NO_WEBGL = "aegen.latent_map:no-webgl"

_view = st.components.v2.component(
    "aegen.latent_map",
    css=(_HERE / "latent_map.css").read_text(encoding="utf-8"),
    js=(_HERE / "latent_map.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
_store = st.components.v2.component(
    "aegen.latent_map_part",
    js=(_HERE / "source" / "store.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def latent_map(
    points: NDArray[np.floating],
    *,
    key: str,
    labels: NDArray[np.generic] | None = None,
    categories: Sequence[str] | None = None,
    palette: Sequence[str] | None = None,
    label_title: str = "",
    draws: NDArray[np.floating] | None = None,
    contours: Sequence[tuple[float, FloatArray]] | None = None,
    chosen: NDArray[np.integer] | None = None,
    thumbnails: bytes | None = None,
    atlas: tuple[int, int, int, int] | None = None,
    atlas_rows: NDArray[np.integer] | None = None,
    hover_text: Sequence[str] | None = None,
    polygon: ArrayLike | None = None,
    pinned: int | None = None,
    height: int = 560,
    on_select: Callable[[], None] | None = None,
) -> MapSelection:
    """Draws every point and gives back what the person selected on the map.

    The camera, the hidden categories and the selection survive runs with the same points; other
    points under the same key start anew, but keep the pinned row.

    Args:
        points: (n, 2) data coordinates, one row a point.
        key: names the map within the app; letters, digits and single ``_`` or ``-``.
        labels: (n,) integer codes into ``categories``, or floats for a continuous scale.
        categories: the names of the codes, in order; without it the codes name themselves. The
            legend's entries switch categories on and off: a way of looking, the polygon holds
            hidden points too (``MapSelection.hidden`` says which were).
        palette: ``#rrggbb`` colours, one a category or the stops of the scale.
        label_title: what the labels are: "class".
        draws: (m, 2) a latent model's draws in the same coordinates, laid over as rings.
        contours: lines laid over as well, each the share of a whole that it holds, between 0 and
            1, and its vertices (k, 2).
        chosen: rows to stress, the others are dimmed; a way of looking, apart from ``polygon``.
        thumbnails: an image (webp or png) of tiles, row by row, shown when a point is hovered.
        atlas: (columns, tile height, tile width, count) of ``thumbnails``.
        atlas_rows: (count,) the point that each tile shows; None where tile i shows point i.
        hover_text: (n,) a small line more for each point's card.
        polygon: a selection to begin with, as from a link; (k, 2) data coordinates. When a later
            run passes another one than before, that one replaces what the person had selected,
            unless it is what this function gave back last.
        pinned: likewise, the row of a point.
        height: pixels, but never more than 80 % of the window.
        on_select: called before the run that a new selection starts.

    Returns:
        The polygon in data coordinates and the pinned row, None where there is none.

    Raises:
        InvalidInput: shapes that do not fit together, values that are not finite.
    """
    shown = picture(
        points,
        labels=labels,
        categories=categories,
        palette=palette,
        label_title=label_title,
        draws=draws,
        contours=contours,
        chosen=chosen,
        hover_text=hover_text,
        thumbnails=thumbnails,
        atlas=atlas,
        atlas_rows=atlas_rows,
    )
    ready = parts(shown)
    fingerprint = str(ready["points"]["id"])
    memory = st.session_state.setdefault(memory_key(key), {})
    settle(memory, polygon=polygon, pinned=pinned, points=fingerprint)
    with st.container(gap=None):
        answer = _webgl_answer(key, on_select or _nothing)
        if st.session_state.get(_NO_WEBGL):
            answer = replacement.draw(
                shown,
                key=key,
                height=height,
                points=fingerprint,
                memory=memory,
                on_select=on_select or _nothing,
            )
        selection, told = resolve(memory, answer, points=fingerprint, n=len(shown.points))
        if not st.session_state.get(_NO_WEBGL):
            _send(key, ready, {**specification(shown, ready, height=height), **told})
    return selection


def select_on_map(key: str, polygon: ArrayLike | None = None, pinned: int | None = None) -> None:
    """Selects on a map from the page, or clears it; counts from the map's next run on.

    Meant for callbacks: ``st.button("Clear", on_click=select_on_map, args=("map",))``.

    Args:
        key: the map's key.
        polygon: (k, 2) data coordinates, or None for no polygon.
        pinned: the row of a point, or None for no pin.
    """
    ask(st.session_state.setdefault(memory_key(key), {}), polygon, pinned)


def _webgl_answer(key: str, on_select: Callable[[], None]) -> dict[str, Any] | None:
    """Puts the view on the page; what the person did on it last, or None."""
    if st.session_state.get(_NO_WEBGL):
        return None
    # Its content never changes, so the large script is sent once a visit.
    result = _view(
        key=key, data={"map": key}, on_selection_change=on_select, on_webgl_change=_nothing
    )
    st.session_state[_NO_WEBGL] = result.get("webgl") is False
    answer: dict[str, Any] | None = result.get("selection")
    return answer


def _send(key: str, ready: Parts, spec: dict[str, Any]) -> None:
    """Hands the parts to the view; the specification before what the view can begin without."""
    _store_part(key, "points", ready["points"])
    _store_part(key, "labels", ready["labels"])
    _store_part(key, "spec", spec_part(spec))
    _store_part(key, "draws", ready["draws"])
    _store_part(key, "contours", ready["contours"])
    _store_part(key, "chosen", ready["chosen"])
    _store_part(key, "tiles", ready["tiles"])
    _store_part(key, "text", ready["text"])
    _store_part(key, "atlas", ready["atlas"])


def _store_part(key: str, name: str, part: Part | None) -> None:
    _store(key=f"{key}-{name}", data={"map": key, **(part or {"part": name, "id": None})})


def _nothing() -> None:
    """Streamlit keeps a component's state only where a callback is named for it."""
