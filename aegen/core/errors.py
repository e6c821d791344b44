"""The errors a person can cause; each says what was given, what is allowed and what to do.

The app shows these as a sentence and the command line as one line; anything else is a defect of
aegen and keeps its traceback.

    AegenError
    ├── InvalidInput    an argument or array that cannot be used (also a ValueError)
    ├── UnknownName     a name that nothing answers to (also a LookupError)
    ├── BundleError     a bundle that is missing, altered, truncated or from the future
    ├── StorageError    a file that cannot be read or written
    ├── TicketError     a ticket that is missing, altered, truncated or of another network
    └── TrainingError   a training that cannot start, continue or make sense
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aegen.core.plain_text import line, shortened

__all__ = [
    "AegenError",
    "BundleError",
    "InvalidInput",
    "StorageError",
    "TicketError",
    "TrainingError",
    "UnknownName",
]


LONGEST = 499
"""Characters of a message at most, whatever was given."""

LONGEST_PATH, LONGEST_NAME = 200, 60
"""Characters of a path and of a name within a message."""


class AegenError(Exception):
    r"""Anything a person's input can cause. The message is one clear sentence.

    It is one line of less than 500 characters, without any that steer a terminal or are no text:
    what was given may be hostile.

    Example:
        >>> str(AegenError("a title of \x1b[31m cannot be used"))
        'a title of \\x1b[31m cannot be used'
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(line(str(message), LONGEST))

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its constructor takes: it comes back from other processes so."""
        return _as_it_was, (type(self), self.args), self.__dict__


def _as_it_was(kind: type[AegenError], args: tuple[Any, ...]) -> AegenError:
    return kind.__new__(kind, *args)


class InvalidInput(AegenError, ValueError):
    """An argument or an array that cannot be used."""


class UnknownName(AegenError, LookupError):
    """A name that nothing answers to; the message lists what exists.

    Example:
        >>> str(UnknownName("data set", "mnst", ["mnist"]))
        "there is no data set named 'mnst'; did you mean 'mnist'? There are: mnist"
    """

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        known, given = list(known), shortened(str(name), LONGEST_NAME)
        close = difflib.get_close_matches(given, [k for k in known if len(k) <= 2 * LONGEST_NAME])
        hint = f"; did you mean {close[0]!r}?" if close else ";"
        begun = f"there is no {what} named {given!r}{hint} {'T' if close else 't'}here are: "
        super().__init__(begun + _listing(known, LONGEST - len(begun)))


def _listing(known: list[str], most: int) -> str:
    """Names with commas between, as many as ``most`` characters hold."""
    listing = ", ".join(known) or "none"
    if len(listing) <= most:
        return listing
    listed: list[str] = []
    for name in known:
        ending = f" and {len(known) - len(listed):,} more"
        if len(", ".join([*listed, name])) + len(ending) > most:
            break
        listed.append(name)
    return ", ".join(listed) + f" and {len(known) - len(listed):,} more"


class StorageError(AegenError):
    """A file that cannot be read or written: which one, why, and what to do."""

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = Path(path)
        place = line(str(path), LONGEST_PATH)
        self.problem = line(problem, LONGEST - len(place) - 2)
        super().__init__(f"{place}: {self.problem}")


class BundleError(StorageError):
    """A bundle that cannot be used; names the file and, where there is one, the field."""


class TicketError(StorageError):
    """A ticket that cannot be used: which file, what is wrong with it, and what to do."""


class TrainingError(AegenError):
    """A training that cannot start, continue or make sense."""
