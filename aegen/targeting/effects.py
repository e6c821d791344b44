"""What each attribute value adds to a code, all attributes judged side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.targeting.knowledge import Knowledge

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Effects"]

RIDGE = 1e-3
"""Rows' worth of pull towards no effect, which settles what the rows leave open."""


@dataclass(frozen=True, eq=False)
class Effects:
    r"""Codes as a mean, an effect of each attribute's value, and a rest that is the row's own.

    $z_i = m + \sum_a e_{a, v_{ia}} + r_i$ by least squares over all rows. As all attributes are
    fitted at once, the effect of one is cleared of what others that go along with it explain.
    Goes wrong where a value changes codes in another way beside other values.

    Attributes:
        names: of the attributes.
        table: the effects of each one's values, (values, d) an attribute.

    Source: R. A. Fisher's analysis of variance without interactions.
    """

    names: tuple[str, ...]
    table: tuple[FloatArray, ...]

    @classmethod
    def of(cls, bundle: Bundle) -> Effects:
        """The effects in a bundle's training rows."""
        known = Knowledge.of(bundle)
        names = known.factors()
        labels = [known.labels(name) for name in names]
        shown = [np.eye(len(one.values))[one.rows.astype(np.int64)] for one in labels]
        design = np.concatenate([*shown, np.ones((len(bundle.codes), 1))], axis=1)
        gram = design.T @ design + RIDGE * np.eye(design.shape[1])
        found = np.linalg.solve(gram, design.T @ bundle.codes)
        ends = np.cumsum([len(one.values) for one in labels])
        return cls(names, tuple(np.split(found[:-1], ends[:-1])))

    def move(
        self, z: FloatArray, own: Mapping[str, IntArray], wanted: Mapping[str, int]
    ) -> FloatArray:
        """Codes ``z`` (k, d) with other values: less the effects of ``own``, plus the wanted.

        Args:
            z: codes.
            own: index of each code's value, (k,), of the attributes that change.
            wanted: index of the value that all get.
        """
        moved = z.copy()
        for name, value in wanted.items():
            effects = self.table[self.names.index(name)]
            moved += effects[value] - effects[own[name]]
        return moved
