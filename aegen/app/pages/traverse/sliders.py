"""The Traverse page's pieces: where to start, what is there, how far along each direction.

`aegen.app.pages.traverse.interpolation` leads from there to another picture.
"""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.live import Live, Slider
from aegen.app.components.live_picture import live_picture
from aegen.app.pages.traverse import state
from aegen.app.pages.traverse.model import STOPS, Walk
from aegen.app.place import Place, at_code
from aegen.app.services.places import origin
from aegen.app.state import link, map, pictures, visit
from aegen.app.widgets import bound, picture_grid, row_picker, share_bar
from aegen.app.widgets.markdown import plain
from aegen.core.images import quantize
from aegen.traversal.attribute_association import AttributeAssociation

__all__ = ["request", "sliders", "start", "there"]

KINDS = {"principal": "Principal directions", "axes": "Latent axes"}
KINDS_HELP = (
    "**Principal directions**: the directions along which the codes vary most, strongest first; "
    "independent of how the network happened to number its axes.  \n"
    "**Latent axes**: the coordinates of the code, one by one, as the network has them."
)
UNIT_HELP = (
    "In standard deviations of the codes along this direction: two thirds of all rows lie within "
    "1 of the middle. 0 is where you start."
)
MORE = 8

READINGS = "readings"
"""Key of the drawing of what the classifier sees."""


def start(name: str) -> Place:
    """Where to start and the kind of directions, as widgets; what they make is a place."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row_picker.start(name)
        kind = bound.choose(
            "Along",
            state.along,
            list(KINDS),
            kind="segments",
            format_func=KINDS.__getitem__,
            help=KINDS_HELP,
        )
        moves = _moves(name, kind)
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            on_click=state.moves(kind).reset,
            disabled=not moves,
            help="Back to where you started: all sliders to 0.",
        )
    link.show(state.shown())
    code = row_picker.uploaded_code(name)
    return Place(name, map.pinned.get(), code, kind, moves, map.code_from.get())


def _moves(name: str, kind: str) -> tuple[tuple[int, float], ...]:
    """The moves along directions that there are; others are named to the person and dropped."""
    item, known = state.moves(kind), len(services.images.directions(name, kind))
    moves = item.get()
    there = tuple((k, distance) for k, distance in moves if k < known)
    if there != moves:
        visit.notify(f"There are {known} directions here; moves along others are left out.")
        item.set(there)
    return there


def there(at: Place, walk: Walk) -> None:
    """The big picture, where it comes from, what the classifier sees, how far the data are."""
    live_picture(
        share_bar.source(walk.image),
        key="traverse-picture",
        label=origin(at),
        live=_live(at, len(walk.strips), bool(walk.readings)),
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        if st.button("Look closer", icon=":material/zoom_in:", type="tertiary"):
            pictures.open_at(services.places.settled(at))
            st.rerun()
    st.caption(plain(origin(at)), text_alignment="center")
    if walk.readings:
        st.markdown(
            "**Looks like**", help="What the bundle's classifier sees in the picture, in percent."
        )
        drawing(services.places.readings_drawing(walk.readings), key=READINGS)
    st.caption(_nearness(at, walk))


def request(at: Place) -> dict[str, Any]:
    """A place as the live channel is asked for it."""
    return {
        "ask": "walk",
        "bundle": at.bundle,
        "row": at.row,
        "uploaded": None if at.uploaded is None else list(at.uploaded),
        "kind": at.kind,
        "moves": {str(k): distance for k, distance in at.moves},
    }


def _live(at: Place, shown: int, read: bool) -> Live:
    """What the picture follows: the sliders, and the frames of their strips with them."""
    sliders = tuple(
        Slider(_key(at.kind, k), ("moves", str(k)), frame=f"aegen-frame-{k}") for k in range(shown)
    )
    return Live("walk", request(at), sliders, read=READINGS if read else "")


def _key(kind: str, k: int) -> str:
    """The key of a direction's slider."""
    return f"walk:{state.moves(kind).key}:{k}"


def _nearness(at: Place, walk: Walk) -> str:
    if walk.distance == 0:
        own = walk.row == at.row
        return "On the training row itself." if own else "Exactly on a training row."
    known = services.bundles.sample_of(at.bundle, walk.row)
    about = ", ".join(known.values()) if len(known) == 1 else ""  # many would be a wall of words
    ratio = walk.ratio
    far = "" if ratio is None else f", at {ratio:.2f} of an unseen image's usual distance"
    return f"Nearest training row: {walk.row:,}{f' ({about})' if about else ''}{far}."


def sliders(at: Place, walk: Walk) -> None:
    """A slider for each direction with its filmstrip, two beside each other."""
    directions = services.images.directions(at.bundle, at.kind)
    attribute_associations = services.images.attribute_associations(at.bundle, at.kind)
    moves = dict(at.moves)
    n = len(walk.strips)
    for first in range(0, n, 2):
        for k, column in zip(
            range(first, min(first + 2, n)), st.columns(2, gap="medium"), strict=False
        ):
            with column, st.container(gap=None):
                _slider(at.kind, k, moves.get(k, 0.0), float(directions.share[k]))
                _strip(at, k, walk, moves.get(k, 0.0))
                st.html(_ends(attribute_associations[k]))
    st.caption(
        f"Each strip: the picture from \u2212{-STOPS[0]} to +{STOPS[-1]} standard deviations "
        "along the direction, all else as it is; the frame is where you are. The arrows say which "
        "rows lie that way, and how much of the direction's variance this attribute explains."
    )
    rest = len(directions) - n
    if rest > 0:
        st.button(
            f"Show {min(MORE, rest)} more of {rest}",
            icon=":material/expand_more:",
            on_click=state.directions.set,
            args=(n + MORE,),
            type="tertiary",
        )


def _slider(kind: str, k: int, distance: float, share: float) -> None:
    key = _key(kind, k)
    if key not in st.session_state or st.session_state[key] != distance:
        st.session_state[key] = distance
    word = "Direction" if kind == "principal" else "Axis"
    st.slider(
        f"**{word} {k + 1}** · {_percent(share)} of the variance",
        -state.FURTHEST,
        state.FURTHEST,
        key=key,
        step=0.1,
        format="%+.1f sd",
        help=UNIT_HELP,
        disabled=share == 0,
        on_change=_move,
        args=(kind, k, key),
    )


def _move(kind: str, k: int, key: str) -> None:
    moves = dict(state.moves(kind).get())
    moves[k] = round(float(st.session_state[key]), 1)
    state.moves(kind).set(tuple((j, t) for j, t in sorted(moves.items()) if t))


def _strip(at: Place, k: int, walk: Walk, distance: float) -> None:
    """Seven pictures, and a frame where the slider is."""
    directions = services.images.directions(at.bundle, at.kind)
    along = directions.sd[k] * directions.vectors[k]
    picture_grid.picture_grid(
        quantize(walk.strips[k]),
        lambda j: at_code(at.bundle, walk.code + (STOPS[j] - distance) * along, "moved"),
        key=f"strip-{at.kind}-{k}",
        label=f"Direction {k + 1}",
        names=[f"direction {k + 1} at {stop:+d} standard deviations" for stop in STOPS],
        columns=len(STOPS),
        frame=(f"aegen-frame-{k}", distance - STOPS[0]),
    )


def _ends(association: AttributeAssociation | None) -> str:
    """What changes along a strip."""
    low = middle = high = ""
    if association is not None:
        low, high = f"← {escape(association.low)}", f"{escape(association.high)} →"
        middle = f"{escape(association.attribute)} {_percent(association.share)}"
    return (
        '<div style="display:flex;justify-content:space-between;font-size:.8rem;opacity:.75;'
        f'min-height:1.3em"><span>{low}</span><span>{middle}</span><span>{high}</span></div>'
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"
