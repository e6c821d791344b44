"""Condition on the density rank of codes: typical ones, or rare ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.conditions.ranges import holds
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["DensityLevel"]


@dataclass(frozen=True)
class DensityLevel(Target):
    """Codes in a denser place than a share of the training rows.

    A place is as dense as its 5th nearest of 5,000 evenly spread training rows is near, so the
    level does not depend on any latent model: above 50 % are the denser half of places.

    Example:
        >>> str(DensityLevel(0.2)), str(DensityLevel(0, 0.05)), str(DensityLevel(0.2, 0.4))
        ('density>=20%', 'density<=5%', 'density=20%..40%')
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high <= 1) or (self.low, self.high) == (0, 1):
            raise InvalidInput(
                f"a density level must be a range within 0%..100%, got {self.low:.4g} to "
                f"{self.high:.4g}: write for instance density>=20%"
            )

    def _weights(self, bundle: Bundle) -> FloatArray:
        return self._holds(AttributeModels.of(bundle).level(bundle.codes))

    def _accept(self, drawn: Candidates) -> FloatArray:
        return self._holds(drawn.attribute_models.level(drawn.codes))

    def _holds(self, level: FloatArray) -> FloatArray:
        return holds(level, self.low, self.high)

    def __str__(self) -> str:
        low, high = formatting.percent(self.low), formatting.percent(self.high)
        if self.high == 1:
            return f"density>={low}"
        return f"density<={high}" if self.low == 0 else f"density={low}..{high}"
