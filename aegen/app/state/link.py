"""A choice of a person, and how the choices that a page shows stand in its link.

A choice is an `Item`. The link counts on arrival: when the visit begins, on another page, and when
the browser goes back or forward (`arrive`); once the page has read it (`settle`), what is chosen
counts. A link that names the bundle is whole: what it leaves out is at its default. Any other one,
such as the bare address of a page, leaves what was chosen. `publish` writes what a page shows into
its link. `aegen.app.widgets.bound` binds widgets to items; no other file knows the session keys of
choices.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aegen.app.state.visit import memory, notify

__all__ = [
    "Item",
    "arrive",
    "bundle",
    "current",
    "left_out",
    "on_every_page",
    "own_names",
    "publish",
    "settle",
    "show",
]

T = TypeVar("T")

LONGEST = 100_000
"""Characters of a choice in a link: the longest, the code of a picture, has fewer."""

FEW = 5
"""So many unknown names of a link are told one by one."""


def _short(value: object) -> str:
    """What a link says, as far as a sentence has room for it."""
    text = repr(value)
    return text if len(text) <= 64 else f"{text[:62]}…"


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
        own: whether it says something in this visit only: a link to copy is without it.
    """

    name: str
    default: T
    parse: Callable[[str], T]
    text: Callable[[T], str] = str
    per_bundle: bool = False
    always: bool = False
    own: bool = False

    @property
    def key(self) -> str:
        """Where it lies in the session, and the key of a widget bound to it."""
        return f"{self.name}@{bundle.get()}" if self.per_bundle else self.name

    def get(self) -> T:
        """Its value now."""
        visit = memory()
        if self.name not in visit.heard:
            visit.heard.add(self.name)
            self._hear(visit.given)
        value: T = visit.values.get(self.key, self.default)
        return value

    def _hear(self, given: dict[str, str]) -> None:
        """Take what the link says that the person arrived with."""
        text = given.get(self.name)
        if text is None:
            if bundle.name in given:
                memory().values.pop(self.key, None)
            return
        try:
            if len(text) > LONGEST:
                raise ValueError(f"it is longer than {LONGEST:,} characters")
            memory().values[self.key] = self.parse(text)
        except ValueError as problem:
            notify(
                f"The link asks for {self.name} = {_short(text)}, which cannot be used "
                f"({str(problem)[:200]}). What you see does not follow it."
            )

    def set(self, value: T) -> None:
        """Choose ``value``; meant for callbacks."""
        memory().heard.add(self.name)
        memory().mistyped.pop(self.key, None)
        memory().values[self.key] = value

    def reset(self) -> None:
        """Choose the default."""
        memory().heard.add(self.name)
        memory().values.pop(self.key, None)

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
            what = self.name.rpartition(".")[2]
            notify(f"There is no {what} {_short(value)} here; there are: {offered}.")
        self.set(fallback)
        return fallback


def arrive(page: str) -> bool:
    """Begin a run of the whole of ``page``: after a step in the browser's history its link counts.

    Gives whether another page was shown before.

    Args:
        page: the page's part of the address.
    """
    visit = memory()
    context = get_script_run_ctx()
    stepped = context is not None and context.is_history_navigation
    another = visit.page != page
    if stepped or another:
        visit.page, visit.given, visit.heard = page, st.query_params.to_dict(), set()
        visit.mistyped.clear()
        visit.bare = bundle.name not in visit.given
    visit.stepped = stepped
    return another


_common: list[Item[Any]] = []
"""Choices that every page of a bundle shows."""


def on_every_page(item: Item[T]) -> Item[T]:
    """Note a choice that every page of a bundle shows; gives it back."""
    _common.append(item)
    return item


def show(items: Iterable[Item[Any]], *, common: bool = True) -> None:
    """Name the choices that the page shows, whose link is written later, when all were read.

    With them go those of every page, unless the page shows no bundle.
    """
    memory().shown = (*items, *(_common if common else ()))


def publish() -> None:
    """Write what the page shows into its link.

    The bare address of an arrival is left to `aegen.app.components.address`, since what is written
    here becomes an entry of its own in the browser's history, and an arrival is one step, not two.
    """
    visit, found = memory(), current()
    if visit.bare:
        visit.bare = False
    elif st.query_params.to_dict() != found:
        st.query_params.from_dict(found)


def current() -> dict[str, str]:
    """What the page's link holds, by name."""
    found = {}
    for item in (bundle, *memory().shown):
        value = item.get()
        text = item.text(value) if value is not None else ""
        if text and (item.always or value != item.default):
            found[item.name] = text
    return found


def settle() -> None:
    """End an arrival, when the page has read all of its choices: its link counts no more.

    What the link names and the page does not know is noted for the person.
    """
    visit = memory()
    for item in visit.shown:  # also what no part of the page has read yet
        item.get()
    known = sorted(item.name for item in (bundle, *visit.shown))
    unknown = sorted(visit.given.keys() - visit.heard - set(known))
    for name in unknown[:FEW]:
        close = [other for other in known if other.endswith(f".{name}")]
        close = close or difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        notify(f"The link names {_short(name)}, which this page does not know.{hint}")
    if len(unknown) > FEW:
        notify(f"The link names {len(unknown) - FEW:,} more things that this page does not know.")
    visit.given = {}


def own_names() -> list[str]:
    """Names of shown choices that say something in this visit only."""
    return [item.name for item in memory().shown if item.own]


def left_out() -> list[str]:
    """Names of shown choices that are too long for a link."""
    return [
        item.name
        for item in memory().shown
        if item.get() != item.default and not item.text(item.get())
    ]


bundle: Item[str] = Item("bundle", "", str, always=True)
"""Name of the bundle; "" is the first there is."""
