"""The Traverse page's pieces: where to start, how far along each direction, where to go."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from aegen.app import brought, controls, frame, panels, services, state
from aegen.app.components.drawing import drawing
from aegen.app.leanings import Leaning
from aegen.app.traversal import PASSAGE, STOPS, Passage, Place, Walk
from aegen.core.errors import AegenError

__all__ = ["ends", "one_way", "place", "shown", "sliders", "start", "there"]

KINDS = {"principal": "Principal directions", "axes": "Latent axes"}
KINDS_HELP = (
    "**Principal directions**: the directions along which the codes vary most, strongest first; "
    "independent of how the network happened to number its axes.  \n"
    "**Latent axes**: the coordinates of the code, one by one, as the network has them."
)
WAYS = {"straight": "Straight", "spherical": "Spherical"}
WAYS_HELP = (
    "**Straight**: in equal steps on the line between the codes. In many dimensions its middle "
    "comes nearer to the centre than codes usually lie.  \n"
    "**Spherical**: turns around the middle of all codes, so the distance from it changes evenly."
)
UNIT_HELP = (
    "In standard deviations of the codes along this direction: two thirds of all rows lie within "
    "1 of the middle. 0 is where you start."
)
MORE = 8


def shown() -> tuple[state.Item[Any], ...]:
    """The choices that the page's link holds."""
    return (
        state.pinned,
        state.brought,
        state.along,
        state.moves(state.along.get()),
        state.directions,
        state.first,
        state.second,
        state.way,
    )


# where to start


def start(name: str) -> Place:
    """A row, a random row or a picture of one's own, and the kind of directions; as a place."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _row_field("Start at row", name, state.pinned, _default_row(name, 0), _take_start)
        st.button(
            "Random row",
            icon=":material/casino:",
            on_click=_roll_start,
            args=(name,),
            help="Another row at random. The link names it.",
        )
        with st.popover("Your picture", icon=":material/add_photo_alternate:"):
            _bring(name)
        kind = controls.choose(
            "Along",
            state.along,
            list(KINDS),
            kind="segments",
            format_func=KINDS.__getitem__,
            help=KINDS_HELP,
        )
        moves = _kept_moves(name, kind)
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            on_click=state.moves(kind).reset,
            disabled=not moves,
            help="Back to where you started: all sliders to 0.",
        )
    state.publish(shown())
    return place(name, moves)


def place(name: str, moves: tuple[tuple[int, float], ...]) -> Place:
    """Where the choices lead."""
    return Place(name, state.pinned.get(), _kept_code(name), state.along.get(), moves)


def _default_row(name: str, k: int) -> int:
    """A row to begin with: one of those on the cover."""
    manifest = services.bundle(name).manifest
    cover = manifest.cover or (0, manifest.rows - 1)
    return cover[k * (len(cover) // 2) % len(cover)]


def _row_field(
    label: str,
    name: str,
    item: state.Item[int | None],
    default: int | None,
    take: Callable[..., None],
    **layout: Any,
) -> None:
    """A row by its number; one that is not there is named to the person and replaced."""
    rows = services.bundle(name).manifest.rows
    row = item.get()
    if row is not None and row >= rows:
        state.complain(f"There is no row {row:,} here; rows go from 0 to {rows - 1:,}.")
        row = None
    if row is None:
        row = default
    item.set(row)
    key = f"walk:{item.key}"
    if key not in st.session_state or st.session_state[key] != row:
        st.session_state[key] = row
    st.number_input(
        label,
        0,
        rows - 1,
        "min" if default is not None else None,
        key=key,
        step=1,
        width=170,
        on_change=take,
        args=(item, key),
        placeholder="the above",
        **layout,
    )


def _take_start(item: state.Item[int | None], key: str) -> None:
    """The row typed in; an emptied field keeps the row."""
    if st.session_state[key] is not None:
        item.set(st.session_state[key])
        state.brought.reset()


def _take_end(item: state.Item[int | None], key: str) -> None:
    item.set(st.session_state[key])


def _roll_start(name: str) -> None:
    state.brought.reset()
    _roll(name, state.pinned)


def _roll(name: str, item: state.Item[int | None]) -> None:
    """A row at random, from a seed that goes up by one each time."""
    seed = state.rolls.get()
    state.rolls.set(seed + 1)
    rows = services.bundle(name).manifest.rows
    item.set(int(np.random.default_rng(seed).integers(rows)))


def _kept_moves(name: str, kind: str) -> tuple[tuple[int, float], ...]:
    """The moves along directions that there are; others are named to the person and dropped."""
    item, known = state.moves(kind), len(services.directions(name, kind))
    moves = item.get()
    kept = tuple((k, distance) for k, distance in moves if k < known)
    if kept != moves:
        state.complain(f"There are {known} directions here; moves along others are left out.")
        item.set(kept)
    return kept


def _kept_code(name: str) -> tuple[float, ...] | None:
    """The code brought along, where it fits the bundle."""
    code, dimension = state.brought.get(), services.bundle(name).latent_dim
    if code is not None and len(code) != dimension:
        state.complain(
            f"The link holds a code of {len(code)} numbers, but codes here have {dimension}. "
            "You see a row instead."
        )
        state.brought.reset()
        return None
    return code


# a picture of one's own


def _bring(name: str) -> None:
    """A file to start from, what was done to it, and what the network makes of it."""
    h, w, _ = services.bundle(name).image_shape
    item = state.brought
    key, flip = f"walk:file:{item.key}", f"walk:invert:{item.key}"
    file = st.file_uploader(
        f"A PNG, JPEG, WebP or BMP file; it becomes {w} x {h} pixels",
        key=key,
        on_change=_take_file,
        args=(name, key, flip),
        max_upload_size=20,
        help="Cut to the middle, turned grey or coloured as this bundle's images are, then shrunk "
        "by averaging. The file stays on this computer's server and is not kept.",
    )
    st.toggle(
        "Exchange light and dark",
        key=flip,
        on_change=_take_file,
        args=(name, key, flip),
        help="For dark ink on white paper, where the bundle has light strokes on black.",
    )
    if file is None:
        return
    try:
        found = brought.read_picture(
            file.getvalue(),
            services.bundle(name).image_shape,
            invert=bool(st.session_state[flip]),
        )
    except AegenError as problem:
        frame.show_problem(problem)
        return
    done = "; ".join(found.steps) or "taken as it is"
    panels.beside([(found.image, f"As the network sees it:<br>{escape(done)}.")], side=72)


def _take_file(name: str, key: str, flip: str) -> None:
    """Start from the picture in the file, where it is one; `_bring` says if it is none."""
    file = st.session_state[key]
    state.brought.reset()
    if file is None:
        return
    shape = services.bundle(name).image_shape
    try:
        found = brought.read_picture(
            file.getvalue(), shape, invert=bool(st.session_state.get(flip))
        )
        code = services.encode(name, found.image[None])[0]
    except AegenError:
        return
    # five digits, so that a link can hold the code and give the same picture
    state.brought.set(tuple(float(f"{value:.5g}") for value in code))


# where one is


def there(at: Place, walk: Walk) -> None:
    """The big picture, where it comes from, what the classifier sees, how far the data are."""
    from aegen.figures import bars

    st.html(
        f'<img alt="{escape(_origin(at), quote=True)}" src="{_source(walk.image)}" '
        'style="width:min(100%,300px);image-rendering:pixelated;border-radius:10px;'
        'display:block;margin:0 auto">'
    )
    st.caption(_origin(at), text_alignment="center")
    if walk.readings:
        several = len({attribute for attribute, _, _ in walk.readings}) > 1
        st.markdown(
            "**Looks like**", help="What the bundle's classifier sees in the picture, in percent."
        )
        drawing(
            bars(
                [f"{a} {value}" if several else value for a, value, _ in walk.readings],
                [share for _, _, share in walk.readings],
                title="the classifier sees",
            ),
            key="readings",
        )
    st.caption(_nearness(at, walk))


def _source(image: Any) -> str:
    from aegen.core.pictures import quantize

    return panels.source(quantize(image))


def _origin(at: Place) -> str:
    """Where the picture comes from, in words."""
    if at.brought is not None:
        origin = "Your picture, as it comes back"
    else:
        known = services.sample_of(at.bundle, at.row or 0)
        about = ", ".join(f"{key} {value}" for key, value in known.items())
        origin = f"Row {at.row:,}" + (f": {about}" if about else "")
    if not at.moves:
        return origin
    n = len(at.moves)
    return f"{origin}; moved along {n} direction{'s' * (n > 1)}"


def _nearness(at: Place, walk: Walk) -> str:
    near = walk.near
    if near.distance == 0:
        return (
            "Exactly on a training row." if near.row != at.row else "On the training row itself."
        )
    about = ", ".join(services.sample_of(at.bundle, near.row).values())
    far = "" if near.ratio is None else f", {near.ratio:.2g} times as far as unseen images have it"
    return f"Nearest training row: {near.row:,}{f' ({about})' if about else ''}{far}."


# along directions


def sliders(at: Place, walk: Walk) -> None:
    """A slider for each direction with its filmstrip, two beside each other."""
    directions = services.directions(at.bundle, at.kind)
    leanings = services.leanings(at.bundle, at.kind)
    moves = dict(at.moves)
    n = len(walk.strips)
    for first in range(0, n, 2):
        for k, column in zip(
            range(first, min(first + 2, n)), st.columns(2, gap="medium"), strict=False
        ):
            with column, st.container(gap=None):
                _slider(at.kind, k, moves.get(k, 0.0), float(directions.share[k]))
                st.html(_strip(k, walk.strips[k], moves.get(k, 0.0), leanings[k]))
    st.caption(
        f"Each strip: the picture from {STOPS[0]} to +{STOPS[-1]} standard deviations along the "
        "direction, all else as it is; the frame is where you are. The arrows say which rows lie "
        "that way, and how much of the direction's variance this attribute explains."
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
    item = state.moves(kind)
    key = f"walk:{item.key}:{k}"
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


def _strip(k: int, images: Any, distance: float, leaning: Leaning | None) -> str:
    """Seven pictures, the one nearest to the slider framed, and what changes along them."""
    from aegen.figures.filmstrip import filmstrip

    marked = min(range(len(STOPS)), key=lambda j: abs(STOPS[j] - distance))
    low = middle = high = ""
    if leaning is not None:
        low, high = f"← {escape(leaning.low)}", f"{escape(leaning.high)} →"
        middle = f"{escape(leaning.attribute)} {_percent(leaning.share)}"
    return (
        f'<img alt="Seven pictures along direction {k + 1}, from {STOPS[0]} to {STOPS[-1]} '
        f'standard deviations" src="{panels.source(filmstrip(images, marked=marked))}" '
        'style="width:100%;display:block">'
        '<div style="display:flex;justify-content:space-between;font-size:.8rem;opacity:.75;'
        f'min-height:1.3em"><span>{low}</span><span>{middle}</span><span>{high}</span></div>'
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


# from one to another


def ends(at: Place) -> tuple[Place, Place, str]:
    """Two places and the way between them."""
    name = at.bundle
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _row_field(
            "From row",
            name,
            state.first,
            None,
            _take_end,
            help="Empty starts from the picture above, with all its moves.",
        )
        _end_buttons(name, state.first, None, "The picture above, with all its moves.")
        _row_field("To row", name, state.second, _default_row(name, 1), _take_end)
        _end_buttons(name, state.second, at.row, "The row that you started from above.")
        way = controls.choose(
            "Way",
            state.way,
            list(WAYS),
            kind="segments",
            format_func=WAYS.__getitem__,
            help=WAYS_HELP,
        )
    first, second = state.first.get(), state.second.get()
    return at if first is None else Place(name, first), Place(name, second), way


def _end_buttons(name: str, item: state.Item[int | None], row: int | None, pin: str) -> None:
    key = f"walk:{item.key}"
    st.button(
        "",
        key=f"{key}:roll",
        icon=":material/casino:",
        on_click=_roll,
        args=(name, item),
        help="A row at random.",
    )
    st.button(
        "", key=f"{key}:pin", icon=":material/push_pin:", on_click=item.set, args=(row,), help=pin
    )


def one_way(a: Place, b: Place, found: Passage) -> None:
    """The strip from one end to the other, with what the classifier sees in each picture."""
    from aegen.figures.filmstrip import filmstrip

    words = "".join(
        f'<span title="{escape(attribute)} {100 * share:.0f} %">{escape(value)}</span>'
        for attribute, value, share in found.readings
    )
    st.html(
        f'<img alt="{PASSAGE} pictures on the way" src="{panels.source(filmstrip(found.images))}" '
        'style="width:100%;max-width:1000px;display:block">'
        f'<div style="display:grid;grid-template-columns:repeat({PASSAGE},1fr);max-width:1000px;'
        f'text-align:center;font-size:.85rem;opacity:.8">{words}</div>'
    )
    seen = f" Below each picture: the {found.readings[0][0]} seen in it." if found.readings else ""
    st.caption(f"{_origin(a)} → {_origin(b)}.{seen}")
