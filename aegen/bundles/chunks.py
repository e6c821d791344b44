"""Long work in chunks that survive its end: what was computed is kept beside the place to write.

A creation that was stopped finds its chunks again by what they were computed from.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from aegen.core.errors import StorageError
from aegen.core.storage import (
    load_arrays,
    remove_folder,
    replacing_folder,
    save_arrays,
    write_bytes,
)

__all__ = ["Chunks"]

KEY = "made-from.json"

Arrays = dict[str, NDArray[Any]]


class Chunks:
    """Arrays by name and number, kept in a folder; without a folder nothing is kept.

    Args:
        folder: a hidden folder beside the bundle's place; chunks of another key are thrown away.
        key: what the chunks follow from: hashes of networks, data and conventions.

    Raises:
        StorageError: the folder holds something else, or cannot be made.
    """

    def __init__(self, folder: Path | None, key: dict[str, str]) -> None:
        self.folder = folder
        if folder is None:
            return
        text = json.dumps(key, sort_keys=True).encode()
        marker = folder / KEY
        if not marker.is_file() or marker.read_bytes() != text:
            if folder.is_dir() and any(folder.iterdir()) and not marker.is_file():
                raise StorageError(folder, "holds something that is no unfinished bundle: move it")
            if folder.exists() and not folder.is_dir():
                raise StorageError(folder, "is no folder of an unfinished bundle: move it")
            with replacing_folder(folder) as fresh:
                write_bytes(fresh / KEY, text)

    def get(self, name: str, number: int, make: Callable[[], Arrays]) -> Arrays:
        """The chunk where it is kept, else what ``make`` gives, which is kept from then on."""
        if self.folder is None:
            return make()
        path = self.folder / f"{name}-{number:06d}.safetensors"
        if path.is_file():
            try:
                return dict(load_arrays(path)[0])
            except StorageError:  # half of it is lost: it is computed again
                path.unlink(missing_ok=True)
        made = make()
        if made:
            save_arrays(path, made)
        return made

    def done(self) -> None:
        """The work is over: nothing is kept any more."""
        if self.folder is not None:
            remove_folder(self.folder)
