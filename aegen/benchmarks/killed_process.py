"""A subject in a process forked from this one, killed at a time or before an operation.

Libraries are loaded once, by the process that forks.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aegen.benchmarks.kill_subjects import VARIABLE, Subject, World

__all__ = ["Run", "notes_of", "run"]

PATIENCE = 300.0
"""Seconds after which a process that should end has failed."""


@dataclass(frozen=True)
class Run:
    """What a process did, killed or not.

    Attributes:
        code: of its exit; negative where a signal ended it.
        units: that it began.
        operations: on files, up to its end.
        seconds: that it took.
        said: what it printed last.
    """

    code: int
    units: int
    operations: int
    seconds: float
    said: str


def run(
    subject: Subject, world: World, out: Path, *, operation: int = 0, seconds: float = PATIENCE
) -> Run:
    """Run in a process of its own; it is killed before an operation on files, or at a time."""
    out.mkdir(exist_ok=True)
    notes = notes_of(out)
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    (notes / "said").touch()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _be(subject, world, out, notes, operation)
    status = _ended(child, start + seconds)
    if subject.outlived:
        _wait_for_others(notes)
    return Run(
        os.waitstatus_to_exitcode(status),
        _length(notes / "units"),
        _length(notes / "operations"),
        time.monotonic() - start,
        (notes / "said").read_text(errors="replace")[-2000:],
    )


def notes_of(out: Path) -> Path:
    """The folder beside ``out`` in which its processes count."""
    return out.with_name(f"{out.name}.notes")


def _ended(child: int, until: float) -> int:
    """The status of a child that has ended by itself, or was killed with its group."""
    found = status = 0
    try:
        while not found and time.monotonic() < until:
            time.sleep(0.002)
            found, status = os.waitpid(child, os.WNOHANG)
    finally:
        if not found:
            with contextlib.suppress(ProcessLookupError):  # it may have no group yet
                os.killpg(child, signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
    return status


def _be(subject: Subject, world: World, out: Path, notes: Path, operation: int) -> None:
    """Be the process that does it, and never come back."""
    code = 70
    try:
        gc.freeze()  # what it was forked with is never garbage
        os.setsid()
        said = os.open(notes / "said", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(said, 1)
        os.dup2(said, 2)
        (out / "tmp").mkdir(exist_ok=True)
        tempfile.tempdir = os.environ["TMPDIR"] = str(out / "tmp")
        os.environ[VARIABLE] = str(notes)
        begun, done = (_counter(notes / name) for name in ("units", "operations"))
        sys.addaudithook(_Watch(out, operation, done))
        code = subject.run(world, out, begun)
        (notes / "modules").write_text("\n".join(sys.modules))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}
"""What the interpreter calls operations on files."""


class _Watch:
    """Counts operations on files below a folder; before the last one its process is killed."""

    def __init__(self, out: Path, last: int, done: Callable[[], object]) -> None:
        self.out, self.left, self.done = str(out), last, done

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in CHANGES or not args or isinstance(args[0], int):
            return
        if self.out not in os.fsdecode(args[0]) and not self._by_folder(event, args):
            return
        self.left -= 1
        if self.left == 0:
            os.killpg(0, signal.SIGKILL)
        self.done()

    def _by_folder(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether it names a file by an open folder, as the removal of a tree does."""
        return event in ("os.remove", "os.rmdir") and args[-1] != -1


def _counter(path: Path) -> Callable[[], object]:
    """Counts calls by the length of a file, which outlives the process."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    return lambda: os.write(file, b".")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _wait_for_others(notes: Path) -> None:
    """Wait until no process is left that it started, which end when it has."""
    mark = f"{VARIABLE}={notes}\0".encode()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not any(mark in _environment(place) for place in os.listdir("/proc")):
            return
        time.sleep(0.02)


def _environment(process: str) -> bytes:
    if not process.isdigit():
        return b""
    try:
        return Path("/proc", process, "environ").read_bytes()
    except OSError:
        return b""
