"""Tickets that a visit can choose from, and how lists call them."""

from __future__ import annotations

from aegen.app.services import tickets
from aegen.app.state import visit

__all__ = ["at_hand", "brought", "called"]


def at_hand(*chosen: str) -> list[str]:
    """Names of the shipped tickets, of those of this visit, and of ``chosen`` ones that exist."""
    return tickets.ticket_names(*visit.memory().tickets, *chosen)


def brought(name: str, file: str = "") -> None:
    """Note a ticket of this visit, from the ``file`` of this name, or trained here."""
    visit.memory().tickets[name] = file


def called(name: str) -> str:
    """A ticket's title, with what tells it apart from others of this title.

    A brought one goes by its file's name, unless two files of one name and title were brought.
    """
    mine = visit.memory().tickets
    file = mine.get(name, "")
    title = tickets.ticket_title(name) if file else ""
    if any(
        other != name and mine[other] == file and tickets.ticket_title(other) == title
        for other in (tickets.ticket_names(*mine) if file else ())
        if other in mine
    ):
        file = f"{file}, {name[1:5]}"
    return tickets.ticket_name(name, file)
