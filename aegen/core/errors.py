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

__all__ = [
    "AegenError",
    "BundleError",
    "InvalidInput",
    "StorageError",
    "TicketError",
    "TrainingError",
    "UnknownName",
]


class AegenError(Exception):
    """Anything a person's input can cause. The message is one clear sentence."""

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
        known = list(known)
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ";"
        listing = ", ".join(known) or "none"
        ending = "There are:" if close else "there are:"
        super().__init__(f"there is no {what} named {str(name)!r}{hint} {ending} {listing}")


class StorageError(AegenError):
    """A file that cannot be read or written: which one, why, and what to do."""

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = Path(path)
        self.problem = problem
        super().__init__(f"{self.path}: {problem}")


class BundleError(StorageError):
    """A bundle that cannot be used; names the file and, where there is one, the field."""


class TicketError(StorageError):
    """A ticket that cannot be used: which file, what is wrong with it, and what to do."""


class TrainingError(AegenError):
    """A training that cannot start, continue or make sense."""
