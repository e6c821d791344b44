"""Latent map: every row of the bundle as a dot; draw around some to see who they are."""

import streamlit as st

from aegen.app import frame, map, overlay, panels, selected, snippets, state

SHOWN = (
    state.projection,
    state.axes,
    state.colour,
    state.overlay,
    state.layers,
    state.selected,
    state.pinned,
)


@frame.part
def explore(name: str) -> None:
    """The map, a latent model over it and, beside it, what is selected on it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        projection, colour = map.map_controls(name)
        spec = overlay.chosen_model(name, SHOWN)
    wide, narrow = st.columns([2.4, 1], gap="medium")
    with wide:
        over = overlay.layers(spec, projection)
        map.map_of_rows(name, projection, colour, over)
        overlay.said(spec, over, projection)
    with narrow:
        selected.selected_rows(name, colour)
        selected.pinned_row(name)
    panels.share("latent-map", snippets.of_selection(name, state.selected.get()))


with frame.page(
    "Latent map · {rows} {title} in {dimension} dimensions",
    "Each dot is an image, placed by its code: who is near whom, and where is nobody?",
    *SHOWN,
):
    explore(frame.bundle_name())
