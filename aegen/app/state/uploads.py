"""Files that a visit was given, on disk and not in memory, one a field; they go with the visit."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath
from typing import Any

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aegen.app.state import visit
from aegen.core.errors import InvalidInput
from aegen.core.storage import make_folder, temporary_folder, write_bytes

__all__ = ["Uploads", "release", "uploads"]

LONGEST = 100
"""Characters of a file's name that are kept."""


class Uploads:
    """Files by the field that they were dropped on, in a folder that is removed with this object.

    Attributes:
        folder: where they lie, one folder a field.
        files: their paths.
        problems: why the file last dropped on a field was not taken.
        rounds: how often a field was emptied or filled: its widget is another one each time, so
            that the browser forgets what the last one held.
    """

    def __init__(self) -> None:
        self._place = temporary_folder("uploads")
        self.folder = self._place.path
        self.files: dict[str, Path] = {}
        self.problems: dict[str, str] = {}
        self.rounds: dict[str, int] = {}

    def keep(self, field: str, name: str, content: bytes, most: int) -> None:
        """Take a file in place of what the field held.

        Args:
            field: where it was dropped.
            name: its own name.
            content: what it holds.
            most: bytes that it may have.

        Raises:
            InvalidInput: it is empty or too large.
            StorageError: it cannot be written.
        """
        self.remove(field)
        if not content:
            raise InvalidInput(f"{name} is empty: give another file")
        if len(content) > most:
            raise InvalidInput(
                f"{name} has {len(content) / 1e6:,.0f} MB, at most {most // 10**6:,} MB can be "
                "dropped here: give larger ones to `aegen bundles create`"
            )
        own = PurePath(name.replace("\\", "/")).name[-LONGEST:]
        place = self.folder / field / "".join(c if c.isprintable() else "_" for c in own)
        make_folder(place.parent)
        write_bytes(place, content)
        self.files[field] = place

    def remove(self, field: str) -> None:
        """Forget the field's file."""
        self.files.pop(field, None)
        self.problems.pop(field, None)
        self.rounds[field] = self.rounds.get(field, 0) + 1
        shutil.rmtree(self.folder / field, ignore_errors=True)


def uploads() -> Uploads:
    """The files of this visit."""
    memory = visit.memory()
    if memory.uploads is None:
        memory.uploads = Uploads()
    found: Uploads = memory.uploads
    return found


def release(file: Any) -> None:
    """Free the memory in which Streamlit holds a dropped file; it is not needed any more."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
