"""Files that are whole or absent: arrays without pickle, hashes, writing beside, then renaming."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import StorageError
from aegen.core.temporaries import Taken, Temporary, claim

__all__ = [
    "claimed",
    "digest",
    "inside",
    "load_arrays",
    "make_folder",
    "npz",
    "read_bytes",
    "remove_folder",
    "replacing",
    "replacing_folder",
    "safetensors",
    "save_arrays",
    "temporary_folder",
    "write_bytes",
]

Array = NDArray[Any]


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    On any error the temporary file is removed and what stood at ``path`` stays as it was. What
    processes left that were killed in such a block is removed by the next one in that folder.

    Raises:
        StorageError: the folder is missing or not writable, or the disk is full.
    """
    with _replacing(Path(path), folder=False) as part:
        yield part


@contextlib.contextmanager
def replacing_folder(path: Path | str) -> Iterator[Path]:
    """Like `replacing`, for a folder: filled beside its place, then moved there whole.

    Raises:
        StorageError: the parent is missing or not writable, or the disk is full.
    """
    with _replacing(Path(path), folder=True) as part:
        yield part


@contextlib.contextmanager
def _replacing(path: Path, folder: bool) -> Iterator[Path]:
    with _asking(path, "written"), Temporary(path, folder=folder) as part:
        yield part.path
        part.put(path)


def remove_folder(path: Path | str) -> None:
    """Remove a folder, if it is there, as far as that can be: it goes whole, also by a kill."""
    path = Path(path)
    with contextlib.suppress(OSError), Temporary(path, folder=True) as gone:
        path.replace(gone.path)
    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def claimed(path: Path | str) -> Iterator[None]:
    """The file or folder ``path`` is this process's to write for the length of the block.

    Folders above it are made where they are missing, and go again where nothing was put in them.

    Raises:
        StorageError: another one writes it, or the folder above it cannot be written to.

    Example:
        >>> with temporary_folder("work") as place, claimed(place.path / "out"):
        ...     [path.name for path in place.path.iterdir()]
        ['.out.aegen-lock']
    """
    path = Path(path)
    missing = [folder for folder in path.absolute().parents if not folder.exists()]
    make_folder(path.parent)
    with contextlib.ExitStack() as held:
        held.callback(_remove_empty, missing)
        with _asking(path, "written"):
            try:
                held.enter_context(claim(path))
            except Taken:
                raise StorageError(
                    path,
                    "is being written by another process: wait until that has ended, or name "
                    "another place",
                ) from None
        yield


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders, the innermost first, in which nothing was put."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def temporary_folder(name: str, folder: Path | None = None) -> Temporary:
    """A private folder that is removed with this object, or after its process.

    Args:
        name: what it is for.
        folder: where; by default in the system's folder for such files.

    Raises:
        StorageError: it cannot be made.

    Example:
        >>> with temporary_folder("work") as place:
        ...     place.path.is_dir()
        True
        >>> place.path.exists()
        False
    """
    with _asking(folder or "the folder for temporary files", "written"):
        place = Path(tempfile.gettempdir()) if folder is None else folder
        return Temporary(place / name, folder=True, private=True)


def make_folder(path: Path | str) -> None:
    """Make a folder, and those above it, where they are missing.

    Raises:
        StorageError: something else is there, or it may not be made.
    """
    with _asking(path, "made a folder"):
        Path(path).mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK):
        raise StorageError(path, "is a folder that may not be written to")


@contextlib.contextmanager
def _asking(path: Path | str, verb: str) -> Iterator[None]:
    """Says of a system's error inside the block which file cannot be written or read."""
    try:
        yield
    except OSError as problem:
        if verb == "read" and isinstance(problem, FileNotFoundError):
            raise StorageError(path, "there is no such file") from None
        raise StorageError(path, f"cannot be {verb} ({problem.strerror})") from problem


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a whole file, or leave what was there.

    Raises:
        StorageError: it cannot be written.
    """
    with replacing(path) as part:
        part.write_bytes(content)


def read_bytes(path: Path | str) -> bytes:
    """The content of a file.

    Raises:
        StorageError: it is missing or cannot be read.
    """
    with _asking(path, "read"):
        return Path(path).read_bytes()


def digest(path: Path | str) -> str:
    """The sha256 of a file, in hexadecimal.

    Raises:
        StorageError: it is missing or cannot be read.
    """
    with _asking(path, "read"), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(folder: Path | str, name: str) -> Path:
    """The path of ``name`` within ``folder``, refused where it would lead out of it.

    Raises:
        StorageError: an absolute path, a path with "..", or a link that leads elsewhere.

    Example:
        >>> inside("bundle", "codes.safetensors").name
        'codes.safetensors'
    """
    root = Path(folder).resolve()
    path = (root / name).resolve()
    if path == root or root not in path.parents:
        raise StorageError(folder, f"{name!r} leads out of the folder: name a file within it")
    return path


def npz(arrays: Mapping[str, Array]) -> bytes:
    """Named arrays as the content of an .npz file, which ``numpy.load`` reads.

    Example:
        >>> npz({"a": np.arange(3)})[:2]
        b'PK'
    """
    file = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez(file, **named)
    return file.getvalue()


def safetensors(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """Named arrays and string metadata as the content of a safetensors file.

    The same arrays give the same bytes.

    Example:
        >>> safetensors({"a": np.zeros(2)}) == safetensors({"a": np.zeros(2)})
        True
    """
    from safetensors.numpy import save

    # not ascontiguousarray, which makes a scalar an array of one
    contiguous = {name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}
    return _in_order(save(contiguous, metadata=dict(metadata or {})))


def save_arrays(
    path: Path | str, arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> None:
    """Write named arrays and string metadata to a safetensors file, whole or not at all.

    Raises:
        StorageError: it cannot be written.
    """
    write_bytes(path, safetensors(arrays, metadata))


def _in_order(content: bytes) -> bytes:
    """A safetensors file with its header sorted; the library writes metadata in any order."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the arrays stay aligned
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


def load_arrays(path: Path | str) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the metadata of a safetensors file.

    Raises:
        StorageError: it is missing, truncated or no such file.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise StorageError(path, "there is no such file")
    try:
        with safe_open(path, framework="numpy") as file:
            # safe_open has keys() but is no mapping
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return arrays, dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as problem:
        raise StorageError(path, f"is not a whole safetensors file ({problem})") from problem
