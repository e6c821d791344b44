"""Latent map: every row of the bundle as a dot; draw around some to see who they are."""

import streamlit as st

from aegen.app import frame, map, panels, selected, snippets, state


@frame.part
def explore(name: str) -> None:
    """The map and, beside it, what is selected on it."""
    with st.container(horizontal=True, vertical_alignment="top"):
        projection, colour, overlay = map.map_controls(name)
    wide, narrow = st.columns([2.4, 1], gap="medium")
    with wide:
        map.map_of_rows(name, projection, colour, overlay)
    with narrow:
        selected.selected_rows(name, colour)
        selected.pinned_row(name)
    panels.share("latent-map", snippets.of_selection(name, state.selected.get()))


with frame.page(
    "Latent map · {rows} {title} in {dimension} dimensions",
    "Each dot is an image, placed by its code: who is near whom, and where is nobody?",
    state.projection,
    state.axes,
    state.colour,
    state.overlay,
    state.selected,
    state.pinned,
):
    explore(frame.bundle_name())
