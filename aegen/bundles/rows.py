"""The rows that a bundle is made of, whatever they came as: pictures, series, a table, codes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.bundles.payload import Payload, codes_alone, payload_of
from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator

__all__ = ["ImageTable", "Rows", "code_rows", "rows_of"]

UNSTATED = "not stated"
"""The licence of data of which nothing is said."""

HELD_OUT = 6
"""One row of so many is held out where nothing else is said."""

MOST_NOTES = 200
"""Files that were left out and are named, at most."""

LEAST_HELD_OUT = 30
"""Fewer rows than this are all for training."""

Float32 = NDArray[np.float32]


class ImageTable(Protocol):
    """What bundles need of images: `aegen.data.ImageSet` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def images(self) -> Any: ...  # noqa: D102
    @property
    def attributes(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def holdout(self) -> BoolArray: ...  # noqa: D102
    @property
    def row_ids(self) -> IntArray: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def citation(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows with their attributes.

    Attributes:
        payload: what a row is.
        data: (n, *payload.shape), an array or something that is indexed as one; images as uint8.
            None where there are codes alone.
        codes: (n, D) where they are known beforehand, else None.
        attributes: n rows, a column an attribute.
        holdout: bool (n,), True for rows that are held out.
        ids: of the rows in their data set, int64 (n,).
        dataset: name of the data set.
        licence, citation, source: of the data.
        fingerprint: changes with the data.
        notes: what was decided and left out when they were read, a sentence each.
    """

    payload: Payload
    data: Any
    codes: FloatArray | None
    attributes: pd.DataFrame
    holdout: BoolArray
    ids: IntArray
    dataset: str
    licence: str = UNSTATED
    citation: str = ""
    source: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.holdout)

    def values(self, rows: IntArray) -> Float32:
        """Some rows as the payload's numbers, float32 (k, *payload.shape)."""
        return self.payload.values(self.data[rows], name="data")


def rows_of(
    data: Any,
    *,
    kind: str | None = None,
    shape: tuple[int, ...] | None = None,
    attributes: Any = None,
    holdout: Any = None,
    names: Sequence[str] | None = None,
    dataset: str = "",
    rng: RNG = 0,
) -> Rows:
    """Rows from what a person has: a folder, a file, an `ImageSet`, a torch Dataset, an array.

    Arrays of uint8 or of four axes are pictures; other arrays are series (n, channels, length) or
    a table (n, columns), unless ``kind`` says otherwise; a DataFrame of numbers is a table.

    Args:
        data: the rows.
        kind: "image", "series" or "table".
        shape: (h, w) or (h, w, c) of pictures that are read; by default the most common one.
        attributes: a DataFrame or a file of one; None takes what comes with the data.
        holdout: which rows are held out: a share, or a bool array (n,); by default a sixth.
        names: of the channels or columns.
        dataset: name of the data set.
        rng: chooses the rows that are held out.

    Raises:
        InvalidInput: what cannot be read as rows.
        StorageError: a file that cannot be read.
    """
    if hasattr(data, "images") and hasattr(data, "holdout"):
        return _pictures(data)
    if isinstance(data, pd.DataFrame) and kind in (None, "table"):
        names = names or tuple(map(str, data.columns))
        data, kind = _numbers(data), "table"
    if isinstance(data, np.ndarray):
        numeric = data.dtype.kind in "fiu"
        picture = data.ndim == 4 or data.dtype == np.uint8
        if numeric and (kind in ("series", "table") or (kind is None and not picture)):
            return _arrays(data, attributes, holdout, names, dataset, rng)
    from aegen.data import read

    found = read(
        data,
        attributes=attributes,
        shape=shape,
        holdout=holdout,
        name=dataset or None,
        rng=rng,
    )
    skipped = [f"left out {_printed(one.path)}: {one.reason}" for one in found.skipped]
    more = len(skipped) - MOST_NOTES
    if more > 0:
        skipped[MOST_NOTES:] = [f"left out {more:,} more files"]
    notes = dict.fromkeys([*found.notes, *skipped])
    return replace(_pictures(found), notes=tuple(note[:1000] for note in notes))


def _printed(path: Any) -> str:
    """A path as text that any terminal and any file can hold."""
    return "".join(c if c.isprintable() else "?" for c in str(path))


def code_rows(
    codes: Any,
    *,
    attributes: Any = None,
    holdout: Any = None,
    dataset: str = "",
    rng: RNG = 0,
) -> Rows:
    """Rows of which the codes are known and nothing else: an array (n, ...), or a file of one.

    Raises:
        InvalidInput, StorageError: what cannot be read as codes.
    """
    if isinstance(codes, (str, Path)):
        from aegen.data import read_codes

        found = read_codes(codes)
        attributes = found.attributes if attributes is None else attributes
        holdout = found.holdout if holdout is None else holdout
        dataset = dataset or Path(codes).stem
        codes = found.codes
    z = np.asarray(codes)
    if z.ndim > 2:
        z = z.reshape(len(z), -1)
    z = arrays.codes(z, minimum=3, why="to make a bundle")
    alone = codes_alone(z.shape[1])
    table = _attribute_table(attributes, len(z))
    held = _held_out(holdout, len(z), rng)
    return Rows(
        alone,
        None,
        z,
        table,
        held,
        np.arange(len(z)),
        dataset or "codes",
        fingerprint=_hash(z),
    )


def _pictures(images: ImageTable) -> Rows:
    pictures = images.images
    if len(pictures.shape) != 4 or pictures.dtype != np.uint8:
        raise InvalidInput(
            f"pictures must be uint8 (n, h, w, c), got {pictures.dtype} {tuple(pictures.shape)}"
        )
    if not len(pictures) == len(images.holdout) == len(images.attributes):
        raise InvalidInput("images, attributes and holdout must have the same number of rows")
    own = getattr(images, "fingerprint", None)
    return Rows(
        Payload("image", tuple(map(int, pictures.shape[1:]))),
        pictures,
        None,
        images.attributes,
        np.asarray(images.holdout, bool),
        np.asarray(images.row_ids, np.int64),
        images.name,
        images.licence,
        images.citation,
        images.source,
        own if isinstance(own, str) else _hash(pictures),
    )


def _arrays(
    data: NDArray[Any],
    attributes: Any,
    holdout: Any,
    names: Sequence[str] | None,
    dataset: str,
    rng: RNG,
) -> Rows:
    payload = payload_of(data, None if names is None else tuple(map(str, names)))
    values = payload.values(data, name="data")
    return Rows(
        payload,
        values,
        None,
        _attribute_table(attributes, len(values)),
        _held_out(holdout, len(values), rng),
        np.arange(len(values)),
        dataset or payload.kind,
        fingerprint=_hash(values),
    )


def _numbers(frame: pd.DataFrame) -> NDArray[Any]:
    """A table of numbers alone."""
    for name, column in frame.items():
        if not pd.api.types.is_numeric_dtype(column.dtype) or column.isna().any():
            raise InvalidInput(
                f"column {name!r} does not hold numbers alone, without gaps: leave it out, or "
                "give it as an attribute"
            )
    return frame.to_numpy(np.float64)


def _attribute_table(attributes: Any, n: int) -> pd.DataFrame:
    if attributes is None:
        return pd.DataFrame(index=pd.RangeIndex(n))
    if isinstance(attributes, (str, Path)):
        from aegen.data import read_attributes

        attributes = read_attributes(attributes)
    table = pd.DataFrame(attributes).reset_index(drop=True)
    if len(table) != n:
        raise InvalidInput(f"there are {n:,} rows of data and {len(table):,} of attributes")
    return table


def _held_out(holdout: Any, n: int, rng: RNG) -> BoolArray:
    """Which rows are held out: as a bool array says, or a share of them, chosen by ``rng``."""
    if holdout is None:
        holdout = 0.0 if n < LEAST_HELD_OUT else 1 / HELD_OUT
    if isinstance(holdout, (int, float)) and not isinstance(holdout, bool):
        if not 0 <= holdout < 1:
            raise InvalidInput(f"holdout must be a share from 0 to below 1, got {holdout}")
        held = np.zeros(n, bool)
        held[generator(rng).choice(n, round(n * holdout), replace=False)] = True
        return held
    mask = np.asarray(holdout)
    if mask.shape != (n,) or mask.dtype != bool:
        raise InvalidInput(
            f"holdout must be a share or {n:,} times True or False, got {mask.dtype} {mask.shape}"
        )
    return mask


def _hash(array: Any) -> str:
    """Of an array's shape and of some 4 MB of it, evenly spread: the same for the same data."""
    n = len(array)
    row = max(1, int(np.prod(array.shape[1:])) * array.dtype.itemsize)
    some = np.unique(np.linspace(0, max(0, n - 1), max(2, min(n, 4_000_000 // row))).astype(int))
    found = hashlib.sha256(str((tuple(array.shape), str(array.dtype))).encode())
    if n:
        found.update(np.ascontiguousarray(array[some]).tobytes())
    return found.hexdigest()
