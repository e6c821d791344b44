"""Sample: new images from a latent model, and how new they are."""

import streamlit as st

from aegen.app import drawn, frame, panels, snippets, state, waiting, worth


@frame.part
def sample(name: str) -> None:
    """Controls, pictures and figures; a new seed runs only this."""
    spec = drawn.chosen_model(name)
    n, seed = state.count.get(), state.seed.get()
    drawn.restriction(spec)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        if not waiting.ready(spec):
            drawn.before(spec)
            return
        drawn.pictures(spec, n, seed)
    with right:
        worth.copies(spec)
        drawn.picked(spec, n, seed)
        worth.figures(spec, n, seed)
    panels.share(
        "sample",
        snippets.python(spec, n, seed),
        snippets.command(spec, n, seed),
        [
            ("PNG", f"{name}-{spec.sampler}-{seed}.png", "image/png", drawn.png_file),
            ("npz", f"{name}-{spec.sampler}-{seed}.npz", "application/zip", drawn.npz_file),
        ],
        (spec, n, seed),
    )


with frame.page(
    "Sample",
    "A latent model learns how the codes of {rows} images are spread, draws new ones, "
    "and the autoencoder turns them into pictures.",
    *drawn.SHOWN,
):
    sample(frame.bundle_name())
