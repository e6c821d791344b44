"""What a classifier can learn from a table of attributes: classes, numbers, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AttributeLabels", "attribute_labels", "units_of"]

MISSING = "missing"
"""The value that stands for a gap in tables of categories that `aegen.data` has read."""

NORMAL_QUARTILES = 1.349
"""Distance between the quartiles of a normal distribution of deviation 1."""


@dataclass(frozen=True)
class AttributeLabels:
    """The attributes of n pictures as a classifier learns them.

    Attributes:
        values: values of each class attribute by its name, in order.
        classes: which of them it is, int64 (n, a), a column an attribute; -1 where unknown.
        numbers: number attributes by their names, float64 (n,); NaN where unknown.
        left_out: why any other column of the table cannot be learned, by its name.
    """

    values: Mapping[str, tuple[str, ...]]
    classes: IntArray
    numbers: Mapping[str, FloatArray]
    left_out: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """Number of values of each class attribute by its name."""
        return {name: len(values) for name, values in self.values.items()}


def attribute_labels(table: pd.DataFrame) -> AttributeLabels:
    """Classes and numbers in a table of attributes, a row a picture.

    Text and categories are classes with their values in the order of the categories, or sorted;
    a column of yes and no is a class of two values, no first; numbers are numbers. A gap is
    unknown, and so is the value "missing", which stays among the values but is never learned. A
    column in which nothing differs, in which every text is another, or that is of another type, is
    left out.

    Raises:
        InvalidInput: no column is left.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"tall": [True, False, None], "age": [30, None, 50]})
        >>> labels = attribute_labels(table)
        >>> labels.values, labels.classes.tolist(), labels.numbers["age"].tolist()
        ({'tall': ('no', 'yes')}, [[1], [0], [-1]], [30.0, nan, 50.0])
    """
    values: dict[str, tuple[str, ...]] = {}
    classes: list[IntArray] = []
    numbers: dict[str, FloatArray] = {}
    left_out: dict[str, str] = {}
    for name, column in ((str(name), column) for name, column in table.items()):
        try:
            learned = _learned(column)
        except _LeftOutError as reason:
            left_out[name] = str(reason)
            continue
        if isinstance(learned, np.ndarray):
            numbers[name] = learned
        else:
            values[name] = learned[0]
            classes.append(learned[1])
    if not values and not numbers:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise InvalidInput(
            "there is no attribute that a classifier could learn" + (f" ({why})" if why else "")
        )
    stacked = np.stack(classes, axis=1) if classes else np.empty((len(table), 0), np.int64)
    return AttributeLabels(values, stacked, numbers, left_out)


class _LeftOutError(Exception):
    """Why a column cannot be learned."""


def _learned(column: pd.Series[Any]) -> FloatArray | tuple[tuple[str, ...], IntArray]:
    """The numbers of a column, or its values and which of them each row has."""
    import pandas as pd

    if column.dtype == object:
        column = column.convert_dtypes()  # yes, no and gaps, for one, are objects to pandas
    kind = column.dtype
    if isinstance(kind, pd.StringDtype):
        column = column.astype(pd.CategoricalDtype(sorted(column.dropna().unique())))
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = tuple(map(str, column.cat.categories))
        classes = np.array(column.cat.codes, np.int64)
        if MISSING in values:
            classes[classes == values.index(MISSING)] = -1
        known = classes[classes >= 0]
        if len(known) == len(np.unique(known)) > 2:
            raise _LeftOutError("every picture has a text of its own")
    elif pd.api.types.is_bool_dtype(kind):
        values = ("no", "yes")
        classes = np.asarray(column.astype("boolean").astype("Int64").fillna(-1), np.int64)
        known = classes[classes >= 0]
    elif pd.api.types.is_numeric_dtype(kind):
        numbers = np.asarray(column.astype("Float64").to_numpy(na_value=np.nan), np.float64)
        _require_difference(numbers[~np.isnan(numbers)])
        return numbers
    else:
        raise _LeftOutError(f"it holds {kind}; texts, yes or no, and numbers can be learned")
    _require_difference(known)
    return values, classes


def _require_difference(known: FloatArray | IntArray) -> None:
    if not len(known):
        raise _LeftOutError("no picture has a value")
    if (known == known[0]).all():
        raise _LeftOutError("all pictures have the same value")


def units_of(numbers: Mapping[str, FloatArray]) -> dict[str, tuple[float, float]]:
    """Centre and scale of each number by its name: median, and deviation by the quartiles.

    Where half of the values are the same the scale is their standard deviation.

    Raises:
        InvalidInput: one that is infinite, or of which fewer than two values are known.

    Example:
        >>> units_of({"age": np.array([1.0, 2.0, 3.0, np.nan, 99.0])})["age"]
        (2.5, 18.717...)
    """
    units = {}
    for name, column in numbers.items():
        known = column[~np.isnan(column)]
        if not np.isfinite(known).all() or len(np.unique(known)) < 2:
            raise InvalidInput(
                f"number {name!r} needs two finite values at least among the training rows"
            )
        low, centre, high = np.quantile(known, (0.25, 0.5, 0.75))
        scale = (high - low) / NORMAL_QUARTILES if high > low else known.std()
        units[name] = float(centre), float(scale)
    return units
