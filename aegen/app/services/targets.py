"""Draws for a target, transfers and edits: found once for everyone who asks the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aegen.app.services import opened
from aegen.app.services.kept import Stamp, kept, stamp
from aegen.app.services.models import Spec, model
from aegen.app.services.pictures import one_thread
from aegen.core.arrays import FloatArray

if TYPE_CHECKING:
    from aegen.targeting import Candidates, Edited, Target, Targeted, Transferred

__all__ = [
    "PLAIN",
    "Edit",
    "Matching",
    "Wish",
    "asked_parts",
    "baseline",
    "edited",
    "factors",
    "matching",
    "near_picture",
    "near_row",
    "target_of",
    "targeted",
    "targeted_at_hand",
    "transferred",
]

PLAIN = 256
"""Draws without the target that its success is compared with."""

REMEMBERED = 12
"""Draws for targets that are kept, pictures and all."""


@dataclass(frozen=True)
class Wish:
    """Draws as asked for: the latent model, the target as text, how many, how."""

    spec: Spec
    text: str
    n: int
    seed: int
    strategy: str = "auto"
    strict: bool = False

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.spec.bundle


@dataclass(frozen=True)
class Edit:
    """An edit as asked for: where it starts, what it becomes, how."""

    bundle: str
    start: int | tuple[float, ...]
    text: str
    kind: str = "effects"
    hold: tuple[str, ...] | None = None
    reach: float = 1.0


@dataclass(frozen=True)
class Matching:
    """How many training rows match a target more likely than not, and effectively (Kish)."""

    rows: int
    effective: float


# targets


@kept(64)
def target_of(name: str, text: str) -> Target:
    """The target that a text stands for, in this bundle.

    Raises:
        AegenError: it stands for none, or asks for what the bundle does not have.
    """
    from aegen.targeting import parse

    target = parse(text)
    target.check(opened.bundle(name))
    return target


def asked_parts(target: Target) -> tuple[Target, ...]:
    """What a target joins by "and"; a target of another kind is its own sole part."""
    from aegen.targeting import And

    return target.parts if isinstance(target, And) and target.parts else (target,)


@kept(64)
def matching(name: str, text: str) -> Matching:
    """How many rows match."""
    from aegen.targeting.strategies import kish

    weights = target_of(name, text).weights(opened.bundle(name))
    return Matching(int((weights > 0.5).sum()), kish(weights))


@kept(8)
def factors(name: str) -> dict[str, tuple[str, ...]]:
    """Attributes that have values, with these, of a bundle."""
    from aegen.targeting.knowledge import Knowledge

    known = Knowledge.of(opened.bundle(name))
    return {attribute: known.labels(attribute).values for attribute in known.factors()}


def near_row(name: str, row: int, rows: int) -> Target:
    """The ball around a row that holds so many rows."""
    from aegen.targeting import near

    return near(opened.bundle(name), row, rows)


def near_picture(name: str, code: tuple[float, ...], rows: int) -> Target:
    """The same around a code."""
    from aegen.targeting import near

    return near(opened.bundle(name), code, rows)


# draws


class _Shelf:
    """Draws that were made, for everyone; whoever asks first makes them and tells how far it is.

    Streamlit's own memory would take what the page shows meanwhile for a part of the result.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Stamp, Wish], Targeted] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, wish: Wish) -> Targeted | None:
        key = (stamp(wish.bundle), wish)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def keep(self, wish: Wish, found: Targeted) -> None:
        with self._lock:
            self._held[(stamp(wish.bundle), wish)] = found
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)


_shelf = _Shelf()


def targeted_at_hand(wish: Wish) -> bool:
    """Whether these draws were made already."""
    return _shelf.find(wish) is not None


def targeted(wish: Wish) -> Targeted:
    """Draws for a target, made now if need be; `aegen.core.progress` tells how far it is."""
    from aegen.targeting import LENIENCE, draw

    found = _shelf.find(wish)
    if found is None:
        one_thread()
        strategy: Any = wish.strategy
        found = draw(
            model(wish.spec),
            target_of(wish.bundle, wish.text),
            wish.n,
            rng=wish.seed,
            strategy=strategy,
            lenience=0.0 if wish.strict else LENIENCE,
        )
        if len(found):
            found.candidates.all_chances()  # decoded and judged here, once
        _shelf.keep(wish, found)
    return found


@kept(6)
def _plain(spec: Spec) -> Candidates:
    """Draws without a target, decoded and judged."""
    from aegen.targeting import Candidates

    one_thread()
    judged = Candidates(opened.bundle(spec.bundle), model(spec).sampler.sample(PLAIN, rng=1))
    judged.all_chances()
    return judged


@kept(64)
def baseline(spec: Spec, text: str) -> tuple[float, tuple[float, ...]]:
    """Share of plain draws that fulfil a target, and each of its parts."""
    target, plain = target_of(spec.bundle, text), _plain(spec)
    parts = tuple(float(part.accept(plain).mean()) for part in asked_parts(target))
    return float(target.accept(plain).mean()), parts


# transfers and edits


@kept(8)
def transferred(name: str, source: str, margins: str, n: int, seed: int) -> Transferred:
    """Draws of one group with the margins of another, decoded and judged."""
    from aegen.targeting import transfer

    one_thread()
    found = transfer(
        opened.bundle(name), target_of(name, source), target_of(name, margins), n, rng=seed
    )
    for side in (found.before, found.after):
        side.all_chances()
        side.images  # noqa: B018 - decoded once, here
    return found


@kept(32)
def edited(change: Edit) -> Edited:
    """One picture on its way to other attribute values."""
    from aegen.targeting import edit

    one_thread()
    kind: Any = change.kind
    start: int | FloatArray | list[float] = (
        change.start if isinstance(change.start, int) else list(change.start)
    )
    found = edit(
        opened.bundle(change.bundle),
        start,
        target_of(change.bundle, change.text),
        kind=kind,
        hold=change.hold,
        reach=change.reach,
    )
    found.chances  # noqa: B018 - judged once, here
    found.images  # noqa: B018
    return found
