"""Where a command writes: tried before any work, so that no result is lost at its end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from aegen.core.errors import InvalidInput, StorageError

__all__ = ["require_file", "require_folder", "require_writable"]

LONGEST = 200
"""Bytes of a file's name: a system has 255, and what is first written beside it has more."""


def require_file(out: Path, *ends: str, option: str = "--out") -> None:
    """Refuse a file that could not be written.

    Args:
        out: the file.
        ends: the endings that it may have, such as ".png".
        option: what names it.

    Raises:
        InvalidInput: another ending, or too long a name.
        StorageError: a folder, one in a folder that is not there, or one that may not be written.
    """
    if out.suffix.lower() not in ends:
        allowed = " or ".join(ends)
        raise InvalidInput(
            f"{option} must end in {allowed}, got {out.name[:60]!r}: change the end"
        )
    if len(os.fsencode(out.name)) > LONGEST:
        raise InvalidInput(f"{option} has a name of over {LONGEST} bytes: shorten it")
    if out.is_dir():
        raise StorageError(out, "is a folder: name a file in it")
    folder = out.absolute().parent
    if not folder.is_dir():
        raise StorageError(out, f"cannot be written, as there is no such folder as {folder}")
    _try(out, folder, option)


def require_writable(file: Path, option: str) -> None:
    """Refuse a file that is there and could not be written anew.

    Raises:
        StorageError: its folder may not be written to, as what is written is put in its place.
    """
    _try(file, file.absolute().parent, option)


def require_folder(out: Path) -> None:
    """Refuse a folder that cannot be made or written to, without making it.

    Raises:
        InvalidInput: too long a name.
        StorageError: something else is there, or the folder above may not be written to.
    """
    place = out.absolute()
    if any(len(os.fsencode(part)) > LONGEST for part in place.parts):
        raise InvalidInput(f"--out has a name of over {LONGEST} bytes: shorten it")
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise StorageError(place, "is no folder, so nothing can be written below it: name another")
    _try(place, place)


def _try(out: Path, folder: Path, option: str = "--out") -> None:
    """Write to a file that has no name, so that nothing of it is seen or left."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b" ")
    except OSError as problem:
        why = f"cannot be written ({problem.strerror}): name another {option}"
        raise StorageError(out, why) from problem
