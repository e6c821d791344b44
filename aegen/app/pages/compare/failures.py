"""A gallery of failures: what each latent model does worst, in pictures."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import services
from aegen.app.pages.compare import state
from aegen.app.services.comparisons import ComparisonRequest
from aegen.app.services.failures import Gallery
from aegen.app.widgets import bound, share_bar
from aegen.core.arrays import ByteArray
from aegen.core.errors import AegenError
from aegen.core.images import grid

__all__ = ["failures"]

STYLE = """
<style>
.aegen-failures { display: flex; flex-wrap: wrap; gap: 14px 22px; }
.aegen-failures figure { margin: 0; flex: 1 1 250px; max-width: 420px; }
.aegen-failures img { width: 100%; image-rendering: pixelated; display: block;
border-radius: 4px; }
.aegen-failures img + img { margin-top: 3px; }
.aegen-failures figcaption { font-size: .82rem; line-height: 1.4; opacity: .8; margin-top: 4px; }
</style>
"""


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
        st.html(STYLE + _html(found))
    st.caption(
        f"Of {asked.draws:,} draws each, seed {asked.seed}, by distance between codes. A real "
        "image is held out, as the decoder shows it."
    )


def _html(found: Gallery) -> str:
    parts = [
        _figure("Strangest draws: farthest from any training row", found.strange),
        _figure("Nearest to copies; below, their training rows", found.copied, found.originals),
    ]
    if len(found.missed):
        about = "Real images most missed; below, the draws nearest to them"
        parts.append(_figure(about, found.missed, found.nearest))
    return f'<div class="aegen-failures">{"".join(parts)}</div>'


def _figure(caption: str, *strips: ByteArray) -> str:
    """Strips of pictures above each other, and what they are."""
    images = "".join(
        f'<img src="{share_bar.source(grid(strip, columns=len(strip), gap=1))}" '
        f'alt="{len(strip)} pictures: {escape(caption)}">'
        for strip in strips
    )
    return f"<figure>{images}<figcaption>{escape(caption)}</figcaption></figure>"
