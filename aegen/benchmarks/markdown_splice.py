"""Putting what was measured into a text that people wrote, between two marks."""

from __future__ import annotations

from pathlib import Path

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import write_bytes

__all__ = ["rewrite"]


def rewrite(file: Path | str, begin: str, end: str, text: str | None) -> None:
    """Put ``text`` between ``begin`` and ``end``; None only looks whether they are there.

    Raises:
        InvalidInput: there are no marks.
        StorageError: the file cannot be read or written.
    """
    file = Path(file)
    try:
        whole = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise StorageError(file, f"cannot be read ({problem})") from problem
    before, first, rest = whole.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise InvalidInput(f"{file} has no place for the table: add the lines {begin} and {end}")
    if text is not None:
        write_bytes(file, f"{before}{begin}\n{text}\n{end}{after}".encode())
