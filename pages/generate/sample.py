"""Sample: new images from a latent model, and how new they are."""

import streamlit as st

from aegen.app import page, services
from aegen.app.pages.sample import draws, snippets, state
from aegen.app.widgets import copying, draw_grid, job_status, share_bar


@page.part
def sample(name: str) -> None:
    """Controls, pictures and figures; a new seed runs only this."""
    spec, slider = draws.chosen_model(name)
    n, seed = state.draws.count.get(), state.draws.seed.get()
    draws.restriction(spec)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        if not job_status.ready(spec):
            draws.how_new(spec, slider, there=False)
            draws.before(spec)
            return
        draws.how_new(spec, slider, there=True)
        draws.pictures(spec, n, seed)
    with right:
        copying.copying(services.draws.quality(spec))
        draws.why(spec)
        draw = services.draws.draw(spec, n, seed)
        copying.figures(spec, n, seed, draw_grid.chosen(name, draw))
    share_bar.share(
        "sample",
        snippets.python(spec, n, seed),
        snippets.command(spec, n, seed),
        share_bar.draw_files(f"{name}-{spec.sampler}-{seed}", services.draws.draw),
        (spec, n, seed),
        [lambda: draws.sheet(spec, n, seed)],
    )
    draws.moving(spec, n, seed)


with page.page(
    "Sample",
    "A [latent model] learns how the [codes] of {rows} {things} are spread, draws new ones, "
    "and the [autoencoder] turns them into pictures.",
    *state.SHOWN,
):
    sample(page.bundle_name())
