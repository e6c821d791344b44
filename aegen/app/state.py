"""What the pages show: every choice, with a default, kept for the visit and in the link.

A choice is an `Item`. The link counts where it says something new (it was opened, or edited), else
what was chosen during the visit, else the default; so a page needs nothing to have run before it.
`publish` writes the choices that a page shows back into its link. `aegen.app.controls` binds
widgets to items; no other file knows the session keys of choices.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import streamlit as st

from aegen.app import selection as selections
from aegen.app.selection import Selection
from aegen.core.errors import AegenError

__all__ = [
    "FURTHEST",
    "FURTHEST_EDIT",
    "Item",
    "addition",
    "aim",
    "along",
    "axes",
    "become",
    "brought",
    "budget",
    "bundle",
    "colour",
    "complain",
    "complaints",
    "count",
    "directions",
    "field_item",
    "first",
    "hold",
    "kind",
    "last_compared",
    "last_drawn",
    "last_targeted",
    "layers",
    "left_out",
    "link",
    "margins",
    "measure",
    "models",
    "moves",
    "nearest",
    "outline",
    "overlay",
    "page_runs",
    "picked",
    "pinned",
    "projection",
    "publish",
    "reach",
    "rolls",
    "sampler",
    "second",
    "seed",
    "selected",
    "show",
    "size",
    "sought",
    "source",
    "step",
    "stopped",
    "strategy",
    "strict",
    "want",
    "way",
    "who",
    "within",
]

T = TypeVar("T")
KEY = "aegen.view"

LATE = 1.5
"""Seconds for which the address that was just replaced may still come from the browser."""


@dataclass
class _Memory:
    """What one visit remembers: one object under one session key."""

    values: dict[str, Any] = field(default_factory=dict)
    link: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    written: float = -math.inf
    complaints: list[str] = field(default_factory=list)
    page_runs: bool = False
    shown: tuple[Item[Any], ...] = ()
    who: str = field(default_factory=lambda: uuid.uuid4().hex)
    stopped: set[Any] = field(default_factory=set)
    drawn: Any = None
    compared: Any = None
    targeted: Any = None
    sought: Any = None

    def late(self, name: str, given: str | None) -> bool:
        """Whether a link's text is only the one that was just replaced.

        A part of a page that looks again by itself sends the browser's address along, which may
        not have heard of a choice made a moment ago.
        """
        recent = time.monotonic() - self.written < LATE
        return recent and given is not None and self.before.get(name) == given


def _memory() -> _Memory:
    if KEY not in st.session_state:
        st.session_state[KEY] = _Memory()
    memory: _Memory = st.session_state[KEY]
    return memory


@dataclass(frozen=True)
class Item(Generic[T]):
    """One choice of a person.

    Attributes:
        name: its name in the link.
        default: its value where nothing was chosen.
        parse: a link's text as a value; ValueError where it is none.
        text: a value as a link's text; "" keeps it out of the link.
        per_bundle: whether each bundle has its own.
        always: whether the link names it also where it is the default.
    """

    name: str
    default: T
    parse: Callable[[str], T]
    text: Callable[[T], str] = str
    per_bundle: bool = False
    always: bool = False

    @property
    def key(self) -> str:
        """Where it lies in the session, and the key of a widget bound to it."""
        return f"{self.name}@{bundle.get()}" if self.per_bundle else self.name

    def get(self) -> T:
        """Its value now."""
        memory = _memory()
        given = st.query_params.get(self.name)
        new = given is not None and memory.link.get(self.name) != given
        if new and not memory.late(self.name, given):
            assert given is not None
            memory.link[self.name] = given
            try:
                memory.values[self.key] = self.parse(given)
            except ValueError as problem:
                complain(
                    f"The link asks for {self.name} = {given!r}, which cannot be used "
                    f"({problem}). What you see does not follow it."
                )
        value: T = memory.values.get(self.key, self.default)
        return value

    def set(self, value: T) -> None:
        """Choose ``value``; meant for callbacks."""
        _memory().values[self.key] = value

    def reset(self) -> None:
        """Choose the default."""
        _memory().values.pop(self.key, None)

    def keep(self, allowed: Iterable[T]) -> T:
        """Its value if that is among ``allowed``; else a sentence is shown and the default taken.

        The default here is the item's own where that is allowed, or the first of ``allowed``.
        """
        choices = list(allowed)
        value = self.get()
        if value in choices:
            return value
        fallback = self.default if self.default in choices else choices[0]
        if value != self.default:
            offered = ", ".join(str(choice) for choice in choices if str(choice))
            complain(f"There is no {self.name} {value!r} here; there are: {offered}.")
        self.set(fallback)
        return fallback


def show(items: Iterable[Item[Any]]) -> None:
    """Name the choices that the page shows, whose link is written later, when all were read."""
    _memory().shown = tuple(items)


def publish(items: Iterable[Item[Any]] | None = None) -> None:
    """Write what is shown into the link; without ``items`` those of the last call."""
    memory = _memory()
    if items is not None:
        show(items)
    found = {}
    for item in (bundle, *memory.shown):
        value = item.get()
        text = item.text(value) if value is not None else ""
        if text and (item.always or value != item.default):
            found[item.name] = text
    if memory.link != found:
        memory.before, memory.written = memory.link, time.monotonic()
    memory.link = dict(found)
    if st.query_params.to_dict() != found:
        st.query_params.from_dict(found)


def link() -> dict[str, str]:
    """What the page's link holds, by name."""
    return dict(_memory().link)


def left_out() -> list[str]:
    """Names of shown choices that are too long for a link."""
    return [
        item.name
        for item in _memory().shown
        if item.get() != item.default and not item.text(item.get())
    ]


def complain(sentence: str) -> None:
    """Note a sentence for the person, shown once: on top of the page, or as a passing note."""
    memory = _memory()
    if sentence not in memory.complaints:
        memory.complaints.append(sentence)


def complaints() -> list[str]:
    """The sentences noted since the last call."""
    memory = _memory()
    found, memory.complaints = memory.complaints, []
    return found


def who() -> str:
    """A name for this visit, told apart from all others."""
    return _memory().who


def stopped() -> set[Any]:
    """The work that this person stopped and has not started again; to be changed in place."""
    return _memory().stopped


def last_drawn(now: T | None = None) -> T | None:
    """What was drawn last, to be shown while something new is made; with ``now``, note it."""
    memory = _memory()
    if now is not None:
        memory.drawn = now
    found: T | None = memory.drawn
    return found


def last_targeted(now: T | None = None) -> T | None:
    """The target that was drawn for last; with ``now``, note it."""
    memory = _memory()
    if now is not None:
        memory.targeted = now
    found: T | None = memory.targeted
    return found


def sought(now: T) -> T | None:
    """The target that draws were looked for before; ``now`` is noted in its place."""
    memory = _memory()
    before: T | None = memory.sought
    memory.sought = now
    return before


def last_compared(now: T) -> T | None:
    """What was compared before; ``now`` is noted in its place."""
    memory = _memory()
    before: T | None = memory.compared
    memory.compared = now
    return before


def page_runs(now: bool | None = None) -> bool:
    """Whether a whole page runs, not a part of it; with ``now``, note that it does."""
    memory = _memory()
    if now is not None:
        memory.page_runs = now
    return memory.page_runs


def _whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from ``low`` to ``high``."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high:,} is needed")
        return value

    return parse


def _pair(text: str) -> tuple[int, int]:
    """Reads two axes counted from 0: "0,3"."""
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("two axes such as 0,1 are needed")
    parse = _whole(0, 4095)
    return parse(parts[0]), parse(parts[1])


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("yes or no is needed")
    return text == "yes"


def _selection_text(value: Selection | None) -> str:
    return value.text() if value is not None else ""


def _numbers(text: str) -> tuple[float, ...]:
    """Reads a code: "0.5,-1.25"."""
    numbers = tuple(float(part) for part in text.split(","))
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("finite numbers are needed")
    return numbers


NOBODY = "none"
"""Stands for an empty list of models in a link."""


def _models(text: str) -> tuple[str, ...]:
    """Reads latent models with their fields: "gaussian,kde:bandwidth=0.2"."""
    if text == NOBODY:
        return ()
    from aegen.app.services import read_models

    try:
        return read_models(text)
    except AegenError as problem:
        raise ValueError(str(problem)) from problem


FURTHEST = 3.0
"""Standard deviations that Traverse goes at most, each way."""


def _moves(text: str) -> tuple[tuple[int, float], ...]:
    """Reads moves along directions counted from 1 in links: "1:0.5,4:-2"."""
    found = {}
    for part in text.split(","):
        number, sign, distance = part.partition(":")
        if not sign or not abs(float(distance)) <= FURTHEST:
            raise ValueError(f"direction:distance from -{FURTHEST:g} to {FURTHEST:g} is needed")
        found[_whole(1, 4096)(number) - 1] = round(float(distance), 1)
    return tuple((k, distance) for k, distance in sorted(found.items()) if distance)


def _moves_text(value: tuple[tuple[int, float], ...]) -> str:
    return ",".join(f"{k + 1}:{distance:g}" for k, distance in value)


def _target(text: str) -> str:
    """Reads a target, such as "class=7 and not density<20%"; gives its text as it is written."""
    from aegen.targeting import parse

    try:
        return str(parse(text))
    except AegenError as problem:
        raise ValueError(str(problem)) from problem


LONGEST_TARGET = 4000
"""Characters of a target's text that a link holds."""


def _target_text(value: str) -> str:
    return value if len(value) <= LONGEST_TARGET else ""


def _names(text: str) -> tuple[str, ...]:
    """Reads names: "hair,body"; "none" is none of them."""
    return () if text == NOBODY else tuple(unquote(part) for part in text.split(",") if part)


def _names_text(value: tuple[str, ...] | None) -> str:
    """Names as they stand in a link; signs that mean something there are escaped."""
    escaped = ",".join(name.replace("%", "%25").replace(",", "%2C") for name in value or ())
    return escaped.replace("n", "%6E", 1) if escaped == NOBODY else escaped or NOBODY


FURTHEST_EDIT = 3.0
"""How far an edit may go on the page."""


def _reach(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= FURTHEST_EDIT:
        raise ValueError(f"a number from 0.1 to {FURTHEST_EDIT:g} is needed")
    return value


HIGHEST_SEED = 2**31 - 1
MOST_DRAWS = 256

bundle: Item[str] = Item("bundle", "", str, always=True)
"""Name of the bundle; "" is the first there is."""

outline: Item[tuple[Selection, Any] | None] = Item(
    "outline", None, lambda text: None, lambda value: "", per_bundle=True
)
"""The area as the map itself holds it, with every vertex; no link holds it."""

projection: Item[str] = Item("projection", "umap", str)
"""How the latent map is laid out: a projection's name, or "axes"; UMAP where there is one."""

axes: Item[tuple[int, int]] = Item(
    "axes", (0, 1), _pair, lambda pair: f"{pair[0]},{pair[1]}", per_bundle=True
)
"""The two latent coordinates that the map shows where it shows axes, from 0."""

colour: Item[str] = Item("colour", "", str, per_bundle=True)
"""What colours the map: an attribute, "density" or "plain"; "" is the first attribute."""

overlay: Item[str] = Item("draws", "none", str)
"""Latent model that is shown over the map, or "none"."""

layers: Item[str] = Item("as", "draws", str)
"""How that model is shown there: its "draws", its "contours", or "both"."""

selected: Item[Selection | None] = Item(
    "select", None, selections.parse, _selection_text, per_bundle=True
)
"""The rows selected on the map."""

pinned: Item[int | None] = Item("row", None, _whole(0, 10**9), str, per_bundle=True)
"""The pinned row: where Traverse and edits start."""

sampler: Item[str] = Item("sampler", "empirical-beta-copula", str, always=True)
"""The latent model that Sample draws from."""

count: Item[int] = Item("n", 64, _whole(1, MOST_DRAWS))
"""How many pictures Sample draws."""

seed: Item[int] = Item("seed", 0, _whole(0, HIGHEST_SEED), always=True)
"""The seed of the draw."""

within: Item[Selection | None] = Item(
    "within", None, selections.parse, _selection_text, per_bundle=True
)
"""The rows that Sample is restricted to."""

nearest: Item[bool] = Item("nearest", False, _yes, lambda value: "yes" if value else "no")
"""Whether Sample shows each picture's nearest training row under it."""

picked: Item[int | None] = Item("picture", None, _whole(0, MOST_DRAWS - 1), str, per_bundle=True)
"""The picture looked at on Sample, counted from 0."""


along: Item[str] = Item("along", "principal", str)
"""Which directions Traverse goes along: "principal" ones, or latent "axes"."""

directions: Item[int] = Item("directions", 8, _whole(1, 4096))
"""How many directions Traverse shows."""

brought: Item[tuple[float, ...] | None] = Item(
    "code", None, _numbers, lambda code: ",".join(f"{v:.5g}" for v in code or ()), per_bundle=True
)
"""The code of a picture that a person brought: where Traverse and edits start instead of a row."""

first: Item[int | None] = Item("from", None, _whole(0, 10**9), str, per_bundle=True)
"""The row that a way between two codes starts at; None is where Traverse starts."""

second: Item[int | None] = Item("to", None, _whole(0, 10**9), str, per_bundle=True)
"""The row that it ends at."""

way: Item[str] = Item("way", "straight", str)
"""How it goes: "straight", "spherical" or "dense"."""

rolls: Item[int] = Item("rolls", 0, _whole(0, HIGHEST_SEED))
"""How often a row was taken at random: the seed of the next."""


models: Item[tuple[str, ...] | None] = Item(
    "models", None, _models, lambda value: ",".join(value or ()) or NOBODY
)
"""The latent models that Compare shows, each a text; None is the default ones."""

size: Item[int] = Item("size", 2000, _whole(20, 5000))
"""How many draws of each Compare measures."""

budget: Item[str] = Item("budget", "quick", str)
"""How much a comparison may cost: "quick" or "thorough"."""

measure: Item[str] = Item("measure", "features/frechet-distance", str)
"""The metric on the upright axis of Compare's pictures."""

addition: Item[str] = Item("addition", "gaussian-copula", str)
"""The latent model that is about to be added on Compare; no link holds it."""


aim: Item[str] = Item("aim", "draw", str)
"""What Target does: "draw", "transfer" or "edit"."""

want: Item[str] = Item("want", "", _target, _target_text, per_bundle=True)
"""The target of draws, as text; "" is none yet."""

strategy: Item[str] = Item("strategy", "auto", str)
"""How candidates for a target are found."""

strict: Item[bool] = Item("strict", False, _yes, lambda value: "yes" if value else "no")
"""Whether draws are left out that the classifier names otherwise, though it misses real rows."""

source: Item[str] = Item("source", "", _target, _target_text, per_bundle=True)
"""The group whose dependence a transfer keeps, as a target's text."""

margins: Item[str] = Item("margins", "", _target, _target_text, per_bundle=True)
"""The group whose margins it takes."""

become: Item[str] = Item("become", "", _target, _target_text, per_bundle=True)
"""What a picture is edited to show, as a target's text."""

kind: Item[str] = Item("kind", "effects", str)
"""How the way of an edit is found."""

hold: Item[tuple[str, ...] | None] = Item("hold", None, _names, _names_text, per_bundle=True)
"""Attributes that an edit keeps; None is what suits its kind."""

reach: Item[float] = Item("reach", 1.0, _reach, lambda value: f"{value:g}")
"""How far an edit goes: 1 is where its way leads."""

step: Item[int] = Item("step", 8, _whole(0, 8))
"""The picture of an edit's strip that is read out, from 0."""


def moves(kind: str) -> Item[tuple[tuple[int, float], ...]]:
    """How far Traverse went along directions of this kind: (direction from 0, deviations) each."""
    return Item(f"move-{kind}", (), _moves, _moves_text, per_bundle=True)


def field_item(
    owner: str, name: str, default: Any, parse: Callable[[str], Any], text: Callable[[Any], str]
) -> Item[Any]:
    """A tunable field of ``owner`` (a latent model's name) as a choice like the others."""
    return Item(f"{owner}.{name}", default, parse, text)
