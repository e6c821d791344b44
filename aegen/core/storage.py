"""Files that are whole or absent: arrays without pickle, hashes, writing beside, then renaming."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import parse
from aegen.core.plain_text import unfit
from aegen.core.temporaries import Taken, Temporary, claim

__all__ = [
    "claimed",
    "digest",
    "file_size",
    "inside",
    "is_file",
    "load_arrays",
    "make_folder",
    "names_in",
    "npz",
    "open_file",
    "parse_arrays",
    "read_bytes",
    "read_inside",
    "remove_folder",
    "replacing",
    "replacing_folder",
    "safetensors",
    "save_arrays",
    "temporary_folder",
    "write_bytes",
]

Array = NDArray[Any]

DTYPES = ("BOOL", *(f"{kind}{bits}" for kind in "IU" for bits in (8, 16, 32, 64)))
DTYPES += ("F16", "F32", "F64")
"""Types of the arrays that are read, as safetensors calls them."""


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
    except UnicodeEncodeError as problem:  # half a surrogate pair, which no system has
        raise StorageError(path, f"cannot be {verb} ({problem.reason})") from None


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a whole file, or leave what was there.

    Raises:
        StorageError: it cannot be written.
    """
    with replacing(path) as part:
        part.write_bytes(content)


def is_file(path: Path | str) -> bool:
    """Whether there is an ordinary file, or a link to one, as far as can be seen."""
    return file_size(path) is not None


def open_file(path: Path | str, *, follow: bool = True) -> BinaryIO:
    """A file, opened for reading, if it is an ordinary one: nothing else is waited for or read.

    Args:
        path: where it is.
        follow: whether it may be a link.

    Raises:
        StorageError: there is none, it cannot be read, or it is a folder, pipe, socket or device.
    """
    how = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    how |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)  # a pipe would be waited for
    how |= 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    try:
        with _asking(path, "read"):
            _require_regular(path, os.stat(path).st_mode)
            handle = os.open(path, how)
    except ValueError as problem:  # a null character
        raise StorageError(path, f"cannot be read ({problem})") from None
    try:
        _require_regular(path, os.fstat(handle).st_mode)  # another one may lie there by now
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _require_regular(path: Path | str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise StorageError(path, "is a folder, where a file is needed")
    if not stat.S_ISREG(mode):
        raise StorageError(path, "is no ordinary file, but a pipe, a socket or a device")


def names_in(folder: Path | str) -> list[str]:
    """Names in a folder, sorted, but for hidden ones and those that are no text.

    Where there is no folder, or it cannot be read, there are none.
    """
    try:
        return sorted(n for n in os.listdir(folder) if not n.startswith(".") and not unfit(n))
    except (OSError, ValueError):
        return []


def file_size(path: Path | str) -> int | None:
    """Bytes of an ordinary file, or of the one that a link leads to; None where there is none."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_size if stat.S_ISREG(about.st_mode) else None


def read_bytes(path: Path | str, *, most: int | None = None, follow: bool = True) -> bytes:
    """The content of an ordinary file.

    Args:
        path: where it is.
        most: bytes that it may have; of a longer file none is read.
        follow: whether it may be a link.

    Raises:
        StorageError: it is missing, cannot be read, is too long, or no ordinary file.
    """
    with open_file(path, follow=follow) as file, _asking(path, "read"):
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise StorageError(path, f"is longer than {most:,} bytes")
        return file.read() if most is None else file.read(most)


def digest(path: Path | str) -> str:
    """The sha256 of a file, in hexadecimal.

    Raises:
        StorageError: it is missing or cannot be read, or is no ordinary file.
    """
    with open_file(path) as file, _asking(path, "read"):
        return hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()


def inside(folder: Path | str, name: str) -> Path:
    """The path of ``name`` within ``folder``, refused where it would lead out of it.

    Links are followed: the path is that of the file itself.

    Raises:
        StorageError: an absolute path, a path with "..", or a link that leads elsewhere.

    Example:
        >>> inside("bundle", "codes.safetensors").name
        'codes.safetensors'
    """
    try:
        root = Path(os.path.realpath(folder))
        path = Path(os.path.realpath(root / name))
    except ValueError as problem:  # a null character
        raise StorageError(folder, f"{name!r} is no file name ({problem})") from None
    if path == root or root not in path.parents:
        raise StorageError(folder, f"{name!r} leads out of the folder: name a file within it")
    return path


def read_inside(folder: Path | str, name: str, *, most: int | None = None) -> bytes:
    """The content of the ordinary file ``name`` in ``folder``, with the file's path in errors.

    Raises:
        StorageError: as `inside` and `read_bytes`.
    """
    try:
        return read_bytes(inside(folder, name), most=most, follow=False)
    except StorageError as problem:
        raise StorageError(Path(folder) / name, problem.problem) from None


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
        StorageError: it is missing, truncated or no such file, see `parse_arrays`.
    """
    content = read_bytes(path)
    try:
        return parse_arrays(content)
    except InvalidInput as problem:
        raise StorageError(path, str(problem)) from None


def parse_arrays(content: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the metadata in the bytes of a safetensors file; arrays may be read-only.

    Raises:
        InvalidInput: they are none or not whole, or its header has what `json_text.parse` refuses
            or arrays of no type of numbers that numpy has.

    Example:
        >>> parse_arrays(safetensors({"a": np.arange(2)}, {"of": "b"}))
        ({'a': array([0, 1])}, {'of': 'b'})
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    length = int.from_bytes(content[:8], "little")
    try:
        header = parse(content[8 : 8 + length])
        metadata = header.pop("__metadata__", None) or {}
        for name, about in header.items():
            if about["dtype"] not in DTYPES:
                raise InvalidInput(f"holds {name!r:.80} as {about['dtype']!r:.20}")
        return dict(load(content)), metadata  # which looks at shapes and places
    except InvalidInput as problem:
        fault = f"is not a whole safetensors file of numbers (its header {problem})"
        raise InvalidInput(fault) from None
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise InvalidInput(f"is not a whole safetensors file ({problem})") from None
