"""Which ticket the Masks page shows, a shipped or an uploaded one, and what it is."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from aegen.app import navigation
from aegen.app.pages.masks import state
from aegen.app.services import reconstruction, tickets
from aegen.app.services.evaluation_data import DATA_TITLES
from aegen.app.state.uploads import accept
from aegen.app.widgets import bound, ticket_names
from aegen.app.widgets.mask_layer import MaskedLayer
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["chosen_layer", "chosen_ticket", "show"]

MEGABYTES = 50
"""What a ticket, or a history, that is dropped here may have."""


def chosen_ticket() -> str:
    """The name of the ticket, from a picker or a file; "" where there is none yet.

    Raises:
        AegenError: the chosen ticket cannot be used.
    """
    chosen = state.ticket.get()
    names = ticket_names.at_hand(chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if names:
            if not chosen:
                state.ticket.set(names[0])
            state.ticket.keep(names)
            key = bound.bind(state.ticket)
            st.selectbox(
                "Ticket",
                names,
                key=key,
                format_func=ticket_names.called,
                help="A network made only of frozen weights that are kept, inverted or dropped: "
                "its masks and a seed.",
                width=330,
                on_change=_take,
                args=(key,),
            )
        _upload()
        if names:
            _facts(state.ticket.get())
    if not names:
        st.info(
            "There is no ticket yet: train one on the Train page, open a file, or name a folder "
            "of tickets in the environment variable AEGEN_MASKS.",
            icon=":material/info:",
        )
        navigation.link("train", "Train")
    return state.ticket.get() if names else ""


def _take(key: str) -> None:
    show(st.session_state[key])


def show(name: str) -> None:
    """Another ticket begins with its first layer, as it is."""
    state.ticket.set(name)
    for item in (*state.MASKS, state.passing):
        if item not in (state.ticket, state.against):
            item.reset()


def chosen_layer(layers: list[MaskedLayer]) -> MaskedLayer:
    """The layer that is looked at."""
    names = [layer.name for layer in layers]
    if not state.layer.get():
        state.layer.set(names[0])
    return layers[names.index(state.layer.keep(names))]


def _upload() -> None:
    with st.popover("Open a file", icon=":material/upload_file:"):
        accept("ticket", MEGABYTES)
        given = st.file_uploader(
            "A .ticket file, and its .history if you have it",
            accept_multiple_files=True,
            key="ticket-files",
            max_upload_size=MEGABYTES,
            help="Nothing in such a file is run. It stays on the computer that serves this page.",
        )
        if given:
            try:
                name = _taken(given)
            except AegenError as problem:
                show_problem(problem)
                return
            if st.button("Show it", icon=":material/grid_on:", type="primary"):
                show(name)
                st.rerun()


def _taken(files: list[Any]) -> str:
    """The name of a ticket among uploaded files."""
    histories = [file for file in files if file.name.endswith(".history")]
    others = [file for file in files if file not in histories]
    if len(others) != 1 or len(histories) > 1:
        raise AegenError("give one .ticket file, and with it at most one .history file")
    beside = histories[0].getvalue() if histories else None
    file = others[0].name
    name = tickets.add_ticket(others[0].getvalue(), beside, file=file)
    ticket_names.brought(name, file)
    return name


def _facts(name: str) -> None:
    """Accuracy, size and what remains, in a line."""
    ticket = tickets.ticket(name)
    about = ticket.about
    total = tickets.total(name)
    accuracy = about.get("accuracy")
    data = str(about.get("data", ""))
    facts = []
    if isinstance(accuracy, (int, float)):
        on = f" on {DATA_TITLES.get(data, data)}" if data else ""
        right = "recognised once redrawn" if reconstruction.picture(name) is not None else "right"
        facts.append((f"{100 * accuracy:.2f} %", f"{right}{on}"))
    facts += [
        (f"{100 * total.remaining:.2f} %", f"of {total.total:,} weights remain"),
        (_bytes(tickets.ticket_bytes(name)), f"against {_bytes(4 * total.total)} dense"),
    ]
    columns = "".join(
        f'<div><div style="font-size:1.25rem;font-weight:600;line-height:1.25">{escape(big)}</div>'
        f'<div style="font-size:.8rem;opacity:.72">{escape(small)}</div></div>'
        for big, small in facts
    )
    st.html(
        '<div title="Right on test rows that it was not trained on, as the ticket says. Dense: '
        'the same weights as 32-bit numbers." style="display:flex;flex-wrap:wrap;gap:4px 28px;'
        f'font-variant-numeric:tabular-nums">{columns}</div>'
    )


def _bytes(n: int) -> str:
    """A size in words.

    Example:
        >>> _bytes(8300), _bytes(17_203_968)
        ('8.3 kB', '17.2 MB')
    """
    return f"{n / 1e6:.1f} MB" if n >= 1e6 else f"{n / 1e3:.1f} kB"
