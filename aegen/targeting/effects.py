"""Effects of attribute values on codes: main effects and pairwise interactions (ANOVA)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.targeting.attribute_models import AttributeModels

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Effects"]

ALONE, PAIRED = 1e-3, 20.0
"""Rows' worth of pull towards no effect: of a value, to settle what rows leave open, and of a pair
of values, so that pairs with few rows or none add little."""

DEAREST = 5e10
"""Multiplications from which pairs are left out: they would take more than seconds."""

BLOCK = 4096
"""Rows whose values are laid out at a time."""


@dataclass(frozen=True, eq=False)
class Effects:
    r"""Codes as a mean, effects of attribute values and of their pairs, and a rest of their own.

    $z_i = m + \sum_a e_{a, v_{ia}} + \sum_{a < b} e_{ab, v_{ia} v_{ib}} + r_i$ by least squares
    over all rows, pairs pulled towards zero. As all attributes are fitted at once, the effect of
    one is cleared of what others that go along with it explain; pairs let hair lie differently on
    someone seen from the side. Moves of sprites to ten unseen combinations of three values
    succeeded in 99 % with pairs, 95 % without. Where attributes are many, pairs are left out.

    The ``table`` (columns, d) holds effects of the values of each attribute, of which ``sizes``
    are the numbers, then those of each of the ``pairs``.

    Source: R. A. Fisher's analysis of variance; A. Hoerl and R. Kennard, "Ridge regression", 1970.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    table: FloatArray
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, bundle: Bundle) -> Effects:
        """The effects in a bundle's training rows, found at the first call."""
        if bundle not in _known:
            _known[bundle] = cls._fitted(bundle)
        return _known[bundle]

    @classmethod
    def _fitted(cls, bundle: Bundle) -> Effects:
        known = AttributeModels.of(bundle)
        names = known.factors()
        sizes = tuple(len(known.labels(name).values) for name in names)
        values = known.factor_rows()
        pairs = tuple(itertools.combinations(range(len(names)), 2))
        alone = sum(sizes)
        width = alone + sum(sizes[a] * sizes[b] for a, b in pairs)
        if float(len(values)) * width**2 > DEAREST:
            pairs, width = (), alone
        empty = cls(names, sizes, np.zeros((width, bundle.latent_dim)), pairs)
        gram = np.diag(np.repeat([ALONE, PAIRED], [alone, width - alone]))
        sums = np.zeros((width, bundle.latent_dim))
        centre = bundle.codes.mean(axis=0)
        for start in range(0, len(values), BLOCK):
            some = slice(start, start + BLOCK)
            design = np.zeros((len(values[some]), width))
            np.put_along_axis(design, empty._columns(values[some]), 1.0, axis=1)
            gram += design.T @ design
            sums += design.T @ (bundle.codes[some] - centre)
        found = np.linalg.solve(gram, sums).astype(np.float64)
        return cls(names, sizes, found, pairs)

    def _columns(self, values: IntArray) -> IntArray:
        """The columns that stand for values (k, attributes) and their pairs, (k, terms)."""
        widths = [*self.sizes, *(self.sizes[a] * self.sizes[b] for a, b in self.pairs)]
        starts = np.cumsum([0, *widths])[:-1]
        joint = [values[:, a] * self.sizes[b] + values[:, b] for a, b in self.pairs]
        within = np.column_stack([values, *joint])
        columns: IntArray = within + starts
        return columns

    def move(self, z: FloatArray, own: IntArray, wanted: Mapping[str, int]) -> FloatArray:
        """Codes ``z`` (k, d) with the ``wanted`` values: less their own effects, plus those.

        ``own`` are values (k, attributes) as indices, in the order of ``names``.
        """
        return self.shift(z, own, self.changed(own, wanted))

    def changed(self, own: IntArray, wanted: Mapping[str, int]) -> IntArray:
        """Values (k, attributes) where all have the ``wanted`` values of some attributes."""
        values = own.copy()
        for name, value in wanted.items():
            values[:, self.names.index(name)] = value
        return values

    def shift(self, z: FloatArray, own: IntArray, wanted: IntArray) -> FloatArray:
        """The same where each code has its own values before and after, (k, attributes)."""
        moved = z.copy()
        for before, after in zip(self._columns(own).T, self._columns(wanted).T, strict=True):
            moved += self.table[after] - self.table[before]
        return moved


_known: WeakKeyDictionary[Bundle, Effects] = WeakKeyDictionary()
