"""Directions of attributes: from the other rows' mean code to that of the rows with a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.traversal.directions import Directions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["attribute_directions"]


def attribute_directions(z: ArrayLike, table: pd.DataFrame) -> tuple[tuple[str, ...], Directions]:
    """Directions towards values of attributes, and their names ("class 4", "late", "size").

    Of a category there is one a value, of yes-or-no one towards yes: the mean code of the rows
    that have it less that of those that do not. A number has the direction in which codes move
    with it on average (their covariances with it). Values that all rows or none have are left out.

    Args:
        z: codes (n, d), n >= 2.
        table: their attributes, n rows.

    Returns:
        The names, and as many unit vectors with the codes' deviations along them; shares of
        variance overlap, since the directions do.

    Raises:
        InvalidInput: codes that cannot be used, or a table of other rows.

    Source: the visual vectors of Larsen et al., arXiv 1512.09300, section 4.3.

    Example:
        >>> import pandas as pd
        >>> late = pd.DataFrame({"late": [False, True]})
        >>> names, directions = attribute_directions([[0.0, 0.0], [0.0, 2.0]], late)
        >>> names, directions.vectors.tolist(), directions.sd.tolist()
        (('late',), [[0.0, 1.0]], [1.0])
    """
    z = arrays.codes(z, minimum=2, why="to see how they vary")
    if len(table) != len(z):
        raise InvalidInput(f"{len(z)} codes cannot have {len(table)} rows of attributes")
    mean = z.mean(axis=0)
    centred = z - mean
    names, vectors = [], []
    for attribute in table:
        for name, member in _members(str(attribute), table[attribute]):
            towards = centred.T @ (member - member.mean())
            length = float(np.linalg.norm(towards))
            if length > 0:
                names.append(name)
                vectors.append(towards / length)
    found = np.array(vectors).reshape(len(vectors), z.shape[1])
    variances = (centred @ found.T).var(axis=0)
    total = float(z.var(axis=0).sum())
    share = variances / total if total > 0 else np.zeros(len(found))
    return tuple(names), Directions(found, np.sqrt(variances), share, mean)


def _members(name: str, column: pd.Series[Any]) -> list[tuple[str, FloatArray]]:
    """How much each row has of each value of an attribute, (n,): 0 or 1, or the number itself."""
    if hasattr(column, "cat"):
        codes = column.cat.codes.to_numpy()
        values = column.cat.categories
        return [(f"{name} {v}", (codes == k).astype(np.float64)) for k, v in enumerate(values)]
    return [(name, column.to_numpy(np.float64))]
