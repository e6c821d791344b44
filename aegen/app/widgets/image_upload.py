"""A picture of one's own, on Traverse and on Target: the file, what was done to it, its code."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import services
from aegen.app.state import map
from aegen.app.widgets import share_bar
from aegen.app.widgets.messages import show_problem
from aegen.core import image_upload
from aegen.core.errors import AegenError

__all__ = ["bring"]


def bring(name: str) -> None:
    """A file to start from, what was done to it, and what the network makes of it."""
    h, w, _ = services.bundles.bundle(name).image_shape
    item = map.uploaded_code
    key, flip = f"walk:file:{item.key}", f"walk:invert:{item.key}"
    file = st.file_uploader(
        f"A PNG, JPEG, WebP or BMP file; it becomes {w} x {h} pixels",
        key=key,
        on_change=_take_file,
        args=(name, key, flip),
        max_upload_size=20,
        help="Cut to the middle, turned grey or coloured as this bundle's images are, then shrunk "
        "by averaging. The file stays on this computer's server and is not kept.",
    )
    st.toggle(
        "Exchange light and dark",
        key=flip,
        on_change=_take_file,
        args=(name, key, flip),
        help="For dark ink on white paper, where the bundle has light strokes on black.",
    )
    if file is None:
        return
    try:
        found = image_upload.read_picture(
            file.getvalue(),
            services.bundles.bundle(name).image_shape,
            invert=bool(st.session_state[flip]),
        )
    except AegenError as problem:
        show_problem(problem)
        return
    done = "; ".join(found.steps) or "taken as it is"
    share_bar.beside([(found.image, f"As the network sees it:<br>{escape(done)}.")], side=72)


def _take_file(name: str, key: str, flip: str) -> None:
    """Start from the picture in the file, where it is one; `bring` says if it is none."""
    file = st.session_state[key]
    map.uploaded_code.reset()
    if file is None:
        return
    shape = services.bundles.bundle(name).image_shape
    try:
        found = image_upload.read_picture(
            file.getvalue(), shape, invert=bool(st.session_state.get(flip))
        )
        code = services.images.encode(name, found.image[None])[0]
    except AegenError:
        return
    # five digits, so that a link can hold the code and give the same picture
    map.uploaded_code.set(tuple(float(f"{value:.5g}") for value in code))
