"""The files of a bundle: read whole, compared with their length and hash, and only then used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aegen.bundles.manifest import Manifest
from aegen.core.errors import BundleError, StorageError
from aegen.core.storage import digest, file_size, inside, read_inside

__all__ = ["Contents", "read_file"]

LARGE = 64_000_000
"""Bytes above which a file is compared with its hash before it is held in memory."""

ALTERED = "was altered: its sha256 is not the one in bundle.json; copy the bundle again"

Contents = Mapping[str, bytes]
"""The files of a bundle that is in memory, by name."""


def read_file(folder: Path, manifest: Manifest, name: str) -> bytes:
    """The bytes of a listed file, which are what bundle.json says.

    Everything is parsed from these bytes, so what was checked is what is used.

    Raises:
        BundleError: not listed, missing, truncated, altered, or a link that leads elsewhere.
    """
    path = folder / name
    if name not in manifest.files:
        raise BundleError(folder / "bundle.json", f"files: does not list {name}")
    entry = manifest.files[name]
    try:
        found = file_size(inside(folder, name))
        if found is not None and found != entry.size:
            raise BundleError(path, _length(found, entry.size))
        if entry.size > LARGE and digest(inside(folder, name)) != entry.sha256:
            raise BundleError(path, ALTERED)
        content = read_inside(folder, name, most=entry.size)
    except BundleError:
        raise
    except StorageError as problem:
        raise BundleError(path, f"{problem.problem}; copy the bundle again") from problem
    if len(content) != entry.size:
        raise BundleError(path, _length(len(content), entry.size))
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise BundleError(path, ALTERED)
    return content


def _length(found: int, listed: int) -> str:
    what = "truncated" if found < listed else "altered"
    return f"was {what}: {found:,} bytes where bundle.json lists {listed:,}; copy the bundle again"
