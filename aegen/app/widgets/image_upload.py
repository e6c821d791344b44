"""A person's own picture: the file, what was done to it, its code."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import services
from aegen.app.place import at_code, rounded
from aegen.app.state import map, pictures
from aegen.app.state.uploads import accept, dropped
from aegen.app.widgets import share_bar
from aegen.app.widgets.markdown import plain, sentence
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError
from aegen.core.image_upload import UploadedImage, read_picture

__all__ = ["upload"]

MEGABYTES = 20
"""What a picture may have, as `aegen.core.image_upload` takes it."""


def upload(name: str) -> None:
    """A file to start from, what was done to it, and what the network makes of it."""
    h, w, _ = services.bundles.bundle(name).image_shape
    key = f"walk:file:{map.uploaded_code.key}"
    invert = f"walk:invert:{map.uploaded_code.key}"
    accept("picture", MEGABYTES)
    st.file_uploader(
        f"A PNG, JPEG, WebP or BMP file; it becomes {w} x {h} pixels",
        key=key,
        on_change=_take_file,
        args=(name, key, invert),
        max_upload_size=MEGABYTES,
        help="Cut to the middle, turned grey or coloured as this bundle's images are, then shrunk "
        "by averaging. The file stays on this computer's server and is not kept.",
    )
    st.toggle(
        "Exchange light and dark",
        key=invert,
        on_change=_take_file,
        args=(name, key, invert),
        help="For dark ink on white paper, where the bundle has light strokes on black.",
    )
    try:
        found = _picture(name, key, invert)
    except AegenError as problem:
        show_problem(problem)
        return
    if found is not None:
        _comparison(name, found)


def _comparison(name: str, found: UploadedImage) -> None:
    """The picture beside what comes back, whether it is like the data, and where it leads."""
    done = escape("; ".join(found.steps) or "taken as it is")
    code = map.uploaded_code.get()
    if code is None:
        share_bar.beside([(found.image, f"As the network sees it:<br>{done}.")], side=72)
        return
    place = at_code(name, code, "picture")
    share_bar.beside(
        [
            (found.image, f"As the network sees it:<br>{done}."),
            (services.places.picture(place), "As it comes back."),
        ],
        side=72,
    )
    word, why = services.places.likeness(place, found.image)
    st.caption(f"**{sentence(word)}**: {plain(why)}." if word else f"{sentence(why)}.")
    if st.button("Look closer", icon=":material/zoom_in:", key="upload-look"):
        pictures.open_at(place)
        st.rerun()


def _picture(name: str, key: str, invert: str) -> UploadedImage | None:
    """The picture in the file as the bundle's images are; None without a file."""
    files = dropped(key)
    if not files:
        return None
    shape = services.bundles.bundle(name).image_shape
    return read_picture(files[0].getvalue(), shape, invert=bool(st.session_state.get(invert)))


def _take_file(name: str, key: str, invert: str) -> None:
    """Start from the picture in the file, where it is one; `upload` says if it is none."""
    map.uploaded_code.reset()
    map.code_from.reset()
    try:
        found = _picture(name, key, invert)
        if found is None:
            return
        code = services.images.encode(name, found.image[None])[0]
    except AegenError:
        return
    # five digits, so that a link can hold the code and give the same picture
    map.uploaded_code.set(rounded(code))
    pictures.remember(rounded(code), found.image)
