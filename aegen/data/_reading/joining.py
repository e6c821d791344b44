"""Which row of a table belongs to which picture: by the name of its file, or by order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aegen.core.errors import InvalidInput
from aegen.data._reading.tables import KEYS

__all__ = ["FILE_NAME", "beside", "joined"]

FILE_NAME = KEYS[0]
"""The column that says which file a row is about."""


def joined(
    frame: pd.DataFrame, names: Sequence[str] | None, n: int, table: str
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Rows of ``frame`` in the order of ``n`` pictures.

    A column ``file_name`` (or another of `KEYS` whose texts name pictures) says which file a row
    is about, by its path, its last part, or that without its ending. Without one, rows are in the
    order of the pictures, one each.

    Args:
        frame: the table.
        names: paths of the pictures, or None where they have none.
        n: how many pictures there are.
        table: what a sentence calls the table.

    Returns:
        The rows, with gaps where a picture has none; sentences about it; the names of files that
        the table has and the pictures lack.

    Raises:
        InvalidInput: no row for any picture, two for one, or another number of rows than pictures.
    """
    key = _key(frame, names or ())
    if key is None or names is None:
        if len(frame) != n:
            raise InvalidInput(
                f"{table} has {len(frame):,} rows for {n:,} pictures: give one row a picture, in "
                f"their order, or a column {FILE_NAME} that says which file a row is about"
            )
        return frame, [], []
    if frame.empty:
        raise InvalidInput(f"{table} has no rows: give one for each picture, or leave it out")
    gaps = np.flatnonzero(frame[key].isna().to_numpy())
    if len(gaps):
        raise InvalidInput(
            f"{table} has no {key} in its row {gaps[0] + 1}: say which picture it is about"
        )
    files = frame[key].astype(str).map(_plain)
    places = _places(files, names)
    found = [place for place in places if place is not None]
    twice = files[pd.Series(files).duplicated()]
    if len(twice):
        raise InvalidInput(f"{table} has two rows for {twice.iloc[0]!r}: leave one of them")
    if not found:
        raise InvalidInput(
            f"{table} names no picture that is there: its {key} says {files.iloc[0]!r}, and the "
            f"first picture is {names[0]!r}"
        )
    rows = frame.drop(columns=key).reindex([-1 if p is None else p for p in places])
    notes = []
    without = len(places) - len(found)
    if without:
        first = next(name for name, place in zip(names, places, strict=True) if place is None)
        notes.append(
            f"{table} has no row for {without:,} of {n:,} pictures, the first of them {first}: "
            "their attributes are missing"
        )
    absent = files.drop(index=found)
    return rows.reset_index(drop=True), notes, absent.tolist()


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _key(frame: pd.DataFrame, names: Sequence[str]) -> str | None:
    """The column that says which file a row is about."""
    if FILE_NAME in frame:
        return FILE_NAME
    for key in KEYS[1:]:
        if key in frame and any(p is not None for p in _places(frame[key].astype(str), names)):
            return key
    return None


def _places(files: pd.Series[str], names: Sequence[str]) -> list[int | None]:
    """The row of each picture: by its path, or a shorter name that is its own alone."""
    known = {name: row for row, name in enumerate(files)}
    for shorten in (lambda name: name, _last, _stem):
        short = [shorten(_plain(name)) for name in names]
        if len(set(short)) == len(short):
            places = [known.get(name) for name in short]
            if any(place is not None for place in places):
                return places
    return [None] * len(names)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _stem(name: str) -> str:
    return _last(name).rpartition(".")[0] or _last(name)


def beside(first: pd.DataFrame, second: pd.DataFrame, what: str) -> pd.DataFrame:
    """Two tables of the same rows as one.

    Raises:
        InvalidInput: both have an attribute of one name; ``what`` says where the second is from.
    """
    both = [name for name in second if name in first]
    if both:
        raise InvalidInput(f"there is an attribute {both[0]!r} already, and {what} has it too")
    return pd.concat([first, second], axis=1)
