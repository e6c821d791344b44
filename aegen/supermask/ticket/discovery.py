"""Discovery of tickets: the shipped ones, and those in the folders of AEGEN_MASKS."""

from __future__ import annotations

import os
from pathlib import Path

from aegen.core.errors import TicketError, UnknownName
from aegen.core.storage import is_file, names_in
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["SUFFIX", "find_ticket", "load_ticket", "ticket_files", "tickets"]

SUFFIX = ".ticket"

VARIABLE = "AEGEN_MASKS"
"""Names folders that hold tickets, separated as PATH is; looked at before the shipped ones."""


def tickets() -> list[str]:
    """Names of all tickets that can be opened by name, sorted.

    A ticket's name here is its file's, without ".ticket". Folders in the environment variable
    AEGEN_MASKS come first, so a ticket there takes the place of a shipped one of the same name.
    """
    return sorted(ticket_files())


def ticket_files() -> dict[str, Path]:
    """The files of all tickets that can be opened by name, by that name."""
    return {file.stem: file for file in reversed(_files())}


def find_ticket(name: str | Path) -> Path:
    """The file of a ticket, by name or by path.

    A path is anything with a separator or the ending ".ticket", or a `Path`; a plain word is a
    name. A program that takes names from strangers should accept those in `tickets` only.

    Raises:
        UnknownName: no ticket has this name; the message lists what exists.
    """
    text = os.fspath(name)
    separators = {os.sep, os.altsep or os.sep, "/"}
    if isinstance(name, Path) or text.endswith(SUFFIX) or any(s in text for s in separators):
        try:
            return Path(name).expanduser()
        except RuntimeError as problem:  # "~nobody/a.ticket"
            raise TicketError(text, f"is no path ({problem})") from problem
    known = ticket_files()
    if text in known:
        return known[text]
    raise UnknownName("ticket", text, tickets())


def load_ticket(name: str | Path) -> Ticket:
    """A ticket, by name or by path.

    Raises:
        UnknownName: no ticket has this name.
        TicketError: there is none at this path, or it cannot be used.

    Example:
        >>> load_ticket("fnc-mnist")                               # doctest: +ELLIPSIS
        Traceback (most recent call last):
        aegen.core.errors.UnknownName: there is no ticket named 'fnc-mnist'...
    """
    return Ticket.read(find_ticket(name))


def _files() -> list[Path]:
    """Tickets in the order of the folders that hold them."""
    return [
        root / name
        for root in _roots()
        for name in names_in(root)  # half-written ones are hidden
        if name.endswith(SUFFIX) and is_file(root / name)
    ]


def _roots() -> list[Path]:
    """Folders that hold tickets, the person's own first."""
    named = os.environ.get(VARIABLE, "")
    own = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    package = Path(__file__).resolve().parents[2]
    checkout = package.parent / "assets" / "masks"
    # beside the package in a checkout, inside it once installed
    shipped = checkout if os.path.isdir(checkout) else package / "_shipped" / "assets" / "masks"
    return [*own, shipped]
