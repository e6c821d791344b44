"""Attributes and their values as people see them: by a name, and by a typical picture."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from aegen.app.row_selection import AttributeEquals, Selection
from aegen.app.services import bundles, images
from aegen.app.services.cache import cached
from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MARK", "MOST", "found", "pictures", "table", "title", "titles", "words_of_selection"]

MARK = "#value"
"""What the address of a value's picture ends with, by which a page's style finds it."""

MOST = 64
"""Values of an attribute that have pictures; more are a list to search in."""

SIDE = 64
"""Pixels of a picture's longer side, at most."""


def title(name: str, attribute: str, value: str | None = None) -> str:
    """An attribute of a bundle, or one of its values, as people see it; others as they are."""
    manifest = bundles.bundle(name).manifest
    if attribute not in manifest.attributes:
        return attribute if value is None else value
    return manifest.title_of(attribute, value)


def titles(name: str, attribute: str) -> dict[str, str]:
    """The values of an attribute with what people see in their place."""
    classes = bundles.bundle(name).manifest.attributes[attribute].classes
    return {value: title(name, attribute, value) for value in classes}


@cached(64)
def found(name: str, attribute: str) -> tuple[str, ...]:
    """The values that rows have of an attribute; of a number none."""
    classes = bundles.bundle(name).manifest.attributes[attribute].classes
    there = np.unique(bundles.classes_of(name, attribute)) if classes else ()
    return tuple(classes[k] for k in there)


@cached(12)
def table(name: str) -> pd.DataFrame:
    """The attributes of the training rows as people see them; shared, so not to be changed.

    Yes-or-no ones stay so, as whatever is told of columns counts them by their kind.
    """
    import pandas as pd

    found, own = {}, bundles.attributes(name)
    for attribute, about in bundles.bundle(name).manifest.attributes.items():
        column = own[attribute]
        if about.kind == "category":
            column = column.cat.rename_categories(titles(name, attribute))
        found[title(name, attribute)] = column
    return pd.DataFrame(found, index=own.index)


@cached(64)
def pictures(name: str, attribute: str) -> Mapping[str, str]:
    """Addresses of small pictures, one of a typical row for each value that rows have.

    Empty where there are too many values, or where nothing decodes.
    """
    from aegen.core.images import shrink, webp

    opened = bundles.bundle(name)
    about = opened.manifest.attributes.get(attribute)
    if about is None or not 0 < len(about.classes) <= MOST:
        return {}
    rows = opened.typical(attribute)
    try:
        decoded = images.sheet(name, tuple(rows.values()))
    except AegenError:  # names stand alone where pictures cannot be had
        return {}
    small = shrink(_without_margin(decoded), SIDE)
    packed = (base64.b64encode(webp(one, quality=80)).decode() for one in small)
    return {
        value: f"data:image/webp;base64,{content}{MARK}"
        for value, content in zip(rows, packed, strict=True)
    }


def _without_margin(pictures: ByteArray) -> ByteArray:
    """Pictures (n, h, w, c) cut to a square without what is ground in all of them.

    Ground is what differs little from the first pixel of each.
    """
    ground = np.abs(pictures.astype(np.int16) - pictures[:, :1, :1]).max(axis=(0, 3)) <= GROUND
    h, w = ground.shape
    if ground.all() or max(h, w) > 4 * min(h, w):
        return pictures
    rows, columns = (np.flatnonzero(~ground.all(axis=axis)) for axis in (1, 0))
    side = min(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 3, max(h, w))
    high, wide = _middle(rows, h, side), _middle(columns, w, side)
    return pictures[:, high, wide]


def _middle(some: IntArray, n: int, side: int) -> slice:
    """As many of ``n`` places as ``side``, with those that are not ground in their middle."""
    start = int(np.clip((some[0] + some[-1] + 1 - side) // 2, 0, max(0, n - side)))
    return slice(start, start + side)


GROUND = 24
"""Levels of 255 by which ground may differ."""


def words_of_selection(name: str, chosen: Selection) -> str:
    """What a selection of rows is, in a few words."""
    if not isinstance(chosen, AttributeEquals):
        return chosen.words()
    of = title(name, chosen.attribute, chosen.value)
    return f"{title(name, chosen.attribute)} {of}"
