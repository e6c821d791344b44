"""A ticket beside others: how far their masks overlap, and what else distinguishes them."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aegen.app.components.drawing import drawing
from aegen.app.pages.masks import state
from aegen.app.services import interventions, tickets
from aegen.app.state import visit
from aegen.app.widgets import bound, share_bar, ticket_names
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.mask_curves import colours
from aegen.core.errors import AegenError

__all__ = ["beside_others"]

MOST = 6


def beside_others(name: str) -> None:
    """Which tickets, and how they compare."""
    st.subheader("Beside other tickets", anchor=False)
    others = [o for o in ticket_names.at_hand(name, *state.against.get()) if o != name]
    if not others:
        st.caption("There is no other ticket yet: train one, or open a file.")
        return
    item = state.against
    known = tuple(each for each in item.get() if each in others)
    if len(known) > MOST:
        visit.notify(f"The link names {len(known)} tickets to compare with; the first {MOST} are.")
    item.set(known[:MOST])
    key = bound.bind(item)
    st.session_state[key] = list(item.get())
    st.multiselect(
        "Compared with",
        others,
        key=key,
        format_func=ticket_names.called,
        max_selections=MOST,
        placeholder="Choose tickets, such as the same network trained from another seed",
        on_change=_take,
        args=(key,),
    )
    if item.get():
        _figures((name, *item.get()))
        for other in item.get():
            _overlap(name, other)


def _take(key: str) -> None:
    state.against.set(tuple(st.session_state[key]))


def _figures(names: tuple[str, ...]) -> None:
    """One line a ticket: accuracy, size, what remains in each layer."""
    rows = []
    for name in names:
        ticket = tickets.ticket(name)
        accuracy = ticket.about.get("accuracy")
        rows.append(
            {
                "Ticket": ticket_names.called(name),
                "Right, as it says": f"{100 * accuracy:.2f} %"
                if isinstance(accuracy, (int, float))
                else "not said",
                "Remaining": f"{100 * ticket.total.remaining:.2f} %",
                "Inverted of these": f"{100 * ticket.total.inverted:.1f} %",
                "File": f"{tickets.ticket_bytes(name) / 1e3:.1f} kB",
                **{
                    layer: f"{100 * counts.remaining:.2f} %"
                    for layer, counts in ticket.counts.items()
                },
            }
        )
    st.dataframe(rows, hide_index=True)


def _overlap(name: str, other: str) -> None:
    """How alike two tickets are, layer by layer, beside chance."""
    from aegen.figures.mask_overlap import alike

    try:
        found = interventions.like(name, other)
    except AegenError:
        st.caption(
            f"{plain(ticket_names.called(other))} has layers of other shapes, so its masks "
            "cannot be laid over these."
        )
        return
    left, right = st.columns([1.6, 1], gap="large", vertical_alignment="center")
    with left:
        st.markdown(f"**Beside {plain(ticket_names.called(other))}**")
        drawing(
            alike(
                [
                    (layer, each.jaccard, each.jaccard_by_input, each.expected_jaccard)
                    for layer, each in found.items()
                ]
            ),
            key=f"alike-{other}",
        )
        st.caption(
            "Shared: of the weights that remain in one or the other, how many remain in both. "
            "Marks: by chance alone (thin), and by chance where only how often each input is read "
            "is the same (thick): a bar beyond both says that the two agree on units as well."
        )
    with right:
        _looks(name, other)


def _looks(name: str, other: str) -> None:
    """Where the first layers that read a picture look, side by side."""
    from aegen.figures.input_map import input_map, painted

    pictures = tickets.places(name)
    if not pictures:
        return
    layer, shape = next(iter(pictures.items()))
    share_bar.beside(
        [
            (
                painted(input_map(_units_by_inputs(each, layer), shape), colours()),
                f"<b>{escape(ticket_names.called(each))}</b><br>where {escape(layer)} looks",
            )
            for each in (name, other)
        ],
        side=104,
    )


def _units_by_inputs(name: str, layer: str) -> NDArray[np.int8]:
    mask: NDArray[np.int8] = tickets.masks_at(name, None)[layer]
    return mask.reshape(len(mask), -1)
