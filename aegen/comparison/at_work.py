"""How far the tasks are that are at work in other processes, and how one of them is skipped.

Processes of one machine share a folder: each task has a small file in it while it is at work, and
a model that is to be skipped has one as well. No other line leads from one to another.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aegen.comparison.task import Task
from aegen.core.errors import AegenError
from aegen.core.progress import reporting
from aegen.core.storage import write_bytes

__all__ = ["SKIPPED", "AtWork", "Standing"]

SKIPPED = "skipped"
"""The problem of a task that was skipped; nobody keeps it."""

PAUSE = 0.4
"""Seconds between two notes of one task."""


class _Skipped(AegenError):
    """Ends a task from within, where it next reports."""


@dataclass(frozen=True)
class Standing:
    """How far a task is.

    Attributes:
        model: the candidate as a text.
        seed: of the task.
        share: how much is done, 0 to 1.
        text: how it stands.
        seconds: since it began.
    """

    model: str
    seed: int
    share: float
    text: str
    seconds: float

    def __str__(self) -> str:
        """In a few words.

        Example:
            >>> str(Standing("kde", 0, 0.25, "pass 3", 2.0))
            'kde: pass 3, 25 %'
        """
        return f"{self.model}: {self.text + ', ' if self.text else ''}{100 * self.share:.0f} %"


@dataclass(frozen=True)
class AtWork:
    """A folder of notes.

    Attributes:
        folder: it is there.
    """

    folder: Path

    @contextlib.contextmanager
    def following(self, task: Task) -> Iterator[Callable[[], bool]]:
        """Note what is reported inside the block; end it where its model is to be skipped.

        Gives what tells whether that was so: the error that ends it, with `SKIPPED` as its
        message, may be taken on its way for one that leaves a figure out.
        """
        file = self._file("task", f"{task.candidate.text} {task.seed} {task.bundle}")
        began, last, skipped = time.time(), 0.0, False

        def note(share: float, text: str) -> None:
            nonlocal last, skipped
            if not skipped and time.monotonic() - last < PAUSE:
                return
            last, skipped = time.monotonic(), skipped or self.skips(task)
            if skipped:
                raise _Skipped(SKIPPED)
            about = [task.candidate.text, task.seed, share, text, began]
            with contextlib.suppress(AegenError):  # nobody's figures hang on it
                write_bytes(file, json.dumps(about).encode())

        try:
            with reporting(note):
                note(0.0, "")
                yield lambda: skipped
        finally:
            file.unlink(missing_ok=True)

    def now(self) -> list[Standing]:
        """The tasks at work, the longest first."""
        found = []
        for file in self.folder.glob("task-*.json"):
            with contextlib.suppress(OSError, ValueError):  # just gone
                model, seed, share, text, began = json.loads(file.read_bytes())
                found.append(Standing(model, seed, share, text, time.time() - began))
        return sorted(found, key=lambda each: -each.seconds)

    def skip(self, model: str, yes: bool = True) -> None:
        """Let tasks of a candidate, a text, be skipped from now on, or no longer."""
        file = self._file("skip", model)
        if yes:
            write_bytes(file, b"")
        else:
            file.unlink(missing_ok=True)

    def skips(self, task: Task) -> bool:
        """Whether it is to be skipped."""
        return self._file("skip", task.candidate.text).exists()

    def _file(self, what: str, name: str) -> Path:
        return self.folder / f"{what}-{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
