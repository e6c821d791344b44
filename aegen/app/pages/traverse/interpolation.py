"""The interpolation from one picture to another on Traverse: its ends, its path, its strip."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app.pages.traverse import state
from aegen.app.pages.traverse.model import STEPS_BETWEEN, Interpolation, Place, origin
from aegen.app.state import link
from aegen.app.widgets import bound, row_picker, share_bar

__all__ = ["ends", "strip"]

PATHS = {"straight": "Straight", "spherical": "Spherical", "dense": "Dense"}
PATHS_HELP = (
    "**Straight**: in equal steps on the line between the codes. In many dimensions its middle "
    "comes nearer to the centre than codes usually lie.  \n"
    "**Spherical**: turns around the middle of all codes, so the distance from it changes "
    "evenly.  \n"
    "**Dense**: keeps to where rows lie close together, so every step looks like the data."
)


def ends(at: Place) -> tuple[Place, Place, str]:
    """Two places and the path between them."""
    name = at.bundle
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row_picker.row_field(
            "From row",
            name,
            state.first,
            None,
            bound.take,
            help="Empty starts from the picture above, with all its moves.",
        )
        _end_buttons(name, state.first, None, "The picture above, with all its moves.")
        row_picker.row_field(
            "To row", name, state.second, row_picker.default_row(name, 1), bound.take
        )
        _end_buttons(name, state.second, at.row, "The row that you started from above.")
        path = bound.choose(
            "Path",
            state.path,
            list(PATHS),
            kind="segments",
            format_func=PATHS.__getitem__,
            help=PATHS_HELP,
        )
    first, second = state.first.get(), state.second.get()
    return at if first is None else Place(name, first), Place(name, second), path


def _end_buttons(name: str, item: link.Item[int | None], row: int | None, pin: str) -> None:
    key = f"walk:{item.key}"
    st.button(
        "",
        key=f"{key}:roll",
        icon=":material/casino:",
        on_click=row_picker.random_row,
        args=(name, item),
        help="A row at random.",
    )
    st.button(
        "", key=f"{key}:pin", icon=":material/push_pin:", on_click=item.set, args=(row,), help=pin
    )


def strip(a: Place, b: Place, found: Interpolation) -> None:
    """The strip from one end to the other, with what the classifier sees in each picture."""
    from aegen.figures.filmstrip import filmstrip

    words = "".join(
        f'<span title="{escape(one.attribute)} {100 * one.share:.0f} %">{escape(one.value)}</span>'
        for one in found.readings
    )
    source = share_bar.source(filmstrip(found.images))
    st.html(
        f'<img alt="{STEPS_BETWEEN} pictures on the path" src="{source}" '
        'style="width:100%;max-width:1000px;display:block">'
        f'<div style="display:grid;grid-template-columns:repeat({STEPS_BETWEEN},1fr);'
        f'max-width:1000px;text-align:center;font-size:.85rem;opacity:.8">{words}</div>'
    )
    seen = (
        f" Below each picture: the {found.readings[0].attribute} seen in it."
        if found.readings
        else ""
    )
    st.caption(f"{origin(a)} → {origin(b)}.{seen}")
