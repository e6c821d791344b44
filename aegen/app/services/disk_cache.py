"""Disk cache of fits that took long: one saved latent model a file, whole or absent.

A file's name is a hash of all that the fit depends on: the bundle's contents, the latent model and
its code, its fields, the rows, the seed. What cannot be read is removed and fitted anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aegen
from aegen import samplers
from aegen.core.arrays import IntArray
from aegen.core.errors import AegenError, StorageError
from aegen.core.storage import claimed, is_file, make_folder, replacing, temporary_folder
from aegen.core.temporaries import Temporary, tidy

if TYPE_CHECKING:
    from aegen.samplers import Sampler

__all__ = [
    "LEAST",
    "MOST_BYTES",
    "MOST_FILES",
    "code",
    "folder",
    "keep",
    "make_room",
    "mark",
    "read",
    "used",
    "workplace",
]

VARIABLE = "AEGEN_CACHE"
"""Names the folder; by default ``aegen`` in the system's folder for such files."""

LEAST = 1.0
"""Seconds that a fit must have taken to be worth keeping."""

MOST_FILES = 64
MOST_BYTES = 2 * 10**9

RECENT = 60.0
"""Seconds since the use of what a clock that was set back has in the future."""


def folder() -> Path:
    """Where fits are stored."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser() / "fits"
    system = os.environ.get("XDG_CACHE_HOME")
    base = Path(system) if system and Path(system).is_absolute() else Path.home() / ".cache"
    return base / "aegen" / "fits"


def mark(
    manifest: Path, sampler: str, fields: Mapping[str, Any], rows: IntArray | None, seed: int
) -> str:
    """The hash of all that a fit depends on; None stands for all rows.

    The ``manifest`` is the bundle's ``bundle.json``, which holds the hashes of its other files.
    Fields that were not chosen count as their defaults.
    """
    latent = samplers.samplers.create(sampler, **fields)
    chosen = None if rows is None else hashlib.sha256(rows.tobytes()).hexdigest()
    parts = [
        aegen.__version__,
        code(),
        hashlib.sha256(manifest.read_bytes()).hexdigest(),
        sampler,
        json.dumps(latent.get_params(deep=False), sort_keys=True),
        chosen,
        seed,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


@functools.cache
def code() -> str:
    """The hash of the latent models' source: a mended model is fitted anew."""
    total = hashlib.sha256()
    for file in sorted(Path(samplers.__file__).parent.glob("*.py")):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def read(mark: str, sampler: str, dimension: int) -> Sampler | None:
    """The stored fit of this mark, or None; a file that is not what it should be is removed."""
    path = _file(mark)
    tidy(path.parent)
    if not is_file(path):
        return None
    try:
        found = samplers.load(path)
        if (samplers.samplers.name_of(found), found.n_features_in_) != (sampler, dimension):
            raise StorageError(path, "is another fit than its name says")
    except (AegenError, OSError):
        with contextlib.suppress(OSError):  # a folder that may only be read
            path.unlink()
        return None
    with contextlib.suppress(OSError):  # the oldest used goes first
        os.utime(path)
    return found


def keep(mark: str, written: Path) -> None:
    """Move a saved fit to where `read` finds it, if this computer lets us; then make room."""
    path = _file(mark)
    with contextlib.suppress(OSError, StorageError):
        make_folder(path.parent)
        try:
            written.replace(path)
        except OSError:  # on another disk
            with replacing(path) as part:
                shutil.copyfile(written, part)
    make_room(folder(), "*.safetensors", MOST_FILES, MOST_BYTES)


def workplace() -> Temporary:
    """A new folder for a job to write in, beside the stored fits where that is possible.

    Raises:
        StorageError: it can be made nowhere.
    """
    with contextlib.suppress(StorageError):
        make_folder(folder())
        return temporary_folder("job", folder())
    return temporary_folder("job")


def _file(mark: str) -> Path:
    return folder() / f"{mark}.safetensors"


def make_room(folder: Path, pattern: str, most: float, size: float) -> None:
    """Remove what was not used for longest: all but ``most``, which hold ``size`` bytes at most.

    The last used stays in any case, and so do hidden files, what is being written (`claimed`), and
    what the pattern does not match: somebody's own.
    """
    total = 0
    with contextlib.suppress(OSError):
        paths = [path for path in folder.glob(pattern) if not path.name.startswith(".")]
        found = [(used(path), path.stat().st_size, path) for path in paths]
        found.sort(key=lambda each: each[0], reverse=True)
        for number, (_, bytes_of, path) in enumerate(found):
            total += bytes_of
            if number and (number >= most or total > size):
                with contextlib.suppress(StorageError), claimed(path):
                    shutil.rmtree(path, ignore_errors=True)
                    path.unlink(missing_ok=True)


def used(path: Path) -> float:
    """When it was used; what is from the future was used just before the clock was set back."""
    when, now = path.stat().st_mtime, time.time()
    if when > now:
        when = now - RECENT
        os.utime(path, (when, when))
    return when
