"""Traverse: move a code along directions of latent space, and from one code to another."""

import streamlit as st

from aegen.app import page, services
from aegen.app.pages.traverse import (
    interpolation,
    joystick,
    model,
    paper,
    sliders,
    snippets,
    state,
)
from aegen.app.widgets import share_bar
from aegen.app.widgets.for_paper import for_paper
from aegen.app.widgets.moving_picture import moving_picture


@page.part
def traverse(name: str) -> None:
    """The picture, its sliders and a path to another picture; a move runs only this."""
    at = sliders.start(name)
    found = model.walk(at, state.directions.get())
    narrow, wide = st.columns([1, 2.2], gap="large")
    with narrow:
        sliders.there(at, found)
    with wide:
        sliders.sliders(at, found)
    share_bar.share(
        "traverse",
        snippets.python_of_picture(at),
        downloads=[
            ("Picture", f"{name}-picture.png", "image/png", model.picture_png),
            ("Filmstrips", f"{name}-filmstrips.png", "image/png", model.walk_png),
            ("npz", f"{name}-traverse.npz", "application/zip", model.walk_npz),
        ],
        arguments=(at, state.directions.get()),
        more=[
            lambda: for_paper(
                "directions", lambda: paper.of_directions(at, state.directions.get())
            )
        ],
    )
    st.subheader("From one picture to another", anchor=False)
    a, b, path = interpolation.morph(at)
    interpolation.strip(a, b, model.interpolation(a, b, path))
    command = snippets.command(a, b, path)
    share_bar.share(
        "traverse",
        snippets.python_of_interpolation(a, b, path),
        downloads=[
            ("Strip", f"{name}-strip.png", "image/png", model.interpolation_png),
            ("npz", f"{name}-strip.npz", "application/zip", model.interpolation_npz),
        ],
        arguments=(a, b, path),
        more=[lambda: for_paper("path", lambda: paper.of_path(a, b, path, command))],
    )
    moving_picture(f"{name}-walk", services.walks.between, (a, b, path), command)
    joystick.joystick(at, sliders.request(at))


with page.page(
    "Traverse",
    "What does each [direction] of the [latent space] mean? Move a slider and see what changes.",
    *state.shown(),
):
    traverse(page.bundle_name())
