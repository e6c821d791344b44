"""Association of directions with attributes: the correlation ratio or squared correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.core.arrays import FloatArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AttributeAssociation", "attribute_associations"]

LEAST = 0.05
"""Share of a direction's variance that an attribute must explain to be named."""


@dataclass(frozen=True)
class AttributeAssociation:
    """The attribute that a direction has most to do with.

    Attributes:
        attribute: its name.
        low: what rows far back along the direction are, in words.
        high: what rows far ahead are.
        share: share of the variance along the direction that the attribute explains.
    """

    attribute: str
    low: str
    high: str
    share: float


def attribute_associations(
    positions: FloatArray, table: pd.DataFrame
) -> tuple[AttributeAssociation | None, ...]:
    """The attribute that changes most along each direction; None where none explains a twentieth.

    A category or yes-or-no attribute explains the variance between the means of its values (the
    correlation ratio); a number explains its squared correlation. Both are shares of the variance
    along the direction, 0 to 1; a value of few rows inflates the first. ``positions`` (n, k) are
    where the rows of the table lie along each direction.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"late": [False, False, True, True]})
        >>> attribute_associations(np.array([[-1.0], [-1.0], [1.0], [1.0]]), rows)
        (AttributeAssociation(attribute='late', low='no', high='yes', share=1.0),)
    """
    best: list[AttributeAssociation | None] = [None] * positions.shape[1]
    for name in table:
        for k, found in enumerate(_of(str(name), table[name], positions)):
            known = best[k]
            if found.share >= LEAST and (known is None or found.share > known.share):
                best[k] = found
    return tuple(best)


def _of(name: str, column: pd.Series[Any], positions: FloatArray) -> list[AttributeAssociation]:
    """The association of one attribute with each direction."""
    if column.dtype == bool:
        return _between(name, ["no", "yes"], column.to_numpy().astype(np.int64), positions)
    if hasattr(column, "cat"):
        values = [str(value) for value in column.cat.categories]
        return _between(name, values, column.cat.codes.to_numpy().astype(np.int64), positions)
    return _along(name, column.to_numpy(np.float64), positions)


def _between(
    name: str, values: list[str], code: Any, positions: FloatArray
) -> list[AttributeAssociation]:
    """Correlation ratios, from the means of the attribute's values."""
    counts = np.bincount(code, minlength=len(values))
    there = np.flatnonzero(counts)
    sums = np.stack([np.bincount(code, z, minlength=len(values)) for z in positions.T])
    means = sums[:, there] / counts[there]
    weights = counts[there] / counts.sum()
    spread = positions.var(axis=0)
    middle = means @ weights
    between = ((means - middle[:, None]) ** 2) @ weights
    shares = np.divide(between, spread, out=np.zeros_like(between), where=spread > 0)
    return [
        AttributeAssociation(
            name,
            values[there[means[k].argmin()]],
            values[there[means[k].argmax()]],
            float(min(shares[k], 1.0)),
        )
        for k in range(len(means))
    ]


def _along(name: str, number: FloatArray, positions: FloatArray) -> list[AttributeAssociation]:
    """Squared correlations with a number."""
    centred = number - number.mean()
    moved = positions - positions.mean(axis=0)
    scale = np.sqrt((centred**2).sum() * (moved**2).sum(axis=0))
    product = centred @ moved
    r = np.divide(product, scale, out=np.zeros_like(product), where=scale > 0)
    return [
        AttributeAssociation(
            name, *(("less", "more") if value >= 0 else ("more", "less")), float(value**2)
        )
        for value in r
    ]
