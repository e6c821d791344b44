"""Rows and draws whose attribute has a value, or a number in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.conditions.ranges import range_text, require_range
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["AttributeEquals", "Between"]


@dataclass(frozen=True)
class AttributeEquals(Target):
    """An attribute has a value.

    Of rows as the data say; of draws as the bundle's classifier says (the likeliest value), or a
    probe on codes where the classifier does not know the attribute.

    Attributes:
        attribute: its name.
        value: as text; "yes" or "no" of a binary one.

    Example:
        >>> str(AttributeEquals("class", "Ankle boot"))
        'class=Ankle boot'
    """

    attribute: str
    value: str

    def _decodes(self) -> bool:
        return True

    def _check(self, bundle: Bundle) -> None:
        AttributeModels.of(bundle).value(self.attribute, self.value)

    def _spelled(self, bundle: Bundle) -> Target:
        return replace(self, value=AttributeModels.of(bundle).spelled(self.attribute, self.value))

    def _weights(self, bundle: Bundle) -> FloatArray:
        known = AttributeModels.of(bundle)
        wanted = known.value(self.attribute, self.value)
        return np.asarray(known.labels(self.attribute).rows == wanted, dtype=np.float64)

    def _accept(self, drawn: Candidates) -> FloatArray:
        wanted = drawn.knowledge.value(self.attribute, self.value)
        found = drawn.probabilities(self.attribute).argmax(axis=1)
        return np.asarray(found == wanted, dtype=np.float64)

    def _guess(self, drawn: Candidates) -> FloatArray:
        wanted = drawn.knowledge.value(self.attribute, self.value)
        return drawn.knowledge.probe(self.attribute).probabilities(drawn.codes)[:, wanted]

    def __str__(self) -> str:
        return f"{formatting.name(self.attribute)}={formatting.value(self.value)}"


@dataclass(frozen=True)
class Between(Target):
    """A number attribute lies in a range.

    Of draws it is judged by the mean of the 10 nearest training rows, as the classifier knows no
    numbers; values at the edge of the data are therefore pulled inward.

    Attributes:
        attribute: its name.
        low: least value, or -inf.
        high: largest value, or inf.
        strict: whether the ends themselves are left out.

    Example:
        >>> str(Between("thick", 0.8, strict=True)), str(Between("thick", 0.2, 0.8))
        ('thick>0.8', 'thick=0.2..0.8')
    """

    attribute: str
    low: float = -math.inf
    high: float = math.inf
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse a range that holds nothing."""
        require_range(self.attribute, self.low, self.high)

    def _check(self, bundle: Bundle) -> None:
        if AttributeModels.of(bundle).labels(self.attribute).kind != "number":
            values = ", ".join(AttributeModels.of(bundle).labels(self.attribute).values)
            raise InvalidInput(
                f"{self.attribute} is no number, so {self} asks nothing: give one of {values}"
            )

    def _weights(self, bundle: Bundle) -> FloatArray:
        return self._holds(
            AttributeModels.of(bundle).labels(self.attribute).rows.astype(np.float64)
        )

    def _accept(self, drawn: Candidates) -> FloatArray:
        return self._holds(drawn.knowledge.number(self.attribute, drawn.codes))

    def _holds(self, x: FloatArray) -> FloatArray:
        if self.strict:
            return ((x > self.low) & (x < self.high)).astype(np.float64)
        return ((x >= self.low) & (x <= self.high)).astype(np.float64)

    def __str__(self) -> str:
        return range_text(formatting.name(self.attribute), self.low, self.high, self.strict)
