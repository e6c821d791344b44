"""Where a person is on the tour of the pages; no link holds it, so links do not end it."""

from __future__ import annotations

from aegen.app.state.visit import memory

__all__ = ["leave", "put", "stop"]

KEY = "tour"


def stop() -> int:
    """The stop of the tour, from 1; 0 where the person is not on it."""
    found: int = memory().values.get(KEY, 0)
    return found


def put(stop: int) -> None:
    """Go to a stop."""
    memory().values[KEY] = stop


def leave() -> None:
    """End the tour."""
    memory().values.pop(KEY, None)
