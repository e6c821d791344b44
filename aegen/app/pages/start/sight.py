"""An autoencoder at work: a picture, its numbers to drag, and what comes back."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.components.autoencoder import autoencoder
from aegen.app.pages.start import model, state
from aegen.app.widgets import row_picker, share_bar

__all__ = ["sight"]


def sight(name: str) -> None:
    """The pictures and the numbers, and buttons for another picture and for the way back."""
    opened = services.bundles.bundle(name)
    row = row_picker.existing_row(name, state.row)
    if row is None:
        state.row.set(row := row_picker.default_row(name, 1))
    if not opened.decodes:
        st.info(
            "This bundle has codes alone: there is no decoder that would make pictures of them. "
            "The map and all figures work as with any other."
        )
        return
    seen = model.sight(name, row, state.at.get())
    about = services.bundles.words_of(name, row) if len(opened.manifest.attributes) == 1 else ""
    put = autoencoder(
        share_bar.source(seen.picture),
        share_bar.source(seen.decoded),
        seen.numbers,
        key="start-autoencoder",
        dimension=opened.latent_dim,
        furthest=state.FURTHEST,
        request=model.request(name, row),
        label=f"A picture: row {row:,}" + (f", {about}" if about else ""),
    )
    _buttons(name)
    if put is not None and put != state.at.get():
        state.at.set((put[0], put[-1]))
        st.rerun(scope="fragment")


def _buttons(name: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button("Another picture", icon=":material/casino:", on_click=_another, args=(name,))
        st.button(
            "Numbers as they were",
            icon=":material/restart_alt:",
            on_click=state.at.reset,
            disabled=state.at.get() is None,
        )


def _another(name: str) -> None:
    row_picker.random_row(name, state.row)
    state.at.reset()
