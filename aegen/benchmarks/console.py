"""What benchmarks share: the console, the form of their tables, timing, their other processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["console", "same_aegen", "seconds", "table"]

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


def table(*headings: str, title: str | None = None, texts: int = 1) -> Table:
    """A table whose first ``texts`` columns hold text; the others hold figures, to the right.

    Example:
        >>> [column.justify for column in table("name", "seconds").columns]
        ['left', 'right']
    """
    found = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        found.add_column(heading, justify="left" if place < texts else "right")
    return found


def seconds(call: Callable[[], Any]) -> float:
    """How long a call takes.

    Example:
        >>> 0 <= seconds(list) < 10
        True
    """
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def same_aegen() -> dict[str, str]:
    """Environment in which another process imports the aegen that runs here, wherever it lies."""
    here = str(Path(__file__).resolve().parents[2])
    return {"PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}
