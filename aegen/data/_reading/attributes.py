"""A table of attributes in the form that bundles hold: categories, yes or no, and numbers.

Texts are categories; texts that are all different tell images apart, not kinds of images, and are
left out with a word. Where a value is missing, a category has the value "missing" and a number is
NaN. Dates become years with their fraction, 2021.5 in the middle of 2021.
"""

from __future__ import annotations

import datetime
import decimal
import numbers
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from aegen.core.errors import InvalidInput

__all__ = ["MISSING", "clean_attributes", "value_category"]

MISSING = "missing"
"""The value of a category where a table has a gap."""

LONGEST = 200
"""Characters that a value and a name may have."""

MOST_VALUES = 1000
"""Values that a category may have; with more, a text is free text."""

LABELS = {"category", "class", "label", "labels", "target", "targets", "y"}
"""Names of columns whose whole numbers stand for classes."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?")


def clean_attributes(
    frame: pd.DataFrame, keep: Iterable[str] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """The columns that can be attributes, in the form of a bundle, and words about the others.

    ``keep`` names columns of texts that are categories even if all of them differ.

    Raises:
        InvalidInput: names that are no texts or come twice; a column of mixed types, of lists, of
            values that are infinite, over 200 characters or not printable.
    """
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str) or not _is_line(name):
            raise InvalidInput(
                "names of attributes must be printable text of 1 to 200 characters, got "
                f"{_short(name)}"
            )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidInput(f"there are two attributes called {twice[0]!r}: rename one")
    columns, notes, kept = {}, [], set(keep)
    for name in names:
        values, note = _column(frame[name], name, name in kept)
        if values is not None:
            columns[name] = values
        if note:
            notes.append(note)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame))), notes


def value_category(codes: np.ndarray, names: list[str]) -> pd.Categorical[str]:
    """Whole numbers from 0 as a category of ``names``; a negative number is a gap."""
    inside = np.where((codes >= 0) & (codes < len(names)), codes, -1)
    return pd.Categorical.from_codes(inside.tolist(), categories=pd.Index(names))


def _column(column: pd.Series[Any], name: str, keep: bool) -> tuple[Any, str | None]:
    """The values of one attribute, or None, and a sentence about it where there is one to say."""
    gaps = column.isna().to_numpy()
    present = column[~gaps]
    if present.empty:
        return None, f"{name!r} has no values and was left out"
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = present.cat.remove_unused_categories()
        order = [str(value) for value in present.cat.categories]
        return _category(present.astype(object).map(str), gaps, name, order), None
    kind = _kind(present, name)
    if kind == "truth":
        return _truth(present.astype(bool), gaps), None
    if kind == "date":
        try:
            moments = pd.to_datetime(present, utc=True)
        except ValueError as problem:
            raise InvalidInput(f"attribute {name!r} holds no usable dates ({problem})") from None
        return _dates(moments, gaps, name)
    if kind == "number":
        return _numbers(present, gaps, name)
    texts = present.astype(str)
    texts = texts[texts.str.strip() != ""]
    if len(texts) < len(present):  # a field of spaces is an empty field
        return _column(texts.reindex(column.index), name, keep)
    return _texts(texts, gaps, name, keep)


def _kind(present: pd.Series[Any], name: str) -> str:
    """The one kind of a column's values: truth, number, date or text."""
    types = pd.api.types
    if types.is_bool_dtype(present.dtype):
        return "truth"
    if types.is_numeric_dtype(present.dtype) and not types.is_complex_dtype(present.dtype):
        return "number"
    if types.is_datetime64_any_dtype(present.dtype):
        return "date"
    kinds = [_kind_of(value) for value in present]
    first = kinds[0]
    for row, value, kind in zip(present.index, present, kinds, strict=True):
        if kind == "other":
            raise InvalidInput(
                f"attribute {name!r} must be texts, yes or no, numbers or dates, got "
                f"{_short(value)} in row {row}: make it columns of those, or leave it out"
            )
        if kind != first:
            raise InvalidInput(
                f"attribute {name!r} mixes kinds: row {present.index[0]} holds "
                f"{_short(present.iloc[0])}, row {row} {_short(value)}: use one kind and leave "
                "the field empty where nothing is known"
            )
    return first


def _kind_of(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, numbers.Real | decimal.Decimal):
        return "number"
    if isinstance(value, datetime.date | np.datetime64):
        return "date"
    return "text" if isinstance(value, str) else "other"


def _truth(present: pd.Series[bool], gaps: np.ndarray) -> Any:
    if not gaps.any():
        return present.to_numpy(bool)
    words = present.map({True: "yes", False: "no"})
    return _spread(words, gaps, ["no", "yes"])


def _dates(present: pd.Series[Any], gaps: np.ndarray, name: str) -> tuple[Any, str]:
    """Years with their fraction: the share of the year that is over."""
    moments = present.dt.tz_convert(None)
    years = moments.dt.year
    starts = pd.to_datetime(pd.DataFrame({"year": years, "month": 1, "day": 1}))
    ends = pd.to_datetime(pd.DataFrame({"year": years + 1, "month": 1, "day": 1}))
    values = np.full(len(gaps), np.nan)
    values[~gaps] = years + (moments - starts) / (ends - starts)
    return values, f"{name!r} holds dates: they are years with their fraction, as 2021.5"


def _numbers(present: pd.Series[Any], gaps: np.ndarray, name: str) -> tuple[Any, str | None]:
    values = np.full(len(gaps), np.nan)
    try:
        values[~gaps] = present.astype(float)
    except OverflowError:
        raise InvalidInput(f"attribute {name!r} has numbers beyond those of 64 bits") from None
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise InvalidInput(
            f"attribute {name!r} is infinite in row {infinite[0]}: leave the field empty where "
            "nothing is known"
        )
    known = values[~gaps]
    whole = bool((known == np.round(known)).all()) and bool((np.abs(known) < 2**53).all())
    distinct = np.unique(known)
    if whole and name.lower() in LABELS and len(distinct) <= MOST_VALUES:
        labels = pd.Series(known.astype(np.int64), dtype=object).map(str)
        return _spread(labels, gaps, [str(int(value)) for value in distinct]), None
    if distinct.tolist() in ([0, 1], [-1, 1]):
        return _truth(pd.Series(known > 0), gaps), None
    counting = len(known) > 2 and whole and bool((np.diff(values) == 1).all())
    if counting and values[0] in (0, 1):
        return None, f"{name!r} numbers the rows and was left out"
    return values, None


def _texts(
    present: pd.Series[str], gaps: np.ndarray, name: str, keep: bool
) -> tuple[Any, str | None]:
    lowered = set(present.str.lower().unique())
    if lowered <= {"yes", "no"} or lowered <= {"true", "false"}:
        return _truth(present.str.lower().isin(["yes", "true"]), gaps), None
    if present.str.fullmatch(ISO_DATE).all():
        moments = pd.to_datetime(present, format="ISO8601", utc=True, errors="coerce")
        if not moments.isna().any():
            return _dates(moments, gaps, name)
    different = present.nunique()
    if different == len(present) > 1 and not keep:
        return None, f"{name!r} has a text of its own in each row: it is an id, and was left out"
    if different > MOST_VALUES:
        return None, (
            f"{name!r} has {different:,} different texts, where a category may have "
            f"{MOST_VALUES:,}: it was left out"
        )
    return _category(present, gaps, name, sorted(present.unique(), key=_in_order)), None


def _in_order(text: str) -> tuple[Any, ...]:
    """Sorts texts as people do: 2 before 10."""
    pieces = re.split(r"(\d+)", text)
    return tuple((int(p), "") if p.isdecimal() else (-1, p) for p in pieces if p), text


def _category(present: pd.Series[str], gaps: np.ndarray, name: str, order: list[str]) -> Any:
    for value in order:
        if len(value) > LONGEST:
            row = present.index[present == value][0]
            raise InvalidInput(
                f"attribute {name!r} has a value of {len(value)} characters in row {row} "
                f"({_short(value)}): a category's values have at most {LONGEST}"
            )
        if not _is_line(value):
            row = present.index[present == value][0]
            raise InvalidInput(
                f"attribute {name!r} has a value that cannot be printed on a line in row {row}: "
                f"{_short(value)}"
            )
    return _spread(present, gaps, order)


def _spread(present: pd.Series[Any], gaps: np.ndarray, order: list[str]) -> Any:
    """A category of all rows, with "missing" where there is a gap."""
    values = np.full(len(gaps), MISSING, dtype=object)
    values[~gaps] = present.to_numpy(dtype=object)
    if gaps.any() and MISSING not in order:
        order = [*order, MISSING]
    return pd.Categorical(values, categories=order)


def _is_line(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST and text.isprintable()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
