"""A tour of the pages in two minutes: a bar on top that says what to try, and leads on."""

from __future__ import annotations

import streamlit as st

from aegen.app import glossary, navigation
from aegen.app.state import tour, visit

__all__ = ["STOPS", "bar", "begin"]

STOPS = (
    (
        "latent-map",
        "Every dot is a picture, placed by its [code]. Move the pointer over some: near dots look "
        "alike. Then draw around a few with the lasso.",
    ),
    (
        "traverse",
        "One picture, and [directions] to move it in. Drag a slider and watch; further down it "
        "walks over to another picture.",
    ),
    (
        "sample",
        "New pictures that nobody has seen, drawn by a [latent model]. Click one: beside it "
        "stands the training picture nearest to it.",
    ),
    (
        "target",
        "Ask for what you want: pick a value, and see how often it is found and what that rests "
        "on.",
    ),
    (
        "compare",
        "Which latent model to take? The sentence on top says so; models that [copy] are out of "
        "the ranking. Measuring takes a while the first time: go on, it will be there later.",
    ),
    (
        "masks",
        "A network whose random weights were never trained, only [kept, inverted or dropped]"
        "(keep, invert, drop). Drag the epoch and watch its first layer find the picture.",
    ),
    (
        "help",
        "Dotted words lead here, and each latent model and metric has its card. That was the "
        "tour; Bring your own is the page for an autoencoder of yours.",
    ),
)
"""The pages in turn, by address, each with what to try there."""


def begin() -> None:
    """Go to the first stop."""
    _go(1)


def bar() -> None:
    """What to try on this page, where a person is on the tour."""
    stop = tour.stop()
    if not 1 <= stop <= len(STOPS):
        return
    address, said = STOPS[stop - 1]
    here = visit.memory().page in (address, "")
    title = navigation.entry(address).title
    with st.container(border=True, key="tour"):
        words, buttons = st.columns([3, 1.4], vertical_alignment="center")
        words.markdown(
            f"**Tour, {stop} of {len(STOPS)} · {title}**  \n"
            + (glossary.linked(said) if here else "You have left the tour for a while.")
        )
        with buttons, st.container(horizontal=True, horizontal_alignment="right"):
            _buttons(stop, here)


def _buttons(stop: int, here: bool) -> None:
    label, to = "Back to the tour", stop
    if here and stop < len(STOPS):
        label, to = f"Next: {navigation.entry(STOPS[stop][0]).title}", stop + 1
    if (to != stop or not here) and st.button(label, type="primary", icon=":material/tour:"):
        _go(to)
    st.button("End", on_click=tour.leave, key="tour-end")


def _go(stop: int) -> None:
    tour.put(stop)
    st.switch_page(navigation.entry(STOPS[stop - 1][0]).path)
