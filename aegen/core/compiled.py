"""Loops compiled by numba on first call, kept on disk where only their owner can write."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """``function`` as machine code, without the interpreter's lock while it runs.

    Nothing is compiled before the first call. No fast-math: the same input gives the same bits on
    every x86-64 processor. What is kept on disk is read by pickle, which runs what it says: where
    somebody could write there who cannot change this program anyway, nothing is kept.
    """
    try:
        kept = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
        source = Path(function.__code__.co_filename).parent
        if _writers(Path(str(kept.stats.cache_path))) <= {"owner 0", _me(), *_writers(source)}:
            return cast("F", kept)
    except (RuntimeError, OSError):  # neither beside the package nor in the home may be written
        pass
    return cast("F", numba.njit(nogil=True, error_model="numpy")(function))


def _me() -> str:
    return f"owner {os.geteuid() if hasattr(os, 'geteuid') else 0}"


def _writers(folder: Path) -> set[str]:
    """Who may put other files in a folder, or another folder in its place.

    A group of the same number as the person has no other members, by convention.
    """
    found = set[str]()
    for level in (folder, *folder.parents) if hasattr(os, "geteuid") else ():
        if not level.exists():  # it is made with the first file
            continue
        about = level.stat()
        found.add(f"owner {about.st_uid}")
        if about.st_mode & stat.S_ISVTX and level != folder:  # as /tmp: to each their own
            continue
        if about.st_mode & 0o020 and not about.st_gid == os.getegid() == os.geteuid():
            found.add(f"group {about.st_gid}")
        if about.st_mode & 0o002:
            found.add("everybody")
    return found
