"""A ZIP archive of pictures, read in place: nothing is unpacked to the disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.plain_text import unfit
from aegen.core.storage import file_size, open_file
from aegen.data._reading.folder import TABLES, Listing, is_hidden

__all__ = ["ArchiveSource", "list_archive"]

MEMBERS = 1_000_000
"""How many files an archive may name."""

BYTES = 64_000_000
"""What one file may unpack to; `zipfile` unpacks no more than is announced."""

TOTAL, TOTAL_A_BYTE = 400_000_000, 100
"""What all files together may unpack to, and for each byte of the archive: pictures are packed
already, and a hundredfold is what bitmaps of one colour take."""

FLAG_ENCRYPTED = 0x1

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    LookupError,
)
"""What `zipfile` lets through from a damaged archive or one packed in an unknown way."""


def list_archive(path: Path) -> tuple[ArchiveSource, Listing]:
    """The files in an archive, in the order of their names.

    Raises:
        StorageError: it is no whole ZIP archive, or would unpack to too much.
    """
    source = ArchiveSource(path, ())
    listing = Listing()
    members: dict[str, int] = {}
    infos = source.archive.infolist()
    total = sum(info.file_size for info in infos)
    most = TOTAL + TOTAL_A_BYTE * (file_size(path) or 0)
    if len(infos) > MEMBERS or total > most:
        raise StorageError(
            path,
            f"would unpack to {len(infos):,} files of {total / 1e9:.1f} GB together: bring one of "
            f"at most {MEMBERS:,} files, and of its length {most / 1e9:.1f} GB, or a folder",
        )
    for place, info in enumerate(infos):
        name = info.filename.replace("\\", "/")
        reason = _refusal(info, name)
        if reason is None and name in members:
            reason = "the archive holds it twice; the first one was read"
        if info.is_dir():
            continue
        if reason is not None:
            listing.skip(name, reason)
        else:
            members[name] = place
    for name in sorted(members, key=lambda name: name.split("/")):
        if PurePosixPath(name).name.lower() in TABLES:
            listing.tables.append(name)
        else:
            listing.names.append(name)
            info = infos[members[name]]
            listing.sizes.append(info.file_size)
            listing.changed.append(info.CRC)
    places = [members[name] for name in listing.names]
    tables = {name: members[name] for name in listing.tables}
    return ArchiveSource(path, tuple(listing.names), tuple(places), tables), listing


def _refusal(info: zipfile.ZipInfo, name: str) -> str | None:
    """Why a member is not read, or None."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        return "its path leads out of the archive"
    if unfit(name):
        return "its name is no text"
    if any(is_hidden(part) for part in parts if part):
        return "it is hidden, or a system's own"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & FLAG_ENCRYPTED:
        return "it is encrypted"
    if info.file_size > BYTES:
        return f"it unpacks to {info.file_size / 1e6:.0f} MB: at most {BYTES // 1_000_000} MB"
    return None


class ArchiveSource:
    """Members of a ZIP archive as a `PictureSource`.

    Args:
        path: the archive.
        names: the members that may be pictures.
        places: their places in the archive's directory.
        tables: places of tables of attributes by name.
    """

    def __init__(
        self,
        path: Path,
        names: tuple[str, ...],
        places: tuple[int, ...] = (),
        tables: dict[str, int] | None = None,
    ) -> None:
        self.path, self.names, self.places = path, names, places
        self.tables = tables or {}
        self._opened: zipfile.ZipFile | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    @property
    def archive(self) -> zipfile.ZipFile:
        """The archive, opened once in each process.

        Raises:
            StorageError: it is missing or no whole ZIP archive.
        """
        if self._opened is None:
            try:
                open_file(self.path).close()  # a pipe would be waited for
                self._opened = zipfile.ZipFile(self.path)
            except UNREADABLE as problem:
                fault = f"is not a whole ZIP archive ({problem}): pack it again"
                raise StorageError(self.path, fault) from problem
        return self._opened

    def open(self, k: int) -> BinaryIO:
        """Member ``k``, unpacked in memory; see `PictureSource`."""
        return io.BytesIO(self._content(self.places[k]))

    def table(self, name: str) -> bytes:
        """The content of a table of attributes.

        Raises:
            StorageError: it is damaged.
        """
        try:
            return self._content(self.tables[name])
        except InvalidInput as problem:
            raise StorageError(self.path / name, str(problem)) from problem

    def _content(self, place: int) -> bytes:
        try:
            return self.archive.read(self.archive.infolist()[place])
        except UNREADABLE as problem:
            raise InvalidInput(f"cannot be unpacked ({problem})") from problem

    def signature(self) -> bytes:
        """Names and checksums of the members."""
        infos = self.archive.infolist()
        sums = [(infos[k].file_size, infos[k].CRC) for k in self.places]
        return repr((self.names, sums)).encode()
