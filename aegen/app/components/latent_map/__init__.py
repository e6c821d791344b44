"""A map of all rows: pan, zoom, hover, click and lasso over a million points.

Our own Streamlit component (components v2) on regl-scatterplot. ``source/`` is what people read
and change, ``sh build.sh`` turns it into ``latent_map.js``, which is what runs; nothing is fetched
from the network. What it shows is a ``picture``; how little is sent on each run is in ``parts``;
who decides what is selected is in ``selection``; what browsers without WebGL get is in
``replacement``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st
from numpy.typing import ArrayLike

from aegen.app.components.latent_map import replacement
from aegen.app.components.latent_map.parts import Parts, parts, specification
from aegen.app.components.latent_map.picture import Picture, picture
from aegen.app.components.latent_map.selection import (
    MapSelection,
    ask,
    memory_key,
    resolve,
    settle,
)
from aegen.app.components.live import CLIENT
from aegen.app.components.mount import component, nothing, send_part, spec_part

__all__ = ["MapSelection", "Picture", "latent_map", "picture", "said_on_map", "select_on_map"]

_NO_WEBGL = "aegen.latent_map:no-webgl"

_view = component("latent_map", (CLIENT, "latent_map.js"))


def latent_map(
    shown: Picture,
    *,
    key: str,
    polygon: ArrayLike | None = None,
    pinned: int | None = None,
    height: int = 560,
    on_select: Callable[[], None] = nothing,
    live: dict[str, Any] | None = None,
    on_path: Callable[[], None] = nothing,
    draw: int | None = None,
    on_draw: Callable[[], None] = nothing,
    on_scale: Callable[[], None] = nothing,
) -> MapSelection:
    """Draws every point and gives back what the person selected on the map.

    The camera, the hidden categories and the selection survive runs with the same points; other
    points under the same key start anew, but keep the pinned row.

    Args:
        shown: the points, their colours and what lies over them, from `picture`.
        key: names the map within the app; letters, digits and single ``_`` or ``-``.
        polygon: a selection to begin with, as from a link; (k, 2) data coordinates. When a later
            run passes another one than before, that one replaces what the person had selected,
            unless it is what this function gave back last.
        pinned: likewise, the row of a point.
        height: pixels, but never more than 80 % of the window.
        on_select: called before the run that a new selection starts.
        live: what look and path tools show by the live channel: the "bundle", the "projection",
            whether its plane is "exact", and the "path" drawn so far, (k, 2) or None.
        on_path: called before the run that a new path starts; `said_on_map` gives it.
        draw: the number of the draw that is chosen, where it lies over the points.
        on_draw: called before the run that another choice of a draw starts.
        on_scale: called before the run that another choice of the colours' scale starts.

    Returns:
        The polygon in data coordinates and the pinned row, None where there is none.
    """
    ready = parts(shown)
    assert ready["points"] is not None
    fingerprint = str(ready["points"]["id"])
    memory = st.session_state.setdefault(memory_key(key), {})
    settle(memory, polygon=polygon, pinned=pinned, points=fingerprint)
    with st.container(gap=None):
        answer = _webgl_answer(
            key,
            on_selection_change=on_select,
            on_path_change=on_path,
            on_draw_change=on_draw,
            on_scale_change=on_scale,
        )
        if st.session_state.get(_NO_WEBGL):
            answer = replacement.draw(
                shown,
                key=key,
                height=height,
                points=fingerprint,
                memory=memory,
                on_select=on_select,
            )
        selection, told = resolve(memory, answer, points=fingerprint, n=len(shown.points))
        if not st.session_state.get(_NO_WEBGL):
            spec = specification(shown, ready, height=height)
            _send(key, ready, {**spec, "live": live, "draw": draw, **told})
    return selection


def select_on_map(key: str, polygon: ArrayLike | None = None, pinned: int | None = None) -> None:
    """Selects (k, 2) data coordinates and pins a row, or clears both, from the map's next run on.

    Meant for callbacks: ``st.button("Clear", on_click=select_on_map, args=("map",))``.
    """
    ask(st.session_state.setdefault(memory_key(key), {}), polygon, pinned)


def said_on_map(key: str, what: Literal["path", "draw", "scale"]) -> Any:
    """What a person did last on a map.

    A path's "points", or None where they were cleared, and its "projection"; the "index" of the
    chosen draw, or None; the name of the colours' scale. None before the map was there.
    """
    return st.session_state.get(key, {}).get(what)


def _webgl_answer(key: str, **calls: Callable[[], None]) -> dict[str, Any] | None:
    """Puts the view on the page; what the person did on it last, or None."""
    if st.session_state.get(_NO_WEBGL):
        return None
    # Its content never changes, so the large script is sent once a visit.
    result = _view(key=key, data={"map": key}, on_webgl_change=nothing, **calls)
    st.session_state[_NO_WEBGL] = result.get("webgl") is False
    answer: dict[str, Any] | None = result.get("selection")
    return answer


def _send(key: str, ready: Parts, spec: dict[str, Any]) -> None:
    """Hands the parts to the view; the specification before what the view can begin without."""
    first = {name: ready[name] for name in ("points", "labels")}
    for name, part in {**first, "spec": spec_part(spec), **ready}.items():
        send_part(key, name, part)
