"""Temporary files and folders that go with the process that made them, however it ends.

A temporary is locked for as long as its process lives, and a lock falls with its process. So one
that nobody has locked is what a killed process left: whoever next makes one in the same folder
removes it. A lock beside a place says that the place is somebody's to write. Where a system has no
such locks nothing is removed, and no place is refused.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import shutil
import stat
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Taken", "Temporary", "claim", "exchange", "sweep", "tidy"]

NAME = re.compile(r"\..+\.aegen-\w+(\..*)?", re.DOTALL)
"""Names that only this module gives."""

OLD = ".old"
"""Ends the name of what `Temporary.put` moved aside."""

RARELY = 100
"""A folder is looked through at most so seldom that it takes a hundredth of the time."""

KNOWN = 256
"""Folders of which is remembered when they were looked through."""

PATIENCE = 0.05
"""Seconds after which who still holds a lock is no sweeper, and between two attempts to get it."""

PAUSE = 0.002


class Taken(Exception):
    """Another process has the place."""


class Temporary:
    """A new file or folder beside ``path``, removed with this object or after its process.

    Args:
        path: what it is made for, in the same folder.
        folder: whether it is a folder.
        private: whether only its owner may read it.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, *, folder: bool = False, private: bool = False) -> None:
        tidy(path.parent)
        suffix = "" if folder else path.suffix or ".part"
        while True:
            name = f".{path.name}.aegen-{secrets.token_hex(4)}{suffix}"
            self.path = path.with_name(name)
            if folder:
                self.path.mkdir(0o700 if private else 0o777)
            else:
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
                os.close(os.open(self.path, flags, 0o600 if private else 0o666))
            try:
                self._held = _hold(self.path)
            except Taken:  # a sweeper was quicker than the lock
                continue
            break
        self._end = weakref.finalize(self, _end, self.path, self._held)

    def put(self, path: Path) -> None:
        """Move it to ``path``, in place of what is there."""
        if not self.path.is_dir() or not path.exists():
            self.path.replace(path)
        elif not exchange(self.path, path):
            old = self.path.with_name(self.path.name + OLD)
            path.replace(old)
            try:
                self.path.replace(path)
            finally:  # an interrupt, too, leaves either the old folder or the new one
                if not path.exists():
                    old.replace(path)
                _remove(old)

    def close(self) -> None:
        """Remove what is left of it."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextlib.contextmanager
def claim(path: Path) -> Iterator[None]:
    """The place is this block's to write.

    Raises:
        Taken: another process, or another block of this one, has it.
        OSError: the folder cannot be written to.
    """
    lock = path.with_name(f".{path.name}.aegen-lock")
    until = time.monotonic() + PATIENCE
    while True:
        os.close(os.open(lock, os.O_CREAT | os.O_RDONLY, 0o666))
        try:
            held = _hold(lock)
        except Taken:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
            continue
        break
    try:
        yield
    finally:
        _end(lock, held)


def sweep(folder: Path) -> None:
    """Remove what processes that are gone have left in a folder, and finish what they began."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        for name in filter(NAME.fullmatch, os.listdir(folder)):
            with contextlib.suppress(OSError, Taken):
                _clear(folder / name)


def _clear(path: Path) -> None:
    """Remove a temporary that nobody holds; a folder that it was to replace goes back."""
    about = path.lstat()
    kinds = (stat.S_IFREG, stat.S_IFDIR)
    if stat.S_IFMT(about.st_mode) not in kinds or about.st_uid != os.geteuid():
        return
    if path.suffix == OLD and path.with_suffix("").exists():
        return  # it is that one's, which may be at work
    held = _hold(path)
    if held is None:  # no locks here, so nobody knows
        return
    try:
        old = path.with_name(path.name + OLD)
        place = path.with_name(path.name[1:].rpartition(".aegen-")[0])
        if old.is_dir() and not place.exists():
            old.rename(place)
        _remove(old)
        _remove(path)
    finally:
        os.close(held)


_due: dict[Path, float] = {}


def tidy(folder: Path) -> None:
    """`sweep`, where that was not done just now."""
    start = time.monotonic()
    if start >= _due.get(folder, 0.0):
        sweep(folder)
        end = time.monotonic()
        if len(_due) > KNOWN:
            _due.clear()
        _due[folder] = end + RARELY * (end - start)


def _hold(path: Path) -> int | None:
    """A descriptor whose lock on what is at ``path`` lasts as long; None where there are no locks.

    Raises:
        Taken: another one holds it, or it is gone.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        held = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Taken from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(held), path.lstat()):
            return held
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:  # a file system without them
        os.close(held)
        return None
    os.close(held)
    raise Taken


def _end(path: Path, held: int | None) -> None:
    """Remove a temporary and let go of it."""
    _remove(path)
    if held is not None:
        os.close(held)


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as that can be."""
    with contextlib.suppress(OSError):
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)


def exchange(a: Path, b: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except AttributeError:  # an old C library
        return False
    here, swap = -100, 2
    done: int = renameat2(here, os.fsencode(a), here, os.fsencode(b), swap)
    return done == 0
