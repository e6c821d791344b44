"""The progress bar of a training command, with the time left; rich is loaded when it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["followed", "progress_bar"]


def progress_bar(*, count: bool = False, stderr: bool = False) -> Progress:
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
    )


@contextmanager
def followed(*, stderr: bool = False) -> Iterator[Console]:
    """A bar that follows what is reported inside the block; gives the console for lines above."""
    from aegen.core.progress import reporting

    with progress_bar(stderr=stderr) as bar:
        line = bar.add_task("starting", total=1.0)
        with reporting(lambda share, text: bar.update(line, completed=share, description=text)):
            yield bar.console
