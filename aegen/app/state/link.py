"""A choice of a person, and how the choices that a page shows stand in its link.

A choice is an `Item`. The link counts where it says something new (it was opened, or edited), else
what was chosen during the visit, else the default; so a page needs nothing to have run before it.
`publish` writes the choices that a page shows back into its link. `aegen.app.widgets.bound` binds
widgets to items; no other file knows the session keys of choices.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from aegen.app.state.visit import Visit, memory, notify

__all__ = ["Item", "bundle", "current", "left_out", "publish", "show"]

T = TypeVar("T")

LATE = 1.5
"""Seconds for which the address that was just replaced may still come from the browser."""


def _late(visit: Visit, name: str, given: str | None) -> bool:
    """Whether a link's text is only the one that was just replaced.

    A part of a page that looks again by itself sends the browser's address along, which may not
    have heard of a choice made a moment ago.
    """
    recent = time.monotonic() - visit.written < LATE
    return recent and given is not None and visit.before.get(name) == given


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
        visit = memory()
        given = st.query_params.get(self.name)
        new = given is not None and visit.link.get(self.name) != given
        if new and not _late(visit, self.name, given):
            assert given is not None
            visit.link[self.name] = given
            try:
                visit.values[self.key] = self.parse(given)
            except ValueError as problem:
                notify(
                    f"The link asks for {self.name} = {given!r}, which cannot be used "
                    f"({problem}). What you see does not follow it."
                )
        value: T = visit.values.get(self.key, self.default)
        return value

    def set(self, value: T) -> None:
        """Choose ``value``; meant for callbacks."""
        memory().values[self.key] = value

    def reset(self) -> None:
        """Choose the default."""
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
            notify(f"There is no {what} {value!r} here; there are: {offered}.")
        self.set(fallback)
        return fallback


def show(items: Iterable[Item[Any]]) -> None:
    """Name the choices that the page shows, whose link is written later, when all were read."""
    memory().shown = tuple(items)


def publish(items: Iterable[Item[Any]] | None = None) -> None:
    """Write what is shown into the link; without ``items`` those of the last call."""
    visit = memory()
    if items is not None:
        show(items)
    found = {}
    for item in (bundle, *visit.shown):
        value = item.get()
        text = item.text(value) if value is not None else ""
        if text and (item.always or value != item.default):
            found[item.name] = text
    if visit.link != found:
        visit.before, visit.written = visit.link, time.monotonic()
    visit.link = dict(found)
    if st.query_params.to_dict() != found:
        st.query_params.from_dict(found)


def current() -> dict[str, str]:
    """What the page's link holds, by name."""
    return dict(memory().link)


def left_out() -> list[str]:
    """Names of shown choices that are too long for a link."""
    return [
        item.name
        for item in memory().shown
        if item.get() != item.default and not item.text(item.get())
    ]


bundle: Item[str] = Item("bundle", "", str, always=True)
"""Name of the bundle; "" is the first there is."""
