"""Latent map: every row of the bundle as a dot; draw around some to see who they are."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.latent_map import draw_panel, path_panel, selection_panel, snippets, state
from aegen.app.state import map
from aegen.app.widgets import latent_map, model_overlay, share_bar


@page.part
def explore(name: str) -> None:
    """The map, a latent model over it and, beside it, what is selected on it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        projection, colour = latent_map.map_controls(name)
        spec = model_overlay.chosen_model(name, state.SHOWN)
    wide, narrow = st.columns([2.4, 1], gap="medium")
    with wide:
        over = model_overlay.layers(spec, projection)
        latent_map.map_of_rows(name, projection, colour, over)
        model_overlay.said(spec, over, projection)
    with narrow:
        selection_panel.selected_rows(name, colour)
        selection_panel.pinned_row(name)
        draw_panel.chosen_draw(spec, over)
    path_panel.path(name, projection)
    share_bar.share("latent-map", snippets.of_selection(name, map.selected.get()))


with page.page(
    "Latent map · {rows} {title} in {dimension} dimensions",
    "Each dot is {thing}, placed by its [code]: who is near whom, and where is nobody?",
    *state.SHOWN,
):
    explore(page.bundle_name())
