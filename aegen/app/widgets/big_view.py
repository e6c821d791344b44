"""One picture, large, and where it leads: its nearest rows, variations, and other pages."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import navigation, services
from aegen.app.components.drawing import drawing
from aegen.app.place import Place
from aegen.app.state import formats, map, pictures, visit
from aegen.app.widgets import bound, picture_grid, share_bar
from aegen.app.widgets.markdown import plain, sentence
from aegen.core.errors import AegenError

__all__ = ["big_view", "ends", "is_open"]

NEAREST, VARIATIONS, COLUMNS = 12, 12, 6


def is_open() -> bool:
    """Whether a picture is looked at; one that is not there is named to the person."""
    place = pictures.look.get()
    if place is None:
        return False
    try:
        services.places.code_of(place)
    except AegenError as problem:
        visit.notify(f"The picture that the link names is not there: {problem}.")
        pictures.close()
        return False
    return True


def big_view() -> None:
    """The picture that is looked at; where that is none any more the whole page runs again."""
    place = pictures.look.get()
    if place is None:
        st.rerun()
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        _picture(place)
        _parent(place)
        seen = st.container()
        _acts(place)
        ends(place.bundle)
    with right:
        _nearest(place)
        _variations(place)
    with seen:  # last, since the first time a classifier takes seconds to be there
        _seen(place)


def _picture(place: Place) -> None:
    """The picture, an original beside it, and what is known of it."""
    original = pictures.original(place)
    shown = [(services.places.picture(place), services.places.origin(place))]
    if original is not None:
        shown.insert(0, (original, "Your picture, as the network sees it"))
    images = "".join(
        f'<img alt="{escape(words)}" title="{escape(words)}" src="{share_bar.source(image)}" '
        f'style="width:{100 // len(shown) - len(shown) + 1}%;image-rendering:pixelated;'
        'border-radius:8px">'
        for image, words in shown
    )
    st.html(
        '<div style="display:flex;justify-content:space-between;max-width:340px;margin:auto">'
        f"{images}</div>"
    )
    st.caption(plain(services.places.origin(place)), text_alignment="center")
    if place.source == "picture" and place.uploaded is not None:
        word, why = services.places.likeness(place, original)
        st.markdown(f"**{sentence(word)}**: {plain(why)}." if word else f"{sentence(why)}.")
        if original is None:
            st.caption("The picture itself stays with the visit that it was given to.")


def _seen(place: Place) -> None:
    """What the classifier sees in a picture that is no row; those have their attributes."""
    if place.uploaded is not None:
        found = services.places.seen(place)
        if found:
            drawing(services.places.readings_drawing(found), key="look-readings")


def _acts(place: Place) -> None:
    """Where the picture leads."""
    kept = place in pictures.kept.get()
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Kept" if kept else "Keep",
            icon=":material/bookmark_added:" if kept else ":material/bookmark:",
            type="primary" if kept else "secondary",
            help="Takes it out of the tray again."
            if kept
            else "Puts it into the tray on the left.",
            key="look-keep",
        ):
            pictures.keep(place)
            st.rerun()
        for item, letter in ((pictures.first, "A"), (pictures.second, "B")):
            if st.button(
                f"Set as {letter}",
                key=f"look-{letter}",
                type="primary" if item.get() == place else "secondary",
                help=f"The picture that a morph {'starts from' if letter == 'A' else 'ends at'}.",
            ):
                item.set(place)
                st.rerun()
        if st.button(
            "Start here",
            icon=":material/tune:",
            key="look-start",
            help="On Traverse, where sliders change it.",
        ):
            pictures.start_at(place)
            _leave("traverse")
        if st.button(
            "Find on map",
            icon=":material/scatter_plot:",
            key="look-map",
            help="Pins its row on the map; of a picture that is no row, the nearest one.",
        ):
            own = place.row if place.uploaded is None and not place.moves else None
            map.pinned.set(own if own is not None else int(services.places.near(place, 1)[0][0]))
            _leave("latent-map")


def _leave(address: str) -> None:
    pictures.close()
    st.switch_page(navigation.entry(address).path)


def ends(name: str) -> None:
    """The two pictures of a morph, where there are any, and the way to it."""
    chosen = [(pictures.first.get(), "A"), (pictures.second.get(), "B")]
    if not any(place for place, _ in chosen):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        share_bar.beside(
            [
                (services.places.picture(place), f"<b>{letter}</b>")
                for place, letter in chosen
                if place is not None
            ],
            side=44,
        )
        if st.button(
            "Morph A to B",
            icon=":material/arrow_forward:",
            disabled=not all(place for place, _ in chosen),
            key="look-morph",
        ):
            pictures.tray.reset()
            visit.memory().arriving = "morph"
            _leave("traverse")


def _parent(place: Place) -> None:
    """The training row that a draw began at."""
    if place.parent is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=60):
            picture_grid.of_rows(
                place.bundle, [place.parent], key="look-parent", label="Came from"
            )
        st.caption(f"came from row {place.parent:,}: the draw began at its code", width="content")


def _nearest(place: Place) -> None:
    rows, distances = services.places.near(place, NEAREST)
    opened = services.bundles.bundle(place.bundle)
    far = ""
    if opened.manifest.holdout_rows and place.uploaded is not None:
        ratio = opened.copying(services.places.code_of(place)[None]).ratio
        far = f" :gray[· the first at {ratio:.2f} of an unseen picture's distance]"
    st.markdown(
        f"**Nearest training rows**{far}",
        help="By distance between codes, nearest first. At 0 a picture copies a row, at 1 it "
        "is as new as new data, above that it lies away from the data.",
    )
    found = [int(row) for row in rows]
    picture_grid.of_rows(
        place.bundle,
        found,
        key="look-nearest",
        label="Nearest row",
        columns=COLUMNS,
        names=[
            f"row {row:,}: {services.bundles.words_of(place.bundle, row)}; {distance:.3g} away"
            for row, distance in zip(found, distances, strict=True)
        ],
    )


def _variations(place: Place) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = bound.bind(pictures.spread)
        st.slider(
            "**Variations**, from close to far",
            0.05,
            1.0,
            key=key,
            step=0.05,
            on_change=bound.take,
            args=(pictures.spread, key),
            help="Draws around this picture's code that vary as its nearest rows do: close, they "
            "are much alike; at 1 they share only its neighbourhood.",
        )
        st.button(
            "Others",
            icon=":material/casino:",
            on_click=lambda: pictures.seed.set((pictures.seed.get() + 1) % formats.HIGHEST_SEED),
            key="look-others",
        )
    found = services.places.varied(place, VARIATIONS, pictures.spread.get(), pictures.seed.get())
    picture_grid.of_places(
        found,
        key="look-variations",
        label="Variation",
        columns=COLUMNS,
        names=[f"variation {k + 1}" for k in range(len(found))],
    )
