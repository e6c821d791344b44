"""The picture that is looked at, those that were kept, and the two that a morph is between."""

from __future__ import annotations

from aegen.app.place import Place, parse
from aegen.app.state import formats, map
from aegen.app.state.link import Item, bundle, on_every_page
from aegen.app.state.visit import memory, notify
from aegen.core.arrays import ByteArray

__all__ = [
    "MOST",
    "close",
    "first",
    "keep",
    "kept",
    "look",
    "open_at",
    "original",
    "remember",
    "second",
    "seed",
    "spread",
    "start_at",
    "tray",
]

MOST = 24
"""Pictures that the tray holds at most."""

ORIGINALS = 8
"""A person's own pictures that a visit remembers."""


def _place(text: str) -> Place:
    return parse(text, bundle.get())


def _text(place: Place | None) -> str:
    return "" if place is None else place.text()


def _kept_text(value: tuple[Place, ...]) -> str:
    """A name for what lies in the tray, which means something in this visit only."""
    trays = memory().trays
    if value not in trays:
        trays.append(value)
    return f"{memory().session_id[:6]}-{trays.index(value)}"


def _kept(text: str) -> tuple[Place, ...]:
    visit, _, number = text.partition("-")
    trays = memory().trays
    known = visit == memory().session_id[:6] and number.isdecimal() and int(number) < len(trays)
    found: tuple[Place, ...] = trays[int(number)] if known else ()
    return found


look: Item[Place | None] = on_every_page(Item("look", None, _place, _text, per_bundle=True))
"""The picture that is looked at closely."""

spread: Item[float] = on_every_page(
    Item("look.spread", 0.5, formats.number(0.05, 1), "{:g}".format)
)
"""How far its variations go: near 0 they are alike, at 1 only of its neighbourhood."""

seed: Item[int] = on_every_page(Item("look.variation", 0, formats.whole(0, formats.HIGHEST_SEED)))
"""The seed of its variations."""

kept: Item[tuple[Place, ...]] = on_every_page(
    Item("tray.pictures", (), _kept, _kept_text, per_bundle=True, own=True)
)
"""The pictures in the tray."""

tray: Item[bool] = on_every_page(
    Item("tray", False, formats.yes_no, formats.yes_no_text, own=True)
)
"""Whether the tray is open."""

first: Item[Place | None] = on_every_page(
    Item("traverse.from", None, _place, _text, per_bundle=True)
)
"""The picture that a morph starts from, A; None is where Traverse's sliders lead."""

second: Item[Place | None] = on_every_page(
    Item("traverse.to", None, _place, _text, per_bundle=True)
)
"""The picture that it ends at, B."""


def close() -> None:
    """Nothing is looked at any more."""
    for item in (look, spread, seed):
        item.reset()


def open_at(place: Place) -> None:
    """Look closely at a picture, at variations of it as they are at first."""
    close()
    look.set(place)


def keep(place: Place) -> None:
    """Put a picture into the tray, or take it out where it lies there."""
    there = kept.get()
    if place in there:
        kept.set(tuple(other for other in there if other != place))
    elif len(there) < MOST:
        kept.set((*there, place))
    else:
        notify(f"The tray holds {MOST} pictures at most: take some out first.")


def start_at(place: Place) -> None:
    """Traverse and edits start here from now on."""
    if place.uploaded is None:
        map.pinned.set(place.row)
        map.uploaded_code.reset()
    else:
        map.uploaded_code.set(place.uploaded)
        map.code_from.set(place.source)


def remember(code: tuple[float, ...], picture: ByteArray) -> None:
    """Note a person's own picture (h, w, c), for as long as the visit lasts."""
    known = memory().originals
    known[code] = picture
    while len(known) > ORIGINALS:
        del known[next(iter(known))]


def original(place: Place) -> ByteArray | None:
    """The person's own picture of which this is the code, where this visit was given it."""
    found: ByteArray | None = memory().originals.get(place.uploaded)
    return None if place.moves else found
