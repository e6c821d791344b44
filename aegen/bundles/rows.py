"""The rows that a bundle is made of, whatever they came as: pictures, series, a table, codes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.attributes import Titles
from aegen.bundles.payload import Payload, codes_alone
from aegen.core import arrays, morphometry
from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator

__all__ = ["ImageTable", "Rows", "code_rows", "rows_of"]

UNSTATED = "not stated"
"""The licence of data of which nothing is said."""

HELD_OUT = 6
"""One code of so many is held out where nothing else is said."""

LARGEST = 1e30
"""Of codes: what is computed of them must fit into 32 bits too."""

MEASURED_AT_A_TIME = 4096
"""Pictures that are measured at a time."""

MOST_NOTES = 200
"""Files that were left out and are named, at most."""

if TYPE_CHECKING:
    import pandas as pd

    from aegen.data import ValueSet

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
        titles: what people see in the place of attributes' values; see `aegen.data.ImageSet`.
        measured: attributes that were measured on pictures, by name: the measure.
    """

    payload: Payload
    data: Any = field(repr=False)
    codes: FloatArray | None = field(repr=False)
    attributes: pd.DataFrame = field(repr=False)
    holdout: BoolArray = field(repr=False)
    ids: IntArray = field(repr=False)
    dataset: str
    licence: str = UNSTATED
    citation: str = ""
    source: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    titles: Titles = field(default_factory=dict, repr=False)
    measured: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.holdout)

    def values(self, rows: IntArray) -> Float32:
        """Some rows as the payload's numbers, float32 (k, *payload.shape)."""
        return self.payload.values(self.data[rows], name="data")


def rows_of(
    data: Any,
    *,
    kind: Literal["image", "series", "table"] | None = None,
    shape: tuple[int, ...] | None = None,
    attributes: Any = None,
    holdout: Any = None,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    dataset: str = "",
    rng: RNG = 0,
) -> Rows:
    """Rows from what a person has: a folder, a file, a set, a torch Dataset, an array, a table.

    Arrays of uint8 or of four axes are pictures; other arrays are series (n, channels, length) or
    a table (n, columns), unless ``kind`` says otherwise; a DataFrame is a table. Pictures are read
    by `aegen.data.read`, the others by `aegen.data.read_values`.

    Args:
        data: the rows.
        kind: "image", "series" or "table".
        shape: (h, w) or (h, w, c) of pictures that are read; by default the most common one.
        attributes: a DataFrame or a file of one; None takes what comes with the data.
        holdout: which rows are held out: a share, or a bool array (n,); by default a sixth.
        names: of the channels or columns.
        units: of each of them.
        dataset: name of the data set.
        rng: chooses the rows that are held out.

    Raises:
        InvalidInput: what cannot be read as rows.
        StorageError: a file that cannot be read.
    """
    import pandas as pd

    if isinstance(attributes, Mapping):
        attributes = pd.DataFrame(dict(attributes))
    if hasattr(data, "holdout") and (hasattr(data, "images") or hasattr(data, "values")):
        return _pictures(data) if hasattr(data, "images") else _values(data)
    asked = {"attributes": attributes, "holdout": holdout, "name": dataset or None, "rng": rng}
    if kind == "image" or (kind is None and _is_picture(data)):
        from aegen.data import read

        return _pictures(read(data, shape=shape, **asked))
    from aegen.data import read_values

    return _values(read_values(data, kind=kind, columns=names, units=units, **asked))


def _is_picture(data: Any) -> bool:
    import pandas as pd

    if isinstance(data, np.ndarray):
        return data.ndim == 4 or data.dtype == np.uint8
    return not isinstance(data, pd.DataFrame)


def code_rows(
    codes: Any, *, attributes: Any = None, holdout: Any = None, dataset: str = "", rng: RNG = 0
) -> Rows:
    """Rows of which the codes are known and nothing else: an array (n, ...), or a file of one.

    Raises:
        InvalidInput: what cannot be read as codes, or fewer than 3 of them.
        StorageError: a file that cannot be read.
    """
    from aegen.data import read_codes

    if isinstance(codes, np.ndarray) and codes.ndim > 2:
        codes = codes.reshape(len(codes), -1)
    found = read_codes(codes, attributes=attributes, holdout=holdout, rng=rng)
    z = arrays.codes(found.codes, minimum=3, why="to make a bundle")
    if np.abs(z).max() > LARGEST:
        raise InvalidInput(
            f"codes must lie within 1e30 of 0, got {np.abs(z).max():.3g}: scale them"
        )
    held = found.holdout
    if held is None:
        held = np.zeros(len(z), bool)
        held[generator(rng).choice(len(z), len(z) // HELD_OUT, replace=False)] = True
    stem = Path(codes).stem if isinstance(codes, (str, Path)) else "codes"
    return Rows(
        codes_alone(z.shape[1]),
        None,
        z,
        found.attributes,
        held,
        np.arange(len(z)),
        dataset or stem,
        fingerprint=hashlib.sha256(np.ascontiguousarray(z).tobytes()).hexdigest(),
        notes=_notes(found),
    )


def _pictures(images: ImageTable) -> Rows:
    pictures = images.images
    if len(pictures.shape) != 4 or pictures.dtype != np.uint8:
        raise InvalidInput(
            f"pictures must be uint8 (n, h, w, c), got {pictures.dtype} {tuple(pictures.shape)}"
        )
    payload = Payload("image", tuple(map(int, pictures.shape[1:])))
    rows = _rows(images, payload, pictures)
    found = getattr(images, "measured", {})
    measured = {name: how for name, how in found.items() if name not in rows.attributes}
    numbers = {name: _measured(how, pictures) for name, how in measured.items()}
    return replace(rows, attributes=rows.attributes.assign(**numbers), measured=measured)


def _measured(measure: str, pictures: Any) -> FloatArray:
    """A measure of all pictures, of which few need be in memory."""
    starts = range(0, len(pictures), MEASURED_AT_A_TIME)
    parts = [morphometry.measure(measure, pictures[k : k + MEASURED_AT_A_TIME]) for k in starts]
    return np.concatenate([np.empty(0), *parts])


def _values(found: ValueSet) -> Rows:
    payload = Payload(found.kind, tuple(found.values.shape[1:]), found.columns, found.units)
    return _rows(found, payload, found.values)


def _rows(found: Any, payload: Payload, data: Any) -> Rows:
    if not len(data) == len(found.holdout) == len(found.attributes):
        raise InvalidInput("data, attributes and holdout must have the same number of rows")
    ids = np.asarray(found.row_ids, np.int64)
    if len(ids) and not 0 <= ids.min() <= ids.max() < 2**31:
        raise InvalidInput(f"row ids must be from 0 to below 2^31, got {ids.min()} to {ids.max()}")
    return Rows(
        payload,
        data,
        None,
        found.attributes,
        np.asarray(found.holdout, bool),
        ids,
        found.name,
        found.licence,
        found.citation,
        found.source,
        getattr(found, "fingerprint", ""),
        _notes(found),
        getattr(found, "titles", {}),
    )


def _notes(found: Any) -> tuple[str, ...]:
    """What was decided when the data was read, and which files were left out."""
    skipped = [f"left out {one}" for one in getattr(found, "skipped", ())]
    more = len(skipped) - MOST_NOTES
    if more > 0:
        skipped[MOST_NOTES:] = [f"left out {more:,} more files"]
    notes = (_printed(note)[:1000] for note in (*getattr(found, "notes", ()), *skipped))
    return tuple(dict.fromkeys(note for note in notes if note.strip()))


def _printed(text: str) -> str:
    """Text that any terminal and any file can hold, also where it names a file."""
    return "".join(c if c.isprintable() else "?" for c in text)
