"""Target: new images with requested properties, transfers between groups, edits of one picture."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.target import builder, edit, results, state, transfer
from aegen.app.state import link
from aegen.app.widgets import bound, job_status

MODES = {
    "draw": "Draw new pictures",
    "edit": "Edit one picture",
    "transfer": "Transfer between groups",
}


@page.part
def target(name: str) -> None:
    mode = bound.choose(
        "What to do",
        state.mode,
        list(MODES),
        kind="segments",
        format_func=MODES.__getitem__,
        label_visibility="collapsed",
    )
    {"draw": draw, "edit": edit_picture, "transfer": transfer_groups}[mode](name)


def draw(name: str) -> None:
    """Draws that fulfil a target put together from conditions."""
    link.show(state.DRAW)
    wanted = builder.builder(name, state.target)
    if wanted is None:
        results.place(name, state.target, None)
        return
    request = results.chosen(name, state.target.get())
    results.matching(name, request.text)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        found = results.pictures(request) if job_status.ready(request.spec) else None
    with right:
        results.place(name, state.target, found)
    if found is not None:
        left, right = st.columns([1.25, 1], gap="large")
        with left:
            results.figures(request, found)
        with right:
            results.ways(request, found)
        if len(found):
            results.share(request)


def edit_picture(name: str) -> None:
    """The path of one picture to other attribute values."""
    change = edit.asked(name)
    if change is not None:
        edit.read_out(change, edit.strip(change))
        edit.share(change)


def transfer_groups(name: str) -> None:
    """The dependence of one group with the margins of another."""
    asked = transfer.asked(name)
    if asked is not None:
        left, right = st.columns([1.5, 1], gap="large")
        with left:
            found = transfer.pictures(asked)
        with right:
            transfer.figures(name, found)
        transfer.share(asked)


with page.page(
    "Target",
    "New {things} with properties that you ask for: an [attribute], a place on the map, nearness "
    "to a picture, or all at once.",
    *state.DRAW,
):
    target(page.bundle_name())
