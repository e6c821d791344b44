"""The interpolation from one picture to another on Traverse: its path, its slider, its strip."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.scrubber import scrubber
from aegen.app.pages.traverse import end_cards, state
from aegen.app.pages.traverse.model import STEPS_BETWEEN, Interpolation
from aegen.app.place import Place, at_code
from aegen.app.services.places import origin
from aegen.app.state import pictures, visit
from aegen.app.widgets import bound, picture_grid
from aegen.app.widgets.markdown import plain
from aegen.core.images import quantize

__all__ = ["morph", "strip"]

PATHS = {"straight": "Straight", "spherical": "Spherical", "dense": "Dense"}
PATHS_HELP = (
    "**Straight**: in equal steps on the line between the codes. In many dimensions its middle "
    "comes nearer to the centre than codes usually lie.  \n"
    "**Spherical**: turns around the middle of all codes, so the distance from it changes "
    "evenly.  \n"
    "**Dense**: keeps to where rows lie close together, so every step looks like the data."
)


def morph(at: Place) -> tuple[Place, Place, str]:
    """Both ends as cards, and between them the path; gives the ends and the path's kind."""
    name = at.bundle
    a = end_cards.end(name, state.first, at)
    b = end_cards.end(name, state.second, end_cards.second_default(name))
    if state.second.get() is None:
        state.second.set(b)
    left, middle, right = st.columns([1, 1, 1], gap="medium")
    with left:
        end_cards.end_card("A", state.first, a, f"The picture above: {origin(at)}")
    with right:
        end_cards.end_card("B", state.second, b)
    with middle:
        path = bound.choose(
            "Path",
            state.path,
            list(PATHS),
            kind="segments",
            format_func=PATHS.__getitem__,
            help=PATHS_HELP,
        )
        _between(a, b, path)
    return a, b, path


def _between(a: Place, b: Place, path: str) -> None:
    """The picture that the slider is at, and what the classifier sees there."""
    codes, frames = services.walks.scrubbed(a, b, path, state.LAST + 1)
    at = state.step.get()
    arriving, visit.memory().arriving = visit.memory().arriving, ""
    done = scrubber(
        frames, key="morph", label="Between the pictures", at=at, seen=arriving == "morph"
    )
    found = services.places.seen(at_code(a.bundle, codes[at], "path"))
    if found:
        drawing(services.places.readings_drawing(found), key="morph-readings")
    if done is None:
        return
    if done.opened:
        state.step.set(done.at)
        pictures.open_at(at_code(a.bundle, codes[done.at], "path"))
        st.rerun()
    if done.at != at:
        state.step.set(done.at)
        st.rerun(scope="fragment")


def strip(a: Place, b: Place, found: Interpolation) -> None:
    """The strip from one end to the other, with what the classifier sees in each picture."""
    words = "".join(
        f'<span title="{escape(one.attribute)} {100 * one.share:.0f} %">{escape(one.value)}</span>'
        for one in found.readings
    )
    with st.container(gap=None):
        picture_grid.picture_grid(
            quantize(found.images),
            lambda k: at_code(a.bundle, found.codes[k], "path"),
            key="morph-strip",
            label="Picture on the path",
            columns=STEPS_BETWEEN,
        )
        st.html(
            f'<div style="display:grid;grid-template-columns:repeat({STEPS_BETWEEN},1fr);'
            f'text-align:center;font-size:.85rem;opacity:.8">{words}</div>'
        )
    read = found.readings[:1]
    seen = "".join(f" Below each picture: the {one.attribute} seen in it." for one in read)
    st.caption(f"{plain(origin(a))} → {plain(origin(b))}.{seen}")
