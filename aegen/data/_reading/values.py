"""`read_values`: what is no picture, series (n, channels, length) and tables (n, columns)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, IntArray
from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.rng import RNG
from aegen.core.storage import file_size
from aegen.data._reading.attributes import clean_attributes
from aegen.data._reading.holdout import Holdout, held_out
from aegen.data._reading.joining import beside, joined
from aegen.data._reading.named_arrays import (
    Arrays,
    array_file,
    array_files,
    attributes_among,
    without_parts,
)
from aegen.data._reading.number_columns import value_columns
from aegen.data._reading.read import NOT_STATED, name_of
from aegen.data._reading.sources import IN_MEMORY
from aegen.data._reading.tables import TABLE_SUFFIXES, read_table
from aegen.data.base import chosen_rows, fingerprint

__all__ = ["ValueSet", "read_values"]

Kind = Literal["series", "table"]

AXES = {"series": "(n, channels, length)", "table": "(n, columns)"}

KEYS = ("values", "series", "x", "data", "signals", "table")
"""Names of arrays that are taken for the values where several could be."""

NAMES = ("columns", "column_names", "channels", "channel_names", "feature_names", "names")
"""Arrays of texts that name columns or channels."""

UNIT = re.compile(r"(.*\S)\s*[\[(]([^\[\]()]+)[\])]")
"""A name with a unit behind it: "height [cm]" or "height (cm)"."""


@dataclass(frozen=True)
class ValueSet:
    """Series or rows of a table, with attributes.

    Attributes:
        name: the data set's name.
        title: the name that people see.
        kind: "series" or "table".
        values: float32 or float64, (n, channels, length) of series, (n, columns) of a table.
        columns: the names of the channels or columns.
        units: the unit of each; "" where none is stated.
        attributes: n rows, a column an attribute (categorical text, bool or number).
        holdout: bool, shape (n,); True for rows never trained on.
        licence: licence of the data.
        citation: whom to cite.
        source: where the data comes from.
        kept: index of each row in the whole set, int64 (n,), where rows were left out; else None.
        notes: what was decided in reading them, a sentence each.
    """

    name: str
    title: str
    kind: Kind
    values: NDArray[Any]
    columns: tuple[str, ...]
    units: tuple[str, ...]
    attributes: pd.DataFrame
    holdout: BoolArray
    licence: str
    citation: str
    source: str
    kept: IntArray | None = None
    notes: tuple[str, ...] = ()

    @property
    def row_ids(self) -> IntArray:
        """Index of each row in the whole set, (n,)."""
        return np.arange(len(self.values)) if self.kept is None else self.kept

    @property
    def fingerprint(self) -> str:
        """A hash that tells whether a computation goes on with the same rows."""
        return fingerprint(self.values, self.holdout, self.row_ids)

    def limited(self, n: int, holdout: int | None = None, *, rng: RNG = 0) -> ValueSet:
        """At most ``n`` training rows and ``holdout`` others; see `ImageSet.limited`."""
        rows = chosen_rows(self.holdout, n, holdout, rng)
        return replace(
            self,
            values=self.values[rows],
            attributes=self.attributes.iloc[rows].reset_index(drop=True),
            holdout=self.holdout[rows],
            kept=self.row_ids[rows],
        )


def read_values(
    path: Path | str | NDArray[Any] | pd.DataFrame | Mapping[str, Any],
    *,
    kind: Kind | None = None,
    key: str | None = None,
    columns: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    attributes: Path | str | pd.DataFrame | None = None,
    holdout: Holdout = None,
    limit: int | None = None,
    name: str | None = None,
    title: str | None = None,
    licence: str = NOT_STATED,
    citation: str = "",
    source: str = "",
    rng: RNG = 0,
) -> ValueSet:
    """Series or a table from npz, npy, parquet, CSV, an array or a DataFrame.

    An array with three axes is series, (n, channels, length); one with two is a table, or series
    of one channel where ``kind`` says so. In an npz, arrays of n values are attributes, one of
    texts called ``columns`` or ``channels`` names these, one called ``units`` gives their units.
    Of a table, all numbers but labels are values, the other columns are attributes, and a name
    such as "height [cm]" holds a unit. Arrays of over 256 MB in an npy file stay on the disk.

    Args:
        path: where the values are, or what they are.
        kind: "series" or "table"; by default what the axes say.
        key: which array of an npz they are, where several could be.
        columns: names of the channels or columns.
        units: their units, "" for none.
        attributes: a table or its file, one row each, in their order.
        holdout: which rows are kept out of training, as in `read`.
        limit: training rows at most, and a sixth as many held-out ones.
        name: the data set's name; by default that of the file.
        title: the name that people see.
        licence: licence of the data.
        citation: whom to cite.
        source: where the data comes from.
        rng: draws the rows to hold out and the rows that ``limit`` keeps.

    Raises:
        StorageError: the file is missing, damaged or of another kind.
        InvalidInput, UnknownName: values, attributes or arguments that cannot be used.

    Example:
        >>> found = read_values(pd.DataFrame({"height [cm]": [170.0, 180.0], "who": ["a", "a"]}))
        >>> found.values.shape, found.columns, found.units
        ((2, 1), ('height',), ('cm',))
    """
    if kind not in ("series", "table", None):
        raise InvalidInput(f'kind must be "series" or "table", got {kind!r}')
    found = _found(path, key)
    values, notes = _shaped(found.values, kind, found.where)
    kind = "series" if values.ndim == 3 else "table"
    frame = found.frame
    if attributes is not None:
        rows, words, _ = joined(read_table(attributes), None, len(values), "the table")
        frame, notes = beside(frame, rows, "the table of attributes"), [*notes, *words]
    split = held_out(holdout, len(values), frame=frame, parts=found.parts, rng=rng)
    frame = frame.drop(columns=split.column) if split.column else frame
    frame, words = clean_attributes(frame)
    names, own_units = _named(values.shape[1], kind, columns or found.columns)
    stem, called = name_of(path, kind)
    whole = ValueSet(
        name=name or stem,
        title=title or called,
        kind=kind,
        values=values,
        columns=names,
        units=_units(units or found.units, own_units),
        attributes=frame,
        holdout=split.rows,
        licence=licence,
        citation=citation,
        source=source,
        notes=(*found.notes, *notes, split.note, *words),
    )
    return whole if limit is None else whole.limited(limit, rng=rng)


@dataclass
class _Found:
    """What a source holds."""

    values: NDArray[Any]
    frame: pd.DataFrame
    where: str
    columns: Sequence[str] | None = None
    units: Sequence[str] | None = None
    parts: list[str] | None = None
    notes: Sequence[str] = ()


def _found(source: Any, key: str | None) -> _Found:
    if isinstance(source, pd.DataFrame):
        return _of_table(read_table(source), "the table")
    if isinstance(source, Mapping):
        named = {str(name): np.asarray(values) for name, values in source.items()}
        return _of_arrays(named, key, Path("the mapping"))
    if not isinstance(source, str | Path):
        values = np.asarray(source.detach().cpu() if hasattr(source, "detach") else source)
        return _of_arrays({"": values}, None, Path("the array"))
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        large = (file_size(path) or 0) > IN_MEMORY
        return _of_arrays({"": array_file(path, mapped=large)}, None, path)
    if suffix == ".npz":
        return _of_arrays(array_files(path), key, path)
    if suffix in TABLE_SUFFIXES:
        return _of_table(read_table(path), path.name)
    if not os.path.exists(path):
        raise StorageError(path, "there is no such file")
    kinds = ", ".join((".npz", ".npy", *TABLE_SUFFIXES))
    raise StorageError(path, f"is not read as series or a table: give {kinds}")


def _of_table(frame: pd.DataFrame, where: str) -> _Found:
    values, taken = value_columns(frame, where)
    return _Found(values, frame.drop(columns=taken), where, taken)


def _of_arrays(found: Arrays, key: str | None, path: Path) -> _Found:
    found, parts = without_parts(found, path)
    key = _key(found, key, path)
    texts = {name: a.astype(str) for name, a in found.items() if a.dtype.kind in "US"}
    columns = next((texts[name].tolist() for name in NAMES if name in texts), None)
    units = texts["units"].tolist() if "units" in texts else None
    others = {n: a for n, a in found.items() if n not in (key, *NAMES, "units")}
    frame, notes = attributes_among(others, len(found[key]) if found[key].ndim else 0)
    return _Found(found[key], frame, path.name, columns, units, parts, notes)


def _key(found: Arrays, key: str | None, path: Path) -> str:
    """The name of the array that holds the values."""
    if key is not None:
        if key not in found:
            raise UnknownName("array of values", key, found)
        return key
    if len(found) == 1:
        return next(iter(found))  # what is wrong with it is said where its shape is looked at
    deep = {name: a for name, a in found.items() if a.ndim in (2, 3) and a.dtype.kind in "iuf"}
    named = [name for name in KEYS if name in deep]
    floats = [name for name, array in deep.items() if array.dtype.kind == "f"]
    if not named and len(floats) != 1:
        held = ", ".join(f"{name} {array.shape}" for name, array in found.items()) or "nothing"
        raise InvalidInput(
            f"{path.name} must hold series {AXES['series']} or a table {AXES['table']} called "
            f"values, or one such array of fractions, got {held}: say with key= which it is"
        )
    return named[0] if named else floats[0]


def _shaped(values: NDArray[Any], kind: Kind | None, where: str) -> tuple[NDArray[Any], list[str]]:
    """The values with the axes of their kind, as finite floats, and a note about the axes."""
    if kind == "series" and values.ndim == 2:
        values = values[:, None]
    found = {3: "series", 2: "table"}.get(values.ndim)
    if found is None or kind not in (found, None) or not values.size:
        wanted = AXES[kind] if kind else f"{AXES['series']} or {AXES['table']}"
        raise InvalidInput(f"{where} must have shape {wanted}, got {values.shape}")
    if values.dtype.kind not in "iuf":
        raise InvalidInput(f"{where} must hold numbers, got {values.dtype}")
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    for start in range(0, len(values), 4096):
        finite = np.isfinite(values[start : start + 4096])
        if not finite.all():
            row, column = (int(k) for k in np.argwhere(~finite)[0][:2])
            raise InvalidInput(
                f"{where} has values that are NaN or infinite, the first in row {start + row}, "
                f"column {column}: fill them, or remove those rows"
            )
    if found == "series" and values.shape[1] > values.shape[2]:  # perhaps the other way round
        _, channels, length = values.shape
        return values, [f"axes were taken for {channels:,} channels of length {length:,}"]
    return values, []


def _named(
    k: int, kind: Kind, columns: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of channels or columns, and the units that stand behind them."""
    word = "channel" if kind == "series" else "column"
    if columns is None:
        return tuple(f"{word} {number + 1}" for number in range(k)), ("",) * k
    texts = [str(name) for name in columns]
    if (
        len(texts) != k
        or len(set(texts)) != k
        or not all(text.strip() and text.isprintable() and len(text) <= 200 for text in texts)
    ):
        raise InvalidInput(
            f"{word}s must have {k} different names of 1 to 200 printable characters, got {texts}"
        )
    matches = [UNIT.fullmatch(text) for text in texts]
    names = tuple(m[1] if m else text for m, text in zip(matches, texts, strict=True))
    if len(set(names)) < k:  # distinguished by their units alone
        return tuple(texts), ("",) * k
    return names, tuple(m[2] if m else "" for m in matches)


def _units(units: Sequence[str] | None, own: tuple[str, ...]) -> tuple[str, ...]:
    if units is None:
        return own
    if len(units) != len(own):
        raise InvalidInput(f"units must be {len(own)} texts, one a column, got {list(units)}")
    return tuple(str(unit) for unit in units)
