"""The two ends of a morph as cards: each a picture, and others to choose it from."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.image_grid import image_grid
from aegen.app.pages.traverse import state
from aegen.app.place import Place
from aegen.app.row_selection import AttributeEquals, parse
from aegen.app.services.places import origin
from aegen.app.state import formats, link, pictures, visit
from aegen.app.widgets import picture_grid, row_picker, values
from aegen.app.widgets.markdown import plain
from aegen.core.errors import AegenError

__all__ = ["end", "end_card", "second_default"]

OFFERED, ACROSS = 12, 4
"""Pictures to choose from, and how many side by side."""

FEW = 12
"""Values of the only attribute up to which each has a button of its own."""

End = link.Item[Place | None]


def end(name: str, item: End, otherwise: Place) -> Place:
    """The picture at an end; one that is not there is named to the person and replaced."""
    place = item.get()
    if place is not None:
        try:
            services.places.code_of(place)
        except AegenError as problem:
            rows = services.bundles.bundle(name).manifest.rows
            visit.notify(
                f"{problem}."
                if place.row is None
                else f"There is no row {place.row:,} here; rows go from 0 to {rows - 1:,}."
            )
            place = None
            item.reset()
    return otherwise if place is None else place


def end_card(letter: str, item: End, place: Place, above: str = "") -> None:
    """One end: its picture, a filter, and pictures to choose another from.

    Where there is a sentence for the picture ``above``, the end can be that one.
    """
    name, key = place.bundle, letter.lower()
    with st.container(border=True, gap="small", key=f"end-card-{key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width=84):
                picture_grid.of_places(
                    [services.places.settled(place)], key=f"end-{key}", label=f"Picture {letter}"
                )
            own = above and item.get() is None
            with st.container(gap=None, vertical_alignment="center", key=f"end-said-{key}"):
                st.caption(f"**{letter}** · {plain(above if own else origin(place))}")
                if above:
                    st.button(
                        "Use the picture above",
                        on_click=item.reset,
                        type="tertiary",
                        disabled=bool(own),
                        key=f"above-{key}",
                    )
        _filter(name, key)
        _offered(name, key, item)


def _filter(name: str, key: str) -> None:
    """What the offered pictures have in common."""
    item = state.like(key)
    options = _options(name)
    if item.get() not in ["", state.KEPT, *options]:
        visit.notify(f"There are no pictures with {item.get()} here; you see any.")
        item.reset()
    attributes = {attribute for attribute, _ in options.values()}
    values.style()
    kept = [state.KEPT] if pictures.kept.get() else []
    if len(attributes) == 1 and len(options) <= FEW:
        words = {text: values.label(name, *named) for text, named in options.items()}
        widget: Any = st.pills
    else:
        words = {
            text: f"{values.attribute_label(name, attribute)}: "
            f"{services.values.title(name, attribute, value)}"
            for text, (attribute, value) in options.items()
        }
        widget = st.selectbox
    if not options and not kept:
        return
    widget_key = f"widget:{item.key}"
    shown = item.get() or None
    if st.session_state.get(widget_key) != shown:
        st.session_state[widget_key] = shown
    more = {} if widget is st.pills else {"index": None, "placeholder": "Any picture"}
    widget(
        f"Which pictures to choose {key.upper()} from",
        [*options, *kept],
        key=widget_key,
        format_func=lambda text: words.get(text, "Kept pictures"),
        label_visibility="collapsed",
        on_change=_take,
        args=(item, widget_key),
        **more,
    )


def _take(item: link.Item[str], key: str) -> None:
    item.set(st.session_state[key] or "")


def _options(name: str) -> dict[str, tuple[str, str]]:
    """Every value that rows have of every attribute, by its text as a selection."""
    about = services.bundles.bundle(name).manifest.attributes
    return {
        AttributeEquals(attribute, _selected(value, about[attribute].kind)).text(): (
            attribute,
            value,
        )
        for attribute in about
        for value in services.values.found(name, attribute)
    }


def _selected(value: str, kind: str) -> str:
    """A value as a selection names it: "yes" and "no" as a table's texts do."""
    return str(value == "yes") if kind == "binary" else value


def _offered(name: str, key: str, item: End) -> None:
    """Pictures that the end can become, a row by its number, and others."""
    like, roll = state.like(key), state.roll(key)
    if like.get() == state.KEPT and pictures.kept.get():
        places = list(pictures.kept.get())[:OFFERED]
    else:
        selection = parse(like.get()) if like.get() not in ("", state.KEPT) else None
        seed = 2 * roll.get() + (key == "b")
        rows = services.rows.some_of(name, selection, OFFERED, seed)
        places = [Place(name, row) for row in rows]
    now = item.get()
    choice = image_grid(
        services.places.pictures(name, tuple(places)),
        key=f"offered-{key}",
        label=f"Picture {key.upper()} could be",
        names=[origin(place) for place in places],
        columns=ACROSS,
        chosen=places.index(now) if now in places else None,
    )
    if choice is not None:
        item.set(places[choice])
        st.rerun(scope="fragment")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Others",
            icon=":material/casino:",
            key=f"others-{key}",
            on_click=lambda: roll.set((roll.get() + 1) % formats.HIGHEST_SEED),
        )
        _by_number(name, key, item)


def _by_number(name: str, key: str, item: End) -> None:
    place = item.get()
    shown = place.row if place is not None and place.uploaded is None else None
    widget_key = f"walk:{item.key}"
    if widget_key not in st.session_state or st.session_state[widget_key] != shown:
        st.session_state[widget_key] = shown
    st.number_input(
        f"Row of {key.upper()}",
        0,
        services.bundles.bundle(name).manifest.rows - 1,
        None,
        key=widget_key,
        step=1,
        width=150,
        placeholder="or a row",
        label_visibility="collapsed",
        on_change=_take_row,
        args=(name, item, widget_key),
    )


def _take_row(name: str, item: End, key: str) -> None:
    """The row typed in; an emptied field keeps the picture."""
    row = st.session_state[key]
    if row is not None:
        item.set(Place(name, int(row)))


def second_default(name: str) -> Place:
    """Where a morph ends at first."""
    return Place(name, row_picker.default_row(name, 1))
