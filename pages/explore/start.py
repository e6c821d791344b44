"""Start: what a latent space is, live in one picture, and three doors to the other pages."""

import streamlit as st

from aegen.app import glossary, navigation, page
from aegen.app.pages.start import doors, sight, state
from aegen.app.widgets import tour

AND_SO = (
    "Codes near each other decode to pictures that are alike: all of them together are the latent "
    "space. aegen shows it, makes new pictures from it, and measures how good they are."
)


@page.part
def autoencoder(name: str) -> None:
    """The picture, its numbers and what comes back; a drag runs only this."""
    sight.sight(name)


with page.page(
    "Start · {rows} {title} in {dimension} dimensions",
    "What is a [latent space]? An [autoencoder] packs each picture into a few numbers, its "
    "[code], and unpacks them again. Drag the two orange ones and watch what comes back.",
    *state.SHOWN,
):
    autoencoder(page.bundle_name())
    words, button = st.columns([2, 1], vertical_alignment="center")
    words.markdown(glossary.linked(AND_SO))
    if button.button("Two-minute tour", type="primary", width="stretch"):
        tour.begin()
    doors.doors(page.bundle_name())
    with st.container(horizontal=True):
        navigation.link("bring", "Bring your own autoencoder")
        navigation.link("help", "What the words mean")
