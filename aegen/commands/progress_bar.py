"""The progress bar of a training command, with the time left; rich is loaded when it is shown."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["followed", "patient", "progress_bar"]

SOON = 1.0
"""Seconds after which a person wants to know how far it is."""


def progress_bar(
    *, count: bool = False, stderr: bool = False, transient: bool = False
) -> Progress:
    """A bar with the time passed and left, in per cent or as a count."""
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn() if count else progress.TaskProgressColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=stderr),
        transient=transient,
    )


@contextmanager
def followed(*, stderr: bool = False) -> Iterator[Console]:
    """A bar that follows what is reported inside the block; gives the console for lines above."""
    from aegen.core.progress import reporting

    with progress_bar(stderr=stderr) as bar:
        line = bar.add_task("starting", total=1.0)
        with reporting(lambda share, text: bar.update(line, completed=share, description=text)):
            yield bar.console


@contextmanager
def patient() -> Iterator[None]:
    """A bar for work inside the block that takes longer than a second; it goes when that ends.

    It comes whether or not anything was reported by then, with the time passed at least. Only
    where a person sits at the terminal: in a log it would be in the way.
    """
    from aegen.core.progress import reporting

    if not sys.stderr.isatty():
        yield
        return
    with ExitStack() as held:
        shown: list[tuple[Progress, TaskID]] = []
        last = 0.0, "working"
        both = threading.Lock()  # the work reports while the clock shows the bar

        def show() -> None:
            with both:
                bar = held.enter_context(progress_bar(stderr=True, transient=True))
                shown.append((bar, bar.add_task(last[1], total=1.0)))
                bar.update(shown[0][1], completed=last[0])

        def told(share: float, text: str) -> None:
            nonlocal last
            with both:
                last = share, text or last[1]
                for bar, line in shown:
                    bar.update(line, completed=share, description=last[1])

        clock = threading.Timer(SOON, show)
        clock.daemon = True
        held.callback(clock.join)
        held.callback(clock.cancel)
        clock.start()
        with reporting(told):
            yield
