"""What can befall a machine: a disk that is full, a folder that may only be read."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOM = 16
"""MB of a small disk."""


@contextlib.contextmanager
def disk(place: Path) -> Iterator[bool]:
    """A small disk of its own at ``place``; gives whether this machine lets us mount one."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", str(place)]
    mounted = sys.platform == "linux" and os.geteuid() == 0 and _done(words)
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=True)


def _done(words: list[str]) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a disk of its own; where none can be mounted, any folder."""
    with disk(tmp_path / "disk"):
        yield tmp_path / "disk"


@contextlib.contextmanager
def full(place: Path) -> Iterator[None]:
    """The disk is full inside the block; where it is none of its own, no file may grow."""
    if os.path.ismount(place):
        filler = place / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink(missing_ok=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def read_only(place: Path) -> Iterator[None]:
    """A folder may only be read inside the block, also by root."""
    if not os.path.ismount(place):
        pytest.skip("a folder that root may only read is a mount, which this machine refuses")
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
