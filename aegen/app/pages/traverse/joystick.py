"""The pad of Traverse: any two directions at once, around the place where the sliders are."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.pad import pad
from aegen.app.pages.traverse import state
from aegen.app.place import Place, rounded
from aegen.app.state import map
from aegen.app.widgets import bound, share_bar
from aegen.core.images import grid

__all__ = ["joystick"]

SIDE = 7
"""Pictures of the sheet across, and up."""

OFFERED = 16
"""Principal directions, and axes, that can be chosen."""


def joystick(at: Place, request: dict[str, Any]) -> None:
    """Two directions to choose, the sheet of what lies around, and a point that is dragged.

    ``request`` is what the live channel is asked for the place itself.
    """
    name = at.bundle
    if services.bundles.bundle(name).latent_dim < 2:
        return
    st.subheader("Two directions at once", anchor=False)
    across, up = _chosen(name)
    found = services.places.around(at, across, up, SIDE, state.FURTHEST)
    here = state.pad_at.get()
    image = services.places.between(at, (across, up), (here,))[0]
    put, start = pad(
        share_bar.source(grid(found, columns=SIDE, gap=0)),
        share_bar.source(image),
        key="traverse-pad",
        request={**request, "ask": "between", "directions": [list(across), list(up)]},
        names=(_title(name, across), _title(name, up)),
        at=here,
        furthest=state.FURTHEST,
    )
    st.caption(
        "The middle is where the sliders are. Drag the point; double-click to start anew from it."
    )
    if start is not None:
        _start_at(at, services.places.moved(at, (across, up), start))
    elif put is not None and put != here:
        state.pad_at.set(put)
        st.rerun(scope="fragment")


def _chosen(name: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """The two directions, as widgets."""
    options = [
        f"{kind}:{k}"
        for kind in ("principal", "axes", "attributes")
        for k in range(len(services.images.direction_names(name, kind)))
        if kind == "attributes" or k < OFFERED
    ]
    with st.container(horizontal=True):
        found = [
            bound.choose(
                label, item, options, format_func=lambda text: _title(name, _pair(text)), width=230
            )
            for label, item in (("Across", state.pad_across), ("Up", state.pad_up))
        ]
    return _pair(found[0]), _pair(found[1])


def _pair(text: str) -> tuple[str, int]:
    kind, _, number = text.partition(":")
    return kind, int(number)


def _title(name: str, direction: tuple[str, int]) -> str:
    kind, k = direction
    named = services.images.direction_names(name, kind)[k]
    return f"Towards {named}" if kind == "attributes" else named


def _start_at(at: Place, code: Any) -> None:
    """The point is the new start: a code of its own, with all sliders back at 0."""
    map.uploaded_code.set(rounded(code))
    map.code_from.set("point")
    state.moves(at.kind).reset()
    state.pad_at.reset()
    st.rerun(scope="fragment")
