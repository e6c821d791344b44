"""Traverse: move a code along directions of latent space, and from one code to another."""

import streamlit as st

from aegen.app import frame, panels, state, traversal, walk, way


@frame.part
def traverse(name: str) -> None:
    """The picture, its sliders and the way to another picture; a move runs only this."""
    at = walk.start(name)
    found = traversal.walk(at, state.directions.get())
    narrow, wide = st.columns([1, 2.7], gap="large")
    with narrow:
        walk.there(at, found)
    with wide:
        walk.sliders(at, found)
    panels.share(
        "traverse",
        traversal.walk_python(at),
        downloads=[
            ("Picture", f"{name}-picture.png", "image/png", traversal.picture_png),
            ("Filmstrips", f"{name}-filmstrips.png", "image/png", traversal.walk_png),
            ("npz", f"{name}-traverse.npz", "application/zip", traversal.walk_npz),
        ],
        arguments=(at, state.directions.get()),
    )
    st.subheader("From one picture to another", anchor=False)
    a, b, kind = way.ends(at)
    way.one_way(a, b, traversal.passage(a, b, kind))
    panels.share(
        "traverse",
        traversal.passage_python(a, b, kind),
        downloads=[
            ("Strip", f"{name}-strip.png", "image/png", traversal.passage_png),
            ("npz", f"{name}-strip.npz", "application/zip", traversal.passage_npz),
        ],
        arguments=(a, b, kind),
    )


with frame.page(
    "Traverse",
    "What does each direction of the latent space mean? Move a slider and see what changes.",
    *walk.shown(),
):
    traverse(frame.bundle_name())
