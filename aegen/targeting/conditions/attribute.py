"""Conditions on attributes: one has a value, or a number lies in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.conditions.ranges import holds, range_text, require_range
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["AttributeEquals", "AttributeValue", "Between"]


@dataclass(frozen=True)
class AttributeValue(Target):
    """What conditions on a value of a category or binary attribute have in common."""

    attribute: str
    value: str

    def _decodes(self) -> bool:
        return True

    def _check(self, bundle: Bundle) -> None:
        AttributeModels.of(bundle).value(self.attribute, self.value)

    def _spelled(self, bundle: Bundle) -> Target:
        known = AttributeModels.of(bundle)
        value = known.spelled(self.attribute, self.value)
        return replace(self, attribute=known.attribute(self.attribute), value=value)


@dataclass(frozen=True)
class AttributeEquals(AttributeValue):
    """An attribute has a value.

    Of rows as the data say; of draws as the bundle's classifier says (the likeliest value), or a
    probe on codes where the classifier does not know the attribute. The value of a binary one is
    "yes" or "no".

    Example:
        >>> str(AttributeEquals("class", "Ankle boot"))
        'class=Ankle boot'
    """

    def _weights(self, bundle: Bundle) -> FloatArray:
        known = AttributeModels.of(bundle)
        wanted = known.value(self.attribute, self.value)
        return np.asarray(known.labels(self.attribute).rows == wanted, dtype=np.float64)

    def _accept(self, drawn: Candidates) -> FloatArray:
        wanted = drawn.attribute_models.value(self.attribute, self.value)
        found = drawn.probabilities(self.attribute).argmax(axis=1)
        return np.asarray(found == wanted, dtype=np.float64)

    def _guess(self, drawn: Candidates) -> FloatArray:
        wanted = drawn.attribute_models.value(self.attribute, self.value)
        return drawn.attribute_models.probe(self.attribute).probabilities(drawn.codes)[:, wanted]

    def __str__(self) -> str:
        return f"{formatting.name(self.attribute)}={formatting.value(self.value)}"


@dataclass(frozen=True)
class Between(Target):
    """A number attribute lies in a range.

    Of a draw it is measured on the decoded picture where the bundle says by which measure
    (`aegen.core.morphometry`). Else it is the mean of the 10 nearest training rows
    (k-nearest-neighbour regression), as the classifier knows no numbers; values at the edge of the
    data are then pulled inward. The ends of the range are left out if ``strict``.

    Example:
        >>> str(Between("thick", 0.8, strict=True)), str(Between("thick", 0.2, 0.8))
        ('thick>0.8', 'thick=0.2..0.8')
    """

    attribute: str
    low: float = -math.inf
    high: float = math.inf
    strict: bool = False
    measured: bool = field(default=False, repr=False, compare=False)
    """Whether the bundle measures it on pictures, as `spelled` finds out."""

    def __post_init__(self) -> None:
        require_range(self.attribute, self.low, self.high)

    def _check(self, bundle: Bundle) -> None:
        labels = AttributeModels.of(bundle).labels(self.attribute)
        if labels.kind != "number":
            raise InvalidInput(
                f"{self.attribute} is no number, so {self} asks nothing: give one of "
                f"{', '.join(labels.values)}"
            )

    def _weights(self, bundle: Bundle) -> FloatArray:
        rows = AttributeModels.of(bundle).labels(self.attribute).rows
        return self._holds(rows.astype(np.float64))

    def _spelled(self, bundle: Bundle) -> Target:
        known = AttributeModels.of(bundle)
        name = known.attribute(self.attribute)
        return replace(self, attribute=name, measured=bool(known.measure(name)))

    def _decodes(self) -> bool:
        return self.measured

    def _accept(self, drawn: Candidates) -> FloatArray:
        if drawn.attribute_models.measure(self.attribute):
            return self._holds(drawn.measured(self.attribute))
        return self._guess(drawn)

    def _guess(self, drawn: Candidates) -> FloatArray:
        return self._holds(drawn.attribute_models.number(self.attribute, drawn.codes))

    def _holds(self, x: FloatArray) -> FloatArray:
        return holds(x, self.low, self.high, self.strict)

    def __str__(self) -> str:
        return range_text(formatting.name(self.attribute), self.low, self.high, self.strict)
