"""Rows that are kept out of training: as the data says, as a person says, or a seeded sixth."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from aegen.core.arrays import BoolArray
from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.rng import RNG, generator
from aegen.core.storage import is_file, read_bytes
from aegen.data._reading.arrangement import is_held_out, is_part

__all__ = ["Holdout", "Split", "held_out", "own_split"]

Holdout = float | str | Path | ArrayLike | None
"""A share, yes or no for each row, the name of a column or of a part, or a file of names."""

SIXTH = 1 / 6
COLUMNS = ("split", "partition", "subset")
"""Columns that say of themselves which rows are held out, where their values are parts."""

YES = {"yes", "true", "1"}
NO = {"no", "false", "0"}


@dataclass(frozen=True)
class Split:
    """Which rows are held out.

    Attributes:
        rows: True for rows never trained on, (n,).
        note: how they were chosen, in a sentence.
        column: the column that said so, which is no attribute; or None.
    """

    rows: BoolArray
    note: str
    column: str | None = None


def held_out(
    holdout: Holdout,
    n: int,
    *,
    frame: pd.DataFrame,
    names: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
    rng: RNG = 0,
) -> Split:
    """The rows of ``n`` that ``holdout`` means.

    Args:
        holdout: a share from 0 to below 1; a bool array (n,); the name of a column of yes and no
            or of parts, of a part such as "test", or of a file that names pictures, one a line;
            None for what the data says itself, and a seeded sixth where it says nothing.
        n: how many rows there are.
        frame: their attributes.
        names: their files, where they have some.
        parts: their parts, where they have some.
        rng: chooses a share of them.

    Raises:
        InvalidInput, StorageError, UnknownName: it means no rows of these, or all of them.
    """
    split = _split(holdout, n, frame, names, parts, rng)
    if split.rows.all():
        raise InvalidInput(f"all {n:,} rows would be held out and none trained on")
    return split


def _split(
    holdout: Holdout,
    n: int,
    frame: pd.DataFrame,
    names: Sequence[str] | None,
    parts: Sequence[str] | None,
    rng: RNG,
) -> Split:
    if holdout is None:
        return own_split(frame, parts) or _share(SIXTH, n, rng)
    if isinstance(holdout, numbers.Real) and not isinstance(holdout, bool | np.bool_):
        return _share(float(holdout), n, rng)
    if isinstance(holdout, str) and holdout in frame:
        return _column(frame[holdout], holdout)
    if isinstance(holdout, str) and parts is not None and holdout in parts:
        rows = np.array([part == holdout for part in parts])
        return Split(rows, f"the {rows.sum():,} rows of {holdout!r} are held out")
    if isinstance(holdout, str | Path):
        return _file(holdout, frame, names, parts)
    try:
        rows = np.asarray(holdout)
    except ValueError:
        rows = np.array(None)
    if rows.dtype != np.bool_ or rows.shape != (n,):
        raise InvalidInput(
            f"holdout must be a share, a name or {n:,} times yes or no, got an array of "
            f"{rows.dtype} {rows.shape}"
        )
    return Split(rows.copy(), f"{rows.sum():,} of {n:,} rows are held out, as was said")


def own_split(frame: pd.DataFrame, parts: Sequence[str] | None) -> Split | None:
    """The rows that the data itself holds out, by its parts or a column ``split``; else None."""
    if parts is not None:
        rows = np.array([is_held_out(part) for part in parts])
        named = ", ".join(sorted({part for part in parts if is_held_out(part)}))
        return Split(rows, f"the {rows.sum():,} rows of {named} are held out")
    for name in COLUMNS:
        if name in frame:
            words = frame[name].dropna().astype(str).unique()
            if all(map(is_part, words)) and len({is_held_out(word) for word in words}) == 2:
                return _column(frame[name], name)
    return None


def _share(share: float, n: int, rng: RNG) -> Split:
    if not 0 <= share < 1:
        raise InvalidInput(f"holdout must be a share from 0 to below 1, got {share}")
    many = round(share * n)
    many = min(max(many, 1), n - 1) if share > 0 else 0
    rows = np.zeros(n, bool)
    rows[generator(rng).choice(n, many, replace=False)] = True
    note = (
        f"{many:,} of {n:,} rows, drawn by a seed, are held out" if many else "no row is held out"
    )
    return Split(rows, note)


def _column(column: pd.Series[Any], name: str) -> Split:
    """Rows where a column says yes, or names a part for testing."""
    words = column.map(lambda value: str(value).strip().lower()).str.removesuffix(".0")
    known = set(words.unique())
    if column.isna().any() or not (known <= YES | NO or all(map(is_part, known))):
        wrong = next((w for w in words if w not in YES | NO and not is_part(w)), "a gap")
        raise InvalidInput(
            f"column {name!r} cannot say which rows are held out: it must hold yes or no, or "
            f"train and test, in every row, and holds {wrong!r}"
        )
    rows = words.map(lambda word: word in YES or is_held_out(word)).to_numpy(bool)
    return Split(rows, f"{rows.sum():,} of {len(rows):,} rows are held out by {name!r}", name)


def _file(
    holdout: str | Path,
    frame: pd.DataFrame,
    names: Sequence[str] | None,
    parts: Sequence[str] | None,
) -> Split:
    path = Path(holdout)
    if not is_file(path):
        known = [*map(str, frame), *sorted(set(parts or ()))]
        raise UnknownName("column, part or file to hold out", holdout, known)
    if names is None:
        raise StorageError(path, "names files to hold out, but these images have no file names")
    try:
        wanted = {line.strip() for line in read_bytes(path).decode("utf-8-sig").splitlines()}
    except UnicodeDecodeError:
        raise StorageError(path, "must be a text with a file name a line") from None
    wanted.discard("")
    rows = np.array([name in wanted or name.rpartition("/")[2] in wanted for name in names])
    if not rows.any():
        raise StorageError(path, f"names no picture that is there, such as {names[0]!r}")
    return Split(rows, f"{rows.sum():,} rows named in {path.name} are held out")
