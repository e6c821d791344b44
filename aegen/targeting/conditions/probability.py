"""Condition on a predicted class probability: half a 4, half a 9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.conditions.attribute import AttributeValue
from aegen.targeting.conditions.ranges import holds

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Probability"]

SOFTNESS = 0.08
"""How far the probe's probability may miss the range before a row counts little."""


@dataclass(frozen=True)
class Probability(AttributeValue):
    """The classifier's probability of an attribute's value lies in a range.

    Rows are weighted by how near the probe on codes comes to the range, draws are tested by the
    classifier itself.

    Example:
        >>> str(Probability("class", "7", 0.4, 0.6)), str(Probability("class", "7", 0.9))
        ('probability class=7 = 0.4..0.6', 'probability class=7 >= 0.9')
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high <= 1) or (self.low, self.high) == (0, 1):
            raise InvalidInput(
                f"the probability of {self.attribute}={self.value} must be a range within 0..1, "
                f"got {self.low:g}..{self.high:g}: write for instance 0.4..0.6 or >= 0.9"
            )

    def _weights(self, bundle: Bundle) -> FloatArray:
        return self._near(AttributeModels.of(bundle), bundle.codes)

    def _accept(self, drawn: Candidates) -> FloatArray:
        wanted = drawn.attribute_models.value(self.attribute, self.value)
        return holds(drawn.probabilities(self.attribute)[:, wanted], self.low, self.high)

    def _guess(self, drawn: Candidates) -> FloatArray:
        return self._near(drawn.attribute_models, drawn.codes)

    def _near(self, known: AttributeModels, z: FloatArray) -> FloatArray:
        wanted = known.value(self.attribute, self.value)
        probability = known.probe(self.attribute).probabilities(z)[:, wanted]
        miss = np.maximum(np.maximum(self.low - probability, probability - self.high), 0.0)
        near: FloatArray = np.exp(-0.5 * np.square(miss / SOFTNESS))
        return near

    def __str__(self) -> str:
        what = f"probability {formatting.name(self.attribute)}={formatting.value(self.value)}"
        low, high = formatting.number(self.low), formatting.number(self.high)
        if self.high == 1:
            return f"{what} >= {low}"
        return f"{what} <= {high}" if self.low == 0 else f"{what} = {low}..{high}"
