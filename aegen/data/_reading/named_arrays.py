"""The arrays of an npz or npy file by name, parts put together, labels found among them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.errors import StorageError
from aegen.core.storage import file_size, is_file, open_file
from aegen.data._idx import UNREADABLE
from aegen.data._reading.archive import TOTAL, TOTAL_A_BYTE
from aegen.data._reading.arrangement import is_part
from aegen.data._reading.attributes import LABELS, value_category

__all__ = ["Arrays", "array_file", "array_files", "attributes_among", "without_parts"]

Arrays = dict[str, NDArray[Any]]

WIDEST = 100
"""Columns of a two-dimensional array that are taken for attributes."""


def array_file(path: Path, *, mapped: bool = False) -> NDArray[Any]:
    """The array of an npy file, without pickle; ``mapped`` leaves it on the disk.

    Raises:
        StorageError: it is missing, damaged, or holds Python objects.
    """
    if not is_file(path):
        raise StorageError(path, "there is no such file")
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (*UNREADABLE, MemoryError) as problem:
        raise StorageError(path, f"is no readable npy file ({problem})") from problem
    if not isinstance(array, np.ndarray):
        array.close()
        raise StorageError(path, "is an npz file: call it so")
    return array


def array_files(path: Path) -> Arrays:
    """All arrays of an npz file, or the one of an npy file under the name "".

    Raises:
        StorageError: it is missing, damaged, or holds nothing but Python objects.
    """
    if path.suffix.lower() == ".npy":
        return {"": array_file(path)}
    if not is_file(path):
        raise StorageError(path, "there is no such file")
    try:
        with open_file(path) as content:  # which np.load would leave open where it is damaged
            file = np.load(content, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise StorageError(path, "is an npy file: call it so")
            members: list[zipfile.ZipInfo] = file.zip.infolist() if file.zip else []
            unpacked = sum(info.file_size for info in members)
            if unpacked > TOTAL + TOTAL_A_BYTE * (file_size(path) or 0):
                raise StorageError(
                    path, f"would unpack to {unpacked / 1e9:.1f} GB: give it unpacked"
                )
            return {name: file[name] for name in file.files if not _is_objects(file, name)}
    except (*UNREADABLE, MemoryError) as problem:
        raise StorageError(path, f"is no readable npz file ({problem})") from problem


def _is_objects(file: Any, name: str) -> bool:
    """Whether a member holds pickled Python objects, which are never read."""
    member = name if name in file.zip.namelist() else f"{name}.npy"
    opened: zipfile.ZipExtFile
    with file.zip.open(member) as opened:
        version = np.lib.format.read_magic(opened)
        header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        return bool(header(opened)[2].hasobject)


def without_parts(arrays: Arrays, path: Path) -> tuple[Arrays, list[str] | None]:
    """Arrays such as x_train and x_test one below the other as x, and the part of each row.

    Arrays that belong to no part stay as they are, and so does everything where there is one part.

    Raises:
        StorageError: parts that do not fit together.
    """
    split = {name: _split(name) for name in arrays}
    parts = {part for _, part in split.values() if part}
    if len(parts) < 2:
        return arrays, None
    together: Arrays = {name: array for name, array in arrays.items() if not split[name][1]}
    rows: dict[str, int] = {}
    order = sorted(parts, key=lambda part: (part.lower() not in ("train", "training"), part))
    for stem in dict.fromkeys(stem for stem, part in split.values() if part):
        named = {split[name][1]: name for name in arrays if split[name][0] == stem}
        if sorted(part or "" for part in named) != sorted(parts):
            raise StorageError(path, f"has {stem!r} for {sorted(map(str, named))} only")
        pieces = [arrays[named[part]] for part in order]
        lengths = {part: len(piece) for part, piece in zip(order, pieces, strict=True)}
        if rows and lengths != rows:
            raise StorageError(path, f"has {lengths} rows of {stem!r} where others have {rows}")
        rows = lengths
        try:
            together[stem] = np.concatenate(pieces)
        except ValueError as problem:
            raise StorageError(path, f"parts of {stem!r} do not fit ({problem})") from None
    return together, [part for part in order for _ in range(rows[part])]


def _split(name: str) -> tuple[str, str | None]:
    """A name without the part in it, and the part: ("x", "train") for x_train or train_x."""
    pieces = name.split("_")
    for place in (0, -1):
        if len(pieces) > 1 and is_part(pieces[place]):
            part = pieces.pop(place)
            return "_".join(pieces), part
    return name, None


def attributes_among(arrays: Mapping[str, NDArray[Any]], n: int) -> tuple[pd.DataFrame, list[str]]:
    """Arrays with a value for each of ``n`` rows as attributes, and words about the others.

    Labels called ``y``, ``label`` and so on are called "class"; an array of texts called
    ``class_names``, or as another array with ``_names``, names the values of whole numbers.
    """
    frame: dict[str, Any] = {}
    notes = []
    texts = {name: a.astype(str) for name, a in arrays.items() if a.dtype.kind in "US"}
    used: set[str] = set()
    for name, array in arrays.items():
        values = array.squeeze(1) if array.ndim == 2 and array.shape[1] == 1 else array
        if name in texts:
            values = texts[name] if values.ndim == 1 else values
        if values.ndim == 1 and len(values) == n and values.dtype.kind in "biufUM":
            label = name.lower() in LABELS and "class" not in frame
            called = "class" if label else name
            frame[called] = _named_values(values, name, texts, used)
        elif values.ndim == 2 and len(values) == n and 1 < values.shape[1] <= WIDEST:
            for k, column in enumerate(_column_names(name, values.shape[1], texts, used)):
                of_column = np.ascontiguousarray(values[:, k])
                frame[column] = _named_values(of_column, column, texts, used)
    for name, array in arrays.items():
        if name not in used and array.ndim and len(array) != n:
            notes.append(f"{name!r} {array.shape} has no value for each of {n:,} rows: left out")
    return pd.DataFrame(frame, index=pd.RangeIndex(n)), notes


def _named_values(values: NDArray[Any], name: str, texts: Arrays, used: set[str]) -> Any:
    """Whole numbers by their names, where an array of texts has these."""
    own = (f"{name}_names", f"{name}_values")
    label = ("class_names", "label_names", "classes", "names") if name.lower() in LABELS else ()
    for key in (*own, *label):
        names = texts.get(key)
        if names is None or values.dtype.kind not in "iu" or len(set(names.flat)) < names.size:
            continue
        if values.min(initial=0) >= 0 and values.max(initial=0) < names.size:
            used.add(key)
            return value_category(values, names.ravel().tolist())
    return values


def _column_names(name: str, k: int, texts: Arrays, used: set[str]) -> list[str]:
    """What the columns of a two-dimensional array are called."""
    stem = name.removesuffix("s")
    for key in (f"{name}_names", f"{stem}_names", "columns", "names", "attribute_names"):
        if key in texts and texts[key].shape == (k,) and len(set(texts[key])) == k:
            used.add(key)
            return [str(text) for text in texts[key]]
    return [f"{name}_{column + 1}" for column in range(k)]
