"""Where the benchmarks print their tables."""

from __future__ import annotations

from rich.console import Console

__all__ = ["console"]

WIDTH = 140
"""Columns of a table in a file or a pipe, which have no width of their own."""


def console() -> Console:
    """The terminal, or standard output wide enough for a table.

    Example:
        >>> console().width >= 20
        True
    """
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH)
