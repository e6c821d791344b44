"""Files that a visit was given, on disk and not in memory, one a field; they go with the visit.

Before that Streamlit holds them in memory: `accept` says which fields a page has, so that no other
file comes in, and `arrive` frees what was dropped on another page.
"""

from __future__ import annotations

import contextlib
import shutil
import weakref
from pathlib import Path, PurePath
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aegen.app.server.sharing import sharing
from aegen.app.server.upload_gate import gate
from aegen.app.state import visit
from aegen.core.errors import InvalidInput
from aegen.core.storage import make_folder, temporary_folder, write_bytes

__all__ = ["Uploads", "accept", "arrive", "dropped", "release", "uploads"]

LONGEST = 100
"""Characters of a file's name that are kept."""


class Uploads:
    """Files by the field that they were dropped on, in a folder that is removed with this object.

    Args:
        visitor: whose they are.

    Attributes:
        visitor: likewise.
        folder: where they lie, one folder a field.
        files: their paths.
        problems: why the file last dropped on a field was not taken.
        rounds: how often a field was emptied or filled: its widget is another one each time, so
            that the browser forgets what the last one held.
    """

    def __init__(self, visitor: str = "") -> None:
        self.visitor = visitor
        self._place = temporary_folder("uploads")
        self.folder = self._place.path
        self.files: dict[str, Path] = {}
        self.problems: dict[str, str] = {}
        self.rounds: dict[str, int] = {}
        _all.add(self)

    def keep(self, field: str, name: str, content: bytes, most: int) -> None:
        """Take a file in place of what the field held.

        Args:
            field: where it was dropped.
            name: its own name.
            content: what it holds.
            most: bytes that it may have.

        Raises:
            InvalidInput: it is empty or too large, by itself or with others.
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
        _require_room(self.visitor, len(content))
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
        memory.uploads = Uploads(visit.visitor())
    found: Uploads = memory.uploads
    return found


_all: weakref.WeakSet[Uploads] = weakref.WeakSet()
"""Those of all visits."""


def _require_room(visitor: str, size: int) -> None:
    """Refuse a file where those of this visitor, or of all, would take too much of the disk.

    Raises:
        InvalidInput: it cannot be kept.
    """
    limits, held = sharing(), {"": 0}
    for each in list(_all):
        for file in list(each.files.values()):
            with contextlib.suppress(OSError):
                held[each.visitor] = held.get(each.visitor, 0) + file.stat().st_size
    if held.get(visitor, 0) + size > limits.visitor_megabytes * 10**6:
        raise InvalidInput(
            f"your files together may have {limits.visitor_megabytes:,} MB: take some away first"
        )
    if sum(held.values()) + size > limits.all_megabytes * 10**6:
        raise InvalidInput("there is no room for more files of visitors now: try again later")


def accept(name: str, megabytes: int) -> None:
    """The page has a field for files of so many megabytes; others are not let in."""
    context = get_script_run_ctx()
    if context is not None:
        for sentence in gate.noted(context.session_id):
            visit.notify(f"{sentence[:1].upper()}{sentence[1:]}.")
        gate.accept(context.session_id, visit.visitor(), name, megabytes, visit.memory())


def dropped(key: str) -> list[Any]:
    """The files that were dropped on the field with this key and came in."""
    given = st.session_state[key]
    files = given if isinstance(given, list) else [given]
    return [file for file in files if isinstance(file, UploadedFile)]


def arrive() -> None:
    """Another page is shown: what was dropped on the last one is not needed any more."""
    context = get_script_run_ctx()
    if context is not None:
        gate.clear(context.session_id)
        context.uploaded_file_mgr.remove_session_files(context.session_id)


def release(file: Any) -> None:
    """Free the memory in which Streamlit holds a dropped file; it is not needed any more."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
