"""Display names of attributes and of their values, from a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from aegen.core.errors import InvalidInput, StorageError
from aegen.data._reading.tables import read_table

__all__ = ["read_titles"]

COLUMNS = ("attribute", "value", "title")


def read_titles(table: Path | str | pd.DataFrame) -> dict[str, Mapping[str, str]]:
    """What people see in the place of values, by attribute and value.

    Args:
        table: columns ``attribute``, ``value`` and ``title``, a row a value; where ``value`` is
            empty, the title is the attribute's own. A DataFrame, or a CSV, JSON lines or parquet
            file.

    Raises:
        StorageError: a file that cannot be read or has other columns.
        InvalidInput: a DataFrame with other columns.

    Example:
        >>> rows = [("hair", "", "hair colour"), ("hair", "1", "green")]
        >>> read_titles(pd.DataFrame(rows, columns=["attribute", "value", "title"]))
        {'hair': {'': 'hair colour', '1': 'green'}}
    """
    frame = read_table(table, text=COLUMNS)
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        fault = f"needs columns attribute, value and title; {', '.join(missing)} is missing"
        if isinstance(table, pd.DataFrame):
            raise InvalidInput(f"a table of titles {fault}")
        raise StorageError(Path(table), fault)
    found: dict[str, dict[str, str]] = {}
    for attribute, value, title in frame[list(COLUMNS)].fillna("").astype(str).to_numpy():
        found.setdefault(attribute, {})[value] = title
    return dict(found)
