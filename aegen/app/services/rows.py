"""The training rows that a selection means, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.row_selection import Area, AttributeEquals, Selection
from aegen.app.services import bundles, values
from aegen.app.services.cache import EACH, cached
from aegen.app.services.projections import coordinates
from aegen.core.arrays import BoolArray, IntArray
from aegen.core.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["kept_rows", "members", "rows_of", "some_of"]


@cached(EACH, copied=True)
def some_of(name: str, selection: Selection | None, n: int, seed: int) -> tuple[int, ...]:
    """At most ``n`` of a selection's rows, or of all, at random."""
    rows = (
        np.arange(bundles.bundle(name).manifest.rows)
        if selection is None
        else rows_of(name, selection)
    )
    chosen = np.random.default_rng(seed).permutation(len(rows))[:n]
    return tuple(int(row) for row in rows[chosen])


@cached(EACH)
def rows_of(name: str, selection: Selection) -> IntArray:
    """The training rows that a selection means, in order."""
    found: BoolArray
    if isinstance(selection, Area):
        from aegen.core.polygons import inside

        found = inside(coordinates(name, selection.projection), selection.polygon)
    else:
        found = _having(name, selection)
    rows: IntArray = np.flatnonzero(found)
    return rows


def _having(name: str, selection: AttributeEquals) -> BoolArray:
    column = bundles.column(name, selection.attribute)
    known = [str(value) for value in column.unique()]
    if selection.value not in known:
        raise UnknownName(f"value of {selection.attribute}", selection.value, sorted(known))
    found: BoolArray = (column.astype(str) == selection.value).to_numpy()
    return found


@cached(EACH, copied=True)
def members(
    name: str, selection: Selection, attribute: str
) -> list[tuple[str, float, float, str, str]]:
    """What a selection is made of, largest first.

    Each value as people see it, its share in the selection, its share in all rows, its colour, and
    the address of a picture of it. Numbers are grouped into five equally frequent ranges.
    """
    from aegen.figures import category_colours

    column = bundles.column(name, attribute)
    if not hasattr(column, "cat"):
        column = _ranges(column)
    whole = column.value_counts(normalize=True, sort=False).fillna(0)
    rows = rows_of(name, selection)
    part = column.iloc[rows].value_counts(normalize=True, sort=False).fillna(0)
    colours = category_colours(len(whole))
    order = np.argsort(-part.to_numpy(), kind="stable")
    seen, about = values.pictures(name, attribute), bundles.bundle(name).manifest
    return [
        (
            about.title_of(attribute, str(whole.index[k])),
            float(part.iloc[k]),
            float(whole.iloc[k]),
            colours[k],
            seen.get(str(whole.index[k]), ""),
        )
        for k in order
    ]


def _ranges(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.dtype == bool:
        return column.map({False: "no", True: "yes"}).astype("category")
    if column.nunique() < 2:  # one number has no ranges
        return column.astype("category")
    return pd.qcut(column, 5, duplicates="drop").astype("category")


@cached(16, copied=True)
def kept_rows(name: str, selection: Selection) -> bytes:
    """A selection as CSV: row, its id in the data set, its attributes.

    An attribute that is itself named "row" or "id" becomes "attribute row" or "attribute id".
    """
    rows = rows_of(name, selection)
    taken = {own: f"attribute {own}" for own in ("row", "id")}
    table = bundles.attributes(name).iloc[rows].rename(columns=taken)
    table.insert(0, "id", bundles.bundle(name).rows[rows])
    table.insert(0, "row", rows)
    content: bytes = table.to_csv(index=False).encode()
    return content
