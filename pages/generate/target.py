"""Target: new images with wished properties, transfers between groups, edits of one picture."""

import streamlit as st

from aegen.app import controls, edits, frame, state, targeted, transfers, waiting, wishes

AIMS = {
    "draw": "Draw new pictures",
    "edit": "Edit one picture",
    "transfer": "Transfer between groups",
}


@frame.part
def target(name: str) -> None:
    """What is wanted, and what comes of it."""
    aim = controls.choose(
        "What to do",
        state.aim,
        list(AIMS),
        kind="segments",
        format_func=AIMS.__getitem__,
        label_visibility="collapsed",
    )
    {"draw": draw, "edit": edit, "transfer": transfer}[aim](name)


def draw(name: str) -> None:
    """Draws that fulfil a target put together from conditions."""
    state.publish(targeted.SHOWN)
    wanted = wishes.builder(name, state.want)
    if wanted is None:
        targeted.place(name, state.want, None)
        return
    wish = targeted.chosen(name, state.want.get())
    targeted.matching(name, wish.text)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        found = targeted.pictures(wish) if waiting.ready(wish.spec) else None
    with right:
        targeted.place(name, state.want, found)
    if found is None:
        return
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        targeted.figures(wish, found)
    with right:
        targeted.ways(wish, found)
    if len(found):
        targeted.share(wish)


def edit(name: str) -> None:
    """One picture on its way to other attribute values."""
    change = edits.asked(name)
    if change is not None:
        edits.read_out(change, edits.strip(change))
        edits.share(change)


def transfer(name: str) -> None:
    """The dependence of one group with the margins of another."""
    asked = transfers.asked(name)
    if asked is not None:
        left, right = st.columns([1.5, 1], gap="large")
        with left:
            found = transfers.pictures(asked)
        with right:
            transfers.figures(found)
        transfers.share(asked)


with frame.page(
    "Target",
    "New images with properties that you ask for: an attribute, a place on the map, nearness to a "
    "picture, or all at once.",
    *targeted.SHOWN,
):
    target(frame.bundle_name())
