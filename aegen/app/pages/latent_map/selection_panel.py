"""The panel beside the map: who is selected, which row is pinned, and where to go with them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from aegen.app import navigation, services
from aegen.app.components.drawing import drawing
from aegen.app.pages.target import state as target_state
from aegen.app.place import Place
from aegen.app.row_selection import AttributeEquals, Selection
from aegen.app.state import draws, map, pictures
from aegen.app.widgets import latent_map, picture_grid, share_bar, target_text, values
from aegen.app.widgets.markdown import plain
from aegen.core.arrays import IntArray
from aegen.core.errors import AegenError

__all__ = ["pinned_row", "selected_rows", "sheet_rows"]

SHEET = 24
"""Rows shown of a selection."""


def selected_rows(name: str, colour: str) -> None:
    """Who is selected: how many, made of what, what they look like, and what to do with them."""
    attributes = list(services.bundles.bundle(name).manifest.attributes)
    attribute = colour if colour in attributes else next(iter(attributes), "")
    chosen = map.selected.get()
    if chosen is None:
        st.markdown("**Nothing selected**")
        st.caption("Draw around some points to see who they are, or pick a value.")
        _pick(name, attribute)
        _kept()
        return
    try:
        rows = services.rows.rows_of(name, chosen)
    except AegenError:  # the selection is remembered, so the button that clears it comes with it
        _clear()
        raise
    total = services.bundles.bundle(name).manifest.rows
    named = map.name_of(chosen)
    title = "" if named is None else f"**{plain(named)}** · "
    st.markdown(f"{title}**{len(rows):,}** of {total:,} rows selected")
    if not len(rows):
        st.caption("There is no row inside: draw a larger area, or zoom in first.")
        _clear()
        return
    _make_up(name, attribute)
    _sheet(name, rows)
    _acts(name)
    _kept()


def _kept() -> None:
    """The selections that have names, to select them again."""
    known = map.kept.get()
    if not known:
        return
    st.caption("Kept selections")
    with st.container(horizontal=True, gap="small"):
        for name, selection in known:
            now = selection == map.selected.get()
            st.button(
                plain(name),
                key=f"kept:{name}",
                type="primary" if now else "secondary",
                on_click=latent_map.select,
                args=(selection,),
            )


def _pick(name: str, attribute: str) -> None:
    """Select the rows with a value, without drawing: of the colour, or of the first category."""
    about = services.bundles.bundle(name).manifest.attributes
    categories = [one for one in (attribute, *about) if one and about[one].kind == "category"]
    if categories:
        attribute = categories[0]
        there = services.values.found(name, attribute)
        key = f"pick:{name}:{attribute}"
        label = values.attribute_label(name, attribute)
        args = (attribute, key)
        values.pills(label, name, attribute, there, key=key, on_change=_take_value, args=args)


def _take_value(attribute: str, key: str) -> None:
    value = st.session_state[key]
    if value is not None:
        map.selected.set(AttributeEquals(attribute, str(value)))
        st.session_state[key] = None


def _make_up(name: str, attribute: str) -> None:
    from aegen.figures import bars

    chosen = map.selected.get()
    if not attribute or chosen is None:
        return
    parts = services.rows.members(name, chosen, attribute)
    large = [part for part in parts if part[1] >= 0.01][:8] or parts[:1]
    names, shares, among_all, colours, seen = zip(*large, strict=True)
    rest, title = 1 - sum(shares), values.attribute_label(name, attribute)
    drawn = bars(names, shares, colours=colours, reference=among_all, pictures=seen, title=title)
    drawing(drawn, key="make-up")
    others = f" Others: {100 * rest:.0f} %." if rest > 0.005 else ""
    of = plain(services.values.title(name, attribute))
    st.caption(f"Share of each {of}; the mark is its share among all rows.{others}")


def sheet_rows(rows: Sequence[int] | IntArray, limit: int = SHEET) -> tuple[int, ...]:
    """At most ``limit`` of ``rows``, evenly spread, so the same selection shows the same ones.

    Example:
        >>> sheet_rows([3, 5, 8, 9], 2)
        (3, 9)
    """
    if len(rows) <= limit:
        return tuple(int(row) for row in rows)
    places = np.linspace(0, len(rows) - 1, limit).round().astype(int)
    return tuple(int(rows[place]) for place in places)


def _sheet(name: str, rows: IntArray) -> None:
    picture_grid.of_rows(
        name, sheet_rows(rows), key="selection-sheet", label="Selected row", columns=8
    )


def _acts(name: str) -> None:
    chosen = map.selected.get()
    assert chosen is not None
    if st.button("Generate like these", type="primary", icon=":material/casino:", width="stretch"):
        draws.within.set(chosen)
        st.switch_page(navigation.entry("sample").path)
    if st.button(
        "Ask for this and more",
        icon=":material/target:",
        width="stretch",
        help="As a condition on the Target page, where others can be added.",
    ):
        target_text.add(target_state.target, target_text.condition(chosen))
        st.switch_page(navigation.entry("target").path)
    with st.container(horizontal=True):
        _name(chosen)
        st.download_button(
            "CSV",
            lambda: services.rows.kept_rows(name, chosen),
            file_name=f"{name}-selection.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The selected rows with their attributes, as a CSV file.",
        )
        _clear()


def _name(chosen: Selection) -> None:
    """Keep the selection under a name, or forget the name."""
    named = map.name_of(chosen)
    if named is not None:
        st.button("Forget", icon=":material/bookmark_remove:", on_click=_forget, args=(named,))
        return
    with st.popover("Keep", icon=":material/bookmark_add:"):
        key = "kept:name"
        st.text_input(
            "Name",
            key=key,
            max_chars=map.LONGEST_NAME,
            placeholder="slanted sevens",
            help="The selection is then listed here, and Target can ask for it by this name.",
        )
        full = len(map.kept.get()) >= map.MOST_KEPT
        if full:
            st.caption(f"{map.MOST_KEPT} selections are kept: forget one of them first.")
        st.button(
            "Keep it",
            type="primary",
            disabled=full or not str(st.session_state[key]).strip(),
            on_click=_keep,
            args=(chosen, key),
        )


def _keep(chosen: Selection, key: str) -> None:
    """Under a name that is used already it takes the place of what was there."""
    name = str(st.session_state[key]).strip()
    map.kept.set(tuple({**dict(map.kept.get()), name: chosen}.items()))


def _forget(name: str) -> None:
    map.kept.set(tuple(each for each in map.kept.get() if each[0] != name))


def _clear() -> None:
    st.button("Clear", on_click=latent_map.clear, icon=":material/close:")


def pinned_row(name: str) -> None:
    """The pinned row: its picture, its attributes, where to go from it."""
    row = map.pinned.get()
    if row is None:
        return
    attributes = services.bundles.sample_of(name, row)
    lines = "<br>".join(f"{escape(key)} {escape(value)}" for key, value in attributes.items())
    with st.container(border=True):
        picture = services.images.sheet(name, (row,))[0]
        share_bar.beside([(picture, f"<b>row {row}</b><br>{lines}")])
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Look closer", icon=":material/zoom_in:"):
                pictures.open_at(Place(name, row))
                st.rerun()
            navigation.link("traverse", "Traverse from here")
            st.button(
                "Unpin", on_click=latent_map.unpin, type="tertiary", icon=":material/keep_off:"
            )
