"""How far the app is shared: with nobody, at one's own computer, or within a laboratory.

Read once, from three places of which the first that says something counts: the command line of
`aegen app`, which sets the environment; the environment; a file, by default
``~/.config/aegen/config.toml``, with lines such as ``shared = true``.
"""

from __future__ import annotations

import functools
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from aegen.core.errors import InvalidInput, StorageError

__all__ = ["FILE", "VARIABLE", "Sharing", "sharing"]

VARIABLE = "AEGEN_SHARED"
"""Says "yes" or "no" whether the app is shared."""

FILE = "AEGEN_CONFIG"
"""Names the file."""

MOST = 10**6
"""What any limit may be at most."""


@dataclass(frozen=True)
class Sharing:
    """What visitors may do.

    Attributes:
        shared: whether strangers to each other use the app. Then nobody names folders of the
            computer that runs it, and work is stopped and discarded by whoever began it only.
        visitor_megabytes: of files that one visitor has brought, in memory or on disk.
        all_megabytes: of files that all visitors have brought.
        fit_megabytes: of fitted models that are kept in memory.
        draw_megabytes: of draws with their pictures, likewise.
        ticket_megabytes: of tickets and histories, likewise.
        visitor_jobs: long work of one visitor that runs at a time, where others wait.
        live_messages: messages a second on one live channel.
    """

    shared: bool = False
    visitor_megabytes: int = 1_200
    all_megabytes: int = 4_000
    fit_megabytes: int = 1_000
    draw_megabytes: int = 500
    ticket_megabytes: int = 500
    visitor_jobs: int = 1
    live_messages: int = 120


@functools.cache
def sharing() -> Sharing:
    """What counts for this process.

    Raises:
        StorageError: the file cannot be read.
        InvalidInput: the file or the environment says what cannot be.
    """
    found = _file()
    word = os.environ.get(VARIABLE, "").strip().lower()
    if word:
        if word not in ("yes", "no"):
            raise InvalidInput(f"{VARIABLE} must be yes or no, got {word[:40]!r}")
        found["shared"] = word == "yes"
    return Sharing(**found)


def _file() -> dict[str, Any]:
    """What the file says, checked."""
    named = os.environ.get(FILE)
    system = os.environ.get("XDG_CONFIG_HOME")
    base = Path(system) if system and Path(system).is_absolute() else Path.home() / ".config"
    path = Path(named).expanduser() if named else base / "aegen" / "config.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise StorageError(path, f"there is no such file, which {FILE} names") from None
        return {}
    except OSError as problem:
        raise StorageError(path, f"cannot be read ({problem.strerror})") from problem
    except (ValueError, RecursionError) as problem:
        raise StorageError(path, f"is no TOML ({str(problem)[:120]})") from problem
    known: dict[str, Any] = {each.name: each.default for each in fields(Sharing)}
    for name, value in found.items():
        if name not in known:
            raise InvalidInput(f"{path} says {name[:40]!r}: known are {', '.join(known)}")
        kind = type(known[name])
        if type(value) is not kind or (kind is int and not 1 <= value <= MOST):
            wanted = "true or false" if kind is bool else f"a whole number from 1 to {MOST:,}"
            raise InvalidInput(f"{name} in {path} must be {wanted}, got {str(value)[:40]!r}")
    return found
