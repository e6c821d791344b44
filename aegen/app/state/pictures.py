"""The picture that is looked at, those that were kept, and the two that a morph is between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from aegen.app.place import Place, parse
from aegen.app.state import formats, map
from aegen.app.state.link import Item, bundle, on_every_page
from aegen.app.state.visit import memory, notify
from aegen.core.arrays import ByteArray

__all__ = [
    "MOST",
    "bring_back",
    "close",
    "first",
    "keep",
    "kept",
    "look",
    "missing",
    "open_at",
    "original",
    "remember",
    "second",
    "seed",
    "spread",
    "start_at",
    "tray",
    "tray_text",
]

MOST = 24
"""Pictures that the tray holds at most."""

TRAY_SIGN = ";"
"""Between the places of a tray, in none of which it occurs."""

ORIGINALS = 8
"""A person's own pictures that a visit remembers."""


def _place(text: str) -> Place:
    return parse(text, bundle.get())


def _text(place: Place | None) -> str:
    return "" if place is None else place.text()


def _kept_text(value: tuple[Place, ...]) -> str:
    """The name of what lies in the tray: the text itself would be too long for a link."""
    if not value:
        return missing()
    name = _name(tray_text(value))
    memory().trays[name] = value
    return name


def _kept(name: str) -> tuple[Place, ...]:
    """What this visit kept under a name, or nothing yet: the browser is then asked for it."""
    visit = memory()
    found: tuple[Place, ...] = visit.trays.get(name, ())
    visit.missing_trays[bundle.get()] = "" if found else name
    return found


def _name(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


look: Item[Place | None] = on_every_page(Item("look", None, _place, _text, per_bundle=True))
"""The picture that is looked at closely."""

spread: Item[float] = on_every_page(
    Item("look.spread", 0.5, formats.number(0.05, 1), "{:g}".format)
)
"""How far its variations go: near 0 they are alike, at 1 only of its neighbourhood."""

seed: Item[int] = on_every_page(Item("look.variation", 0, formats.whole(0, formats.HIGHEST_SEED)))
"""The seed of its variations."""

kept: Item[tuple[Place, ...]] = on_every_page(
    Item("tray.pictures", (), _kept, _kept_text, per_bundle=True, always=True, own=True)
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


def tray_text(places: tuple[Place, ...]) -> str:
    """What lies in the tray, for the browser to keep."""
    return TRAY_SIGN.join(place.text() for place in places)


def missing() -> str:
    """The name of a tray that the link names and this visit does not know."""
    found: str = memory().missing_trays.get(bundle.get(), "")
    return found


def bring_back(text: str, usable: Callable[[Place], bool]) -> None:
    """Fill the tray with what the browser kept of it, less what is not ``usable`` any more."""
    name = memory().missing_trays.pop(bundle.get(), "")
    if not name or kept.get():
        return
    if _name(text) != name:
        notify("The link names a tray of kept pictures that this browser does not have.")
        return
    places = [_place(each) for each in text.split(TRAY_SIGN)]
    kept.set(tuple(place for place in places if usable(place)))


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
