"""What one visit remembers: one object under one session key, never shared between visits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from aegen.app.server.sharing import sharing
from aegen.app.server.visitor import is_outside, known_as

__all__ = [
    "Visit",
    "is_local",
    "last_drawn",
    "last_targeted",
    "memory",
    "notices",
    "notify",
    "page_runs",
    "session_id",
    "stopped",
    "visitor",
]

T = TypeVar("T")
KEY = "aegen.view"

MOST, LONGEST = 20, 500
"""Notes at once, and characters of each: what a link says may be of any length."""


@dataclass
class Visit:
    """The memory of a visit.

    Attributes:
        values: choices by key (`aegen.app.state.link.Item`).
        page: the page that runs, by its part of the address.
        given: the link that the person arrived with, by name.
        heard: names of the choices for which the link was asked since, or that were made.
        bare: whether the address that the person arrived at is still to be completed.
        stepped: whether this run follows a step in the browser's history.
        notices: sentences to be shown once.
        page_runs: whether a whole page runs, not a part of it.
        shown: the choices that the page shows.
        session_id: its name.
        stopped: work that the person stopped.
        watching: the page whose jobs are watched.
        watched: jobs that it asked for, by part (`aegen.app.state.watching`).
        turn: another one for each run of a page.
        endings: what Cancel does for each job that its page showed, by the job's name.
        uploads: files that it was given (`aegen.app.state.uploads`).
        tickets: names of tickets that were opened or trained, with the names of their files.
        inspected: what was last tried of a person's own, and what was found.
        mistyped: what is wrong with texts that were typed, by the key of their choice or field.
        arriving: the part of a page that the person is led to, until it was shown.
        trays: what lay in the tray of kept pictures, by the name that a link has for it.
        missing_trays: the name of a tray that the browser is asked for, by bundle.
        originals: a person's own pictures as the network sees them, by their codes.
    """

    values: dict[str, Any] = field(default_factory=dict)
    page: str | None = None
    given: dict[str, str] = field(default_factory=lambda: st.query_params.to_dict())
    heard: set[str] = field(default_factory=set)
    bare: bool = False
    stepped: bool = False
    notices: list[str] = field(default_factory=list)
    page_runs: bool = False
    shown: tuple[Any, ...] = ()
    session_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stopped: set[Any] = field(default_factory=set)
    drawn: Any = None
    targeted: Any = None
    watching: str | None = None
    watched: dict[str, set[Any]] = field(default_factory=dict)
    turn: object = None
    endings: dict[str, Any] = field(default_factory=dict)
    uploads: Any = None
    tickets: dict[str, str] = field(default_factory=dict)
    inspected: Any = None
    mistyped: dict[str, str] = field(default_factory=dict)
    arriving: str = ""
    trays: dict[str, Any] = field(default_factory=dict)
    missing_trays: dict[str, str] = field(default_factory=dict)
    originals: dict[Any, Any] = field(default_factory=dict)


def memory() -> Visit:
    """The memory of this visit."""
    try:  # asked for hundreds of times in the run of a page, and no look is cheap
        found: Visit = st.session_state[KEY]
    except KeyError:
        found = st.session_state[KEY] = Visit()
    return found


def notify(sentence: str) -> None:
    """Note a sentence for the person, shown once: on top of the page, or as a passing note."""
    noted = memory().notices
    short = sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST]}…"
    if short not in noted and len(noted) < MOST:
        noted.append(short)


def notices() -> list[str]:
    """The sentences noted since the last call."""
    visit = memory()
    found, visit.notices = visit.notices, []
    return found


def is_local() -> bool:
    """Whether the person sits at the machine that runs the app, and may name its folders."""
    here = st.context.ip_address is None and not is_outside(st.context.headers.to_dict())
    return here and not sharing().shared


def visitor() -> str:
    """Who this is: the same in all tabs, and when a page is loaded anew."""
    trusted = bool(st.get_option("server.trustedUserHeaders"))
    known = known_as(st.user.to_dict(), st.context.cookies.to_dict(), trusted)
    return known or f"session {session_id()}"


def session_id() -> str:
    """A name for this visit, different from all others."""
    return memory().session_id


def stopped() -> set[Any]:
    """The work that this person stopped and has not started again; to be changed in place."""
    return memory().stopped


def page_runs(now: bool | None = None) -> bool:
    """Whether a whole page runs, not a part of it; with ``now``, note that it does."""
    visit = memory()
    if now is not None:
        visit.page_runs = now
    return visit.page_runs


def last_drawn(now: T | None = None) -> T | None:
    """What was drawn last, to be shown while something new is made; with ``now``, note it."""
    visit = memory()
    if now is not None:
        visit.drawn = now
    found: T | None = visit.drawn
    return found


def last_targeted(now: T | None = None) -> T | None:
    """The target that was drawn for last; with ``now``, note it."""
    visit = memory()
    if now is not None:
        visit.targeted = now
    found: T | None = visit.targeted
    return found
