"""Bundles as the app has them open, and what is known of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.app.services.cache import bundle_names, cached
from aegen.core.errors import AegenError, InvalidInput, UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from aegen.bundles import Bundle

__all__ = ["attributes", "bundle", "classes_of", "column", "first_bundle", "sample_of", "words_of"]


FIRST = "faces"
"""The bundle that is seen at first, where it is there and opens."""


def first_bundle() -> str:
    """The bundle that opens where none is asked for: drawn faces.

    Or else the first that can be read, if there is one.
    """
    names = bundle_names()
    return next(filter(_opens, sorted(names, key=lambda name: name != FIRST)), names[0])


def _opens(name: str) -> bool:
    try:
        bundle(name)
    except AegenError:
        return False
    return True


@cached(12)
def bundle(name: str) -> Bundle:
    """The bundle of this name, opened once for everyone."""
    from aegen.bundles import read

    return read(name)


@cached(12)
def attributes(name: str) -> pd.DataFrame:
    """The attributes of the training rows; shared, so not to be changed."""
    return bundle(name).attributes


def column(name: str, attribute: str) -> pd.Series[Any]:
    """One attribute of the training rows.

    Raises:
        UnknownName: the bundle has no such attribute.
    """
    table = attributes(name)
    if attribute not in table:
        raise UnknownName("attribute", attribute, [str(known) for known in table])
    found: pd.Series[Any] = table[attribute]
    return found


def classes_of(name: str, attribute: str) -> NDArray[np.integer]:
    """Which of its classes each training row has, of an attribute that is no number: (n,)."""
    values = column(name, attribute)
    codes = values.cat.codes if hasattr(values, "cat") else values.astype(np.uint8)
    found: NDArray[np.integer] = codes.to_numpy()
    return found


def sample_of(name: str, row: int) -> dict[str, str]:
    """The attributes of a training row, as people see them."""
    opened = bundle(name)
    if not 0 <= row < opened.manifest.rows:
        raise InvalidInput(f"{opened.title} has rows 0 to {opened.manifest.rows - 1}, got {row}")
    title, found = opened.manifest.title_of, attributes(name).iloc[row]
    return {title(one): title(one, _value(found[one])) for one in opened.manifest.attributes}


def words_of(name: str, row: int) -> str:
    """The attributes of a training row in a line."""
    return ", ".join(f"{key} {value}" for key, value in sample_of(name, row).items())


def _value(value: object) -> str:
    """A value as its attribute lists it; a number in a few digits.

    Example:
        >>> _value(0.9696728125819605), _value("red"), _value(True)
        ('0.9697', 'red', 'yes')
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def takes_pictures(name: str) -> bool:
    """Whether a person's own picture can become a code of this bundle."""
    opened = bundle(name)
    return opened.payload.kind == "image" and opened.encodes
