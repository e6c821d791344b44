"""A folder of pictures: what lies in it, without following a link twice or opening a pipe."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from aegen.core.arrays import IntArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.plain_text import line
from aegen.core.storage import open_file
from aegen.data.base import Skipped

__all__ = ["FolderSource", "Listing", "is_hidden", "list_folder", "printable"]

TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""Tables of attributes that lie among the pictures."""

LONGEST = 4096
"""Characters of a path."""

SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "__macosx"}
"""What Windows and macOS leave in folders for their own use."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none that a person put there to be seen."""
    return name.startswith(".") or name.lower() in SYSTEM_FILES


def printable(name: str) -> str:
    r"""A file name that can be printed: bytes that are no UTF-8, and controls, as escapes.

    Example:
        >>> printable("caf\udce9.png")
        'caf\\xe9.png'
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return line(text, LONGEST)


@dataclass
class Listing:
    """Files below a folder, in the order of their names, with slashes.

    Attributes:
        names: files that may be pictures.
        tables: tables of attributes that lie beside pictures.
        sizes: bytes of each file in ``names``.
        changed: when each was changed, in nanoseconds.
        skipped: what was left out.
    """

    names: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def sort(self) -> None:
        """Put files in the order of their paths, folder by folder."""
        files = sorted(
            zip(self.names, self.sizes, self.changed, strict=True),
            key=lambda file: file[0].split("/"),
        )
        self.names = [name for name, _, _ in files]
        self.sizes = [size for _, size, _ in files]
        self.changed = [changed for _, _, changed in files]

    def skip(self, name: str, reason: str) -> None:
        """Note a file that is left out."""
        self.skipped.append(Skipped(printable(name), reason))


def list_folder(root: Path) -> Listing:
    """Everything below ``root``; a folder is entered once, and by a link only if by no other way.

    Raises:
        StorageError: ``root`` cannot be read.
    """
    found = Listing()
    entered: set[tuple[int, int]] = set()
    folders, links = [""], list[str]()
    while folders or links:
        folder = folders.pop() if folders else links.pop(0)
        try:
            about = os.stat(root / folder)
            names = sorted(os.listdir(root / folder))
        except OSError as problem:
            if not folder:
                raise StorageError(root, f"cannot be read ({problem.strerror})") from problem
            found.skip(folder, f"the folder cannot be read ({problem.strerror})")
            continue
        if (about.st_dev, about.st_ino) in entered:
            found.skip(folder, "it leads to a folder that is read already")
            continue
        entered.add((about.st_dev, about.st_ino))
        if folder and not names:
            found.skip(folder, "the folder is empty")
        for name in names:
            path = f"{folder}/{name}" if folder else name
            if _sort(root, path, found) == "folder":
                (links if os.path.islink(root / path) else folders).append(path)
    found.sort()
    return found


def _sort(root: Path, name: str, found: Listing) -> Literal["folder", "file"]:
    """Put a file into the listing, and say what it is; what is skipped is a file here."""
    last = name.rpartition("/")[2]
    if is_hidden(last):
        found.skip(name, "it is hidden, or a system's own")
        return "file"
    try:
        about = os.stat(root / name)
    except OSError as problem:
        broken = os.path.islink(root / name)
        cause = "the link leads nowhere" if broken else f"cannot be read ({problem.strerror})"
        found.skip(name, cause)
        return "file"
    if stat.S_ISDIR(about.st_mode):
        return "folder"
    if not stat.S_ISREG(about.st_mode):
        found.skip(name, "it is a pipe, a socket or a device, no file")
    elif last.lower() in TABLES:
        found.tables.append(name)
    else:
        found.names.append(name)
        found.sizes.append(about.st_size)
        found.changed.append(about.st_mtime_ns)
    return "file"


@dataclass(frozen=True, eq=False)
class FolderSource:
    """Files below a folder as a `PictureSource`.

    Attributes:
        root: the folder.
        files: their paths below it, as the system has them.
        names: the same for people, printable.
        sizes: bytes of each.
        changed: when each was changed, in nanoseconds.
    """

    root: Path
    files: tuple[str, ...]
    names: tuple[str, ...]
    sizes: IntArray
    changed: IntArray

    @classmethod
    def of(cls, root: Path, listing: Listing) -> FolderSource:
        """The files of a listing."""
        numbers = (np.array(column, np.int64) for column in (listing.sizes, listing.changed))
        names = tuple(map(printable, listing.names))
        return cls(root.absolute(), tuple(listing.names), names, *numbers)

    def open(self, k: int) -> BinaryIO:
        """File ``k``; see `PictureSource`."""
        try:
            return open_file(self.root / self.files[k])
        except StorageError as problem:
            raise InvalidInput(problem.problem) from problem

    def signature(self) -> bytes:
        """Names, sizes and times of change."""
        names = "\0".join(self.names).encode()
        return names + self.sizes.tobytes() + self.changed.tobytes()
