"""The tray of kept pictures: small in the sidebar, side by side in a dialog, and as files."""

from __future__ import annotations

import functools

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.local_storage import local_storage
from aegen.app.place import Place
from aegen.app.services import kept_files
from aegen.app.state import pictures
from aegen.app.widgets import big_view, picture_grid
from aegen.app.widgets.markdown import plain

__all__ = ["side_by_side", "small"]

ACROSS = 4
"""Pictures side by side in the dialog."""

SMALL, TILE = 6, 37
"""Pictures side by side in the sidebar, and pixels across each."""

FILES = (
    ("PNG", "png", "image/png", kept_files.sheet),
    ("ZIP", "zip", "application/zip", kept_files.archive),
    ("CSV", "csv", "text/csv", kept_files.table),
    ("npz", "npz", "application/zip", kept_files.arrays),
)


def small(name: str) -> None:
    """The kept pictures in the sidebar, where there are any; the browser remembers them."""
    kept = pictures.kept.get()
    held = {pictures.kept.text(kept): pictures.tray_text(kept)} if kept else {}
    local_storage(held, pictures.missing(), _bring_back, key="aegen-kept")
    if not kept:
        return
    with st.container(key="aegen-tray", gap="xsmall"):
        across = min(SMALL, len(kept))
        with st.container(width=TILE * across):
            picture_grid.of_places(kept, key="tray-pictures", label="Kept", columns=across)
        if st.button(
            f"{len(kept)} kept",
            icon=":material/bookmarks:",
            key="tray-open",
            width="stretch",
            help="Beside each other, as files, or as the ends of a morph.",
        ):
            pictures.tray.set(True)
            st.rerun()


def _bring_back(text: str) -> None:
    pictures.bring_back(text, services.places.is_there)


def side_by_side() -> None:
    """The kept pictures beside each other, with what is known of each, and files of all."""
    kept = pictures.kept.get()
    if not kept or not pictures.tray.get():
        pictures.tray.reset()
        st.rerun()
    name = kept[0].bundle
    with st.container(horizontal=True):
        for label, ending, mime, make in FILES:
            st.download_button(
                label,
                functools.partial(make, name, kept),
                file_name=f"{name}-kept.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"tray-{ending}",
            )
        if st.button(
            "Empty the tray", icon=":material/delete:", type="tertiary", key="tray-empty"
        ):
            pictures.kept.reset()
            pictures.tray.reset()
            st.rerun()
    big_view.ends(name)
    for start in range(0, len(kept), ACROSS):
        for column, place in zip(st.columns(ACROSS), kept[start : start + ACROSS], strict=False):
            with column:
                _card(place, kept.index(place))


def _card(place: Place, k: int) -> None:
    """One kept picture: what it is, and what to do with it."""
    picture_grid.of_places([place], key=f"tray-{k}", label=f"Kept {k + 1}")
    st.caption(plain(services.places.origin(place)))
    if place.uploaded is not None:
        found = services.places.seen(place)
        if found:
            drawing(services.places.readings_drawing(found), key=f"tray-readings-{k}")
    with st.container(horizontal=True, gap="xsmall"):
        for item, letter in ((pictures.first, "A"), (pictures.second, "B")):
            if st.button(
                letter,
                key=f"tray-{letter}-{k}",
                type="primary" if item.get() == place else "secondary",
                help=f"Set as {letter}, {'the start' if letter == 'A' else 'the end'} of a morph.",
            ):
                item.set(place)
                st.rerun()
        if st.button("", icon=":material/close:", key=f"tray-out-{k}", help="Take it out."):
            pictures.keep(place)
            st.rerun()
