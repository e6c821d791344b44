"""A gallery of failures: what each latent model does worst, in pictures."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.pages.compare import state
from aegen.app.services.comparisons import ComparisonRequest
from aegen.app.services.failures import Gallery
from aegen.app.widgets import bound, picture_grid
from aegen.core.errors import AegenError

__all__ = ["failures"]


def failures(asked: ComparisonRequest) -> None:
    """The gallery, where it is asked for."""
    bound.switch(
        "Show where each model fails",
        state.failures,
        help="The strangest draws, those that copy most, and real images that no draw comes near.",
    )
    if not state.failures.get():
        return
    for model in asked.measured:
        st.markdown(f"**{services.comparisons.candidate_of(model).title}**")
        spec = services.comparisons.spec_of(asked.bundle, model)
        try:
            with st.spinner("Looking for the worst draws"):
                found = services.failures.gallery(spec, asked.draws, asked.seed)
        except AegenError as problem:
            st.caption(f"No gallery: {problem}.")
            continue
        _gallery(model, found)
    st.caption(
        f"Of {asked.draws:,} draws each, seed {asked.seed}, by distance between codes. A real "
        "image is held out, as the decoder shows it."
    )


def _gallery(model: str, found: Gallery) -> None:
    """Strips of the worst, each with what it is to be held against below it."""
    shown = [
        ("Strangest draws: farthest from any training row", found.strange, ()),
        ("Nearest to copies; below, their training rows", found.copied, found.originals),
        ("Real images most missed; below, the draws nearest to them", found.missed, found.nearest),
    ]
    for k, (column, (about, *strips)) in enumerate(zip(st.columns(3), shown, strict=True)):
        with column, st.container(gap="xsmall"):
            for j, strip in enumerate(strips):
                if strip:
                    key = f"failures-{model}-{k}-{j}"
                    picture_grid.of_places(strip, key=key, label=about, columns=len(strip))
            if strips[0]:
                st.caption(about)
