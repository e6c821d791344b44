"""Which columns of a table are the numbers that are meant, and which are attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, UnknownName
from aegen.data._reading.attributes import LABELS

__all__ = ["code_columns", "value_columns"]


def code_columns(
    frame: pd.DataFrame, key: str | None, likely: Sequence[str], where: str
) -> tuple[NDArray[Any], list[str]]:
    """Codes (n, d) of a table, and the columns that they took.

    They are a column of lists; else the columns that are numbered, such as z0, z1 and z2; else all
    columns with fractions.

    Args:
        frame: the table.
        key: the column of lists that is meant, or what stands before the numbers.
        likely: names that are preferred where several could be.
        where: what a sentence calls the table.

    Raises:
        InvalidInput, UnknownName: no such columns, or lists of different lengths.
    """
    lists = [str(name) for name in frame if _is_lists(frame[name])]
    families = _numbered(frame)
    known = [*lists, *families]
    if key is not None and key not in known:
        raise UnknownName("column of codes", key, map(str, known))
    names = [key] if key is not None else [name for name in likely if name in known][:1]
    names = names or (lists if len(lists) == 1 else [])
    if not names and len(lists) > 1:
        raise InvalidInput(
            f"{where} has lists of numbers in {', '.join(map(str, lists))}: say with key= which "
            "of them are the codes"
        )
    if names and names[0] in lists:
        try:
            return np.stack(frame[names[0]].to_list()), [names[0]]
        except ValueError:
            fault = f"column {names[0]!r} of {where} holds lists of different lengths"
            raise InvalidInput(f"{fault}: codes have one length") from None
    if names or families:
        taken = families[names[0] if names else max(families, key=lambda k: len(families[k]))]
    else:
        taken = _of_kinds(frame, "f")
    if not taken:
        columns = ", ".join(map(str, frame.columns))
        raise InvalidInput(f"{where} has no columns of codes, which are fractions, got {columns}")
    return frame[taken].to_numpy(np.float64), taken


def value_columns(frame: pd.DataFrame, where: str) -> tuple[NDArray[Any], list[str]]:
    """All numbers of a table but its labels, (n, columns), and the columns that they took.

    Raises:
        InvalidInput: there are none.
    """
    taken = _of_kinds(frame, "iuf")
    if not taken:
        columns = ", ".join(map(str, frame.columns))
        raise InvalidInput(f"{where} has no columns of numbers, got {columns}")
    return frame[taken].to_numpy(np.float64), taken


def _of_kinds(frame: pd.DataFrame, kinds: str) -> list[str]:
    """Columns of numbers of these kinds that are no labels."""
    return [
        str(name)
        for name in frame
        if frame[name].dtype.kind in kinds and str(name).lower() not in LABELS
    ]


def _is_lists(column: pd.Series[Any]) -> bool:
    """Whether every cell is a list of numbers."""
    if column.dtype != object or column.empty:
        return False
    first = column.iloc[0]
    if not isinstance(first, np.ndarray | list) or not len(first):
        return False
    return all(
        isinstance(cell, np.ndarray | list) and np.asarray(cell).dtype.kind in "iuf"
        for cell in column
    )


def _numbered(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Columns of numbers whose names differ in a number at the end, by what is before it."""
    families: dict[str, list[tuple[int, str]]] = {}
    for name in frame:
        match = re.fullmatch(r"(.*?)[_\- ]?(\d+)", str(name))
        if match and frame[name].dtype.kind in "iuf":
            families.setdefault(match[1], []).append((int(match[2]), str(name)))
    return {
        stem: [name for _, name in sorted(members, key=lambda member: member[0])]
        for stem, members in families.items()
        if len(members) > 1
    }
