"""Models of a bundle's attributes and density that targets share, fitted once a bundle."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from aegen.bundles.manifest import attribute_title
from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray, count
from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.neighbours import Neighbours
from aegen.targeting.gaussian_probe import Probe

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.targeting.target import Target

__all__ = ["AttributeModels", "Labels"]

YES = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}

NEAREST = 10
"""Rows whose mean is taken for a number's value at a code."""

SCATTERED, RANK = 5000, 5
"""Training rows that a density is measured by, and which nearest of them."""


@dataclass(frozen=True, eq=False)
class Labels:
    """An attribute of the training rows.

    Attributes:
        kind: "category", "binary" or "number".
        values: a category's values, or "no" and "yes"; empty for a number.
        rows: index of each row's value, int64 (n,), or the numbers themselves, float64 (n,).
    """

    kind: str
    values: tuple[str, ...]
    rows: IntArray | FloatArray


class AttributeModels:
    """Attribute values, probes and density ranks of a bundle's rows; `of` caches them."""

    def __init__(self, bundle: Bundle) -> None:
        self._codes = bundle.codes
        self._attributes = bundle.manifest.attributes
        self._bundle_name = bundle.name
        self._latent_dim = bundle.latent_dim
        self._frame = bundle.attributes
        spec = bundle.manifest.classifier
        self.classified: tuple[str, ...] = (
            () if spec is None else tuple(spec.arguments["attributes"])
        )
        self.missed: dict[Target, float] = {}
        self._labels: dict[str, Labels] = {}
        self._probes: dict[str, Probe] = {}

    @classmethod
    def of(cls, bundle: Bundle) -> AttributeModels:
        """Those of ``bundle``, made at the first call."""
        if bundle not in _known:
            _known[bundle] = cls(bundle)
        return _known[bundle]

    # attributes

    def attribute(self, text: str) -> str:
        """The attribute of this name, or of this title, in small letters or capitals.

        Raises:
            UnknownName: the bundle has no such attribute.
        """
        if text in self._attributes:
            return text
        said, titles = text.casefold(), {name: self.title(name) for name in self._attributes}
        for name, title in titles.items():
            if said in (name.casefold(), title.casefold()):
                return name
        raise UnknownName(f"attribute of {self._bundle_name}", text, titles.values())

    def title(self, attribute: str, value: str | None = None) -> str:
        """An attribute that there is, or one of its values, as people see it."""
        if value is None:
            return attribute_title(attribute, self._attributes)
        return self._attributes[attribute].title_of(value)

    def labels(self, attribute: str) -> Labels:
        """The values of an attribute.

        Raises:
            UnknownName: the bundle has no such attribute.
        """
        attribute = self.attribute(attribute)
        if attribute not in self._labels:
            about, column = self._attributes[attribute], self._frame[attribute]
            if about.kind == "category":
                place = {value: k for k, value in enumerate(about.values)}
                rows = np.array([place[str(value)] for value in column], dtype=np.int64)
                found = Labels("category", about.values, rows)
            elif about.kind == "binary":
                found = Labels("binary", ("no", "yes"), column.to_numpy().astype(np.int64))
            else:
                found = Labels("number", (), column.to_numpy(np.float64))
            self._labels[attribute] = found
        return self._labels[attribute]

    def value(self, attribute: str, text: str) -> int:
        """The index of a category's or binary attribute's value, by its name or its title.

        Raises:
            UnknownName: no such attribute, or it has no such value.
            InvalidInput: a number, which has no values.
        """
        labels = self.labels(attribute)
        if labels.kind == "number":
            raise InvalidInput(
                f"{attribute} is a number: give a range such as {attribute}>0.5 or "
                f"{attribute}=0.2..0.8"
            )
        wanted = YES.get(text.lower(), text) if labels.kind == "binary" else text
        if wanted in labels.values:
            return labels.values.index(wanted)
        name = self.attribute(attribute)
        titles = [self.title(name, value) for value in labels.values]
        said = text.casefold()
        for known in (titles, labels.values):
            folded = [value.casefold() for value in known]
            if folded.count(said) == 1:
                return folded.index(said)
        raise UnknownName(f"value of {self.title(name)}", text, titles)

    def spelled(self, attribute: str, text: str) -> str:
        """A value as the bundle writes it; raises what `value` does."""
        return self.labels(attribute).values[self.value(attribute, text)]

    def factors(self) -> tuple[str, ...]:
        """Attributes that have values: categories and binary ones."""
        return tuple(name for name, about in self._attributes.items() if about.kind != "number")

    def numbers(self) -> tuple[str, ...]:
        """Attributes that are numbers."""
        return tuple(name for name, about in self._attributes.items() if about.kind == "number")

    def measure(self, attribute: str) -> str:
        """Which measure of `aegen.core.morphometry` gives a number; "" where none does."""
        return self._attributes[self.attribute(attribute)].measured

    def factor_rows(self) -> IntArray:
        """Index of each row's value of all `factors`, (n, factors)."""
        columns = [self.labels(name).rows for name in self.factors()]
        return np.stack(columns, axis=1).astype(np.int64)

    def likely(self, z: FloatArray) -> IntArray:
        """The likeliest value of all `factors` at codes ``z`` (k, d) by probes, (k, factors)."""
        columns = [self.probe(name).probabilities(z).argmax(axis=1) for name in self.factors()]
        return np.stack(columns, axis=1).astype(np.int64)

    def probe(self, attribute: str) -> Probe:
        """The probe of an attribute that has values, fitted to all rows."""
        if attribute not in self._probes:
            labels = self.labels(attribute)
            rows = labels.rows.astype(np.int64)
            self._probes[attribute] = Probe.fitted(self._codes, rows, len(labels.values))
        return self._probes[attribute]

    def number(self, attribute: str, z: FloatArray) -> FloatArray:
        """A number at codes ``z`` (k, d) by 10-nearest-neighbour regression, (k,).

        Codes further out than all rows get values of the edge.
        """
        rows, _ = self.near.query(z, min(NEAREST, len(self._codes)))
        values: FloatArray = self.labels(attribute).rows.astype(np.float64)[rows].mean(axis=1)
        return values

    # places

    @cached_property
    def near(self) -> Neighbours:
        """A search among the training codes."""
        return Neighbours(self._codes)

    def code_of(self, place: int | ArrayLike) -> FloatArray:
        """The code of a training row, or the code (d,) that is given itself.

        Raises:
            InvalidInput: there is no such row, or it is no code of this bundle.
        """
        if isinstance(place, numbers.Integral):
            count(place, name=f"a row of {self._bundle_name}", maximum=len(self._codes) - 1)
            row: FloatArray = self._codes[int(place)]
            return row
        try:
            given = np.atleast_2d(np.asarray(place))
        except ValueError:  # rows of different lengths
            raise InvalidInput(f"a code must be {self._latent_dim} real numbers") from None
        if len(given) != 1:
            raise InvalidInput(f"one code is needed, got {len(given)}: give one")
        code: FloatArray = arrays.codes(given, name="a code", dimension=self._latent_dim)[0]
        return code

    def coordinate(self, index: int) -> int:
        """``index`` if codes have such a coordinate.

        Raises:
            InvalidInput: they do not.
        """
        return count(
            index, name=f"a coordinate of {self._bundle_name}", maximum=self._latent_dim - 1
        )

    @cached_property
    def _scattered(self) -> tuple[Neighbours, FloatArray]:
        """A search among evenly spread rows, and the reach of each, sorted."""
        n = len(self._codes)
        chosen = np.unique(np.linspace(0, n - 1, min(n, SCATTERED)).astype(np.int64))
        search = Neighbours(self._codes[chosen])
        return search, np.sort(_reach(search, self._codes[chosen]))

    def level(self, z: FloatArray) -> FloatArray:
        """Share of the training rows that lie in a thinner place than each code, (k,).

        A place is the thinner the further its 5th nearest row is, among 5,000 evenly spread
        rows; a row itself does not count where it is one of these.
        """
        search, usual = self._scattered
        further = len(usual) - np.searchsorted(usual, _reach(search, z), side="right")
        return np.asarray(further / len(usual), dtype=np.float64)


_known: WeakKeyDictionary[Bundle, AttributeModels] = WeakKeyDictionary()


def _reach(search: Neighbours, z: FloatArray) -> FloatArray:
    """How far each code's 5th nearest of the rows is, not counting one at the very place."""
    k = min(RANK + 1, len(search.reference))
    _, distances = search.query(z, k)
    reach: FloatArray = np.where(
        distances[:, 0] == 0, distances[:, -1], distances[:, max(k - 2, 0)]
    )
    return reach
