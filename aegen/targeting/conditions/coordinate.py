"""Conditions on a latent coordinate: it has a value, or lies in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.conditions.ranges import holds, range_text, require_range
from aegen.targeting.target import Target, require_place

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Coordinate", "Fixed"]


@dataclass(frozen=True)
class Fixed(Target):
    """A coordinate of the codes has exactly this value: the latent model is conditioned on it.

    Its row weights fall with the distance to the value, in a tenth of the coordinate's standard
    deviation; they are for counting rows, not for drawing.

    Example:
        >>> str(Fixed(3, 0.5))
        'z3=0.5'
    """

    index: int
    value: float

    def __post_init__(self) -> None:
        require_place(f"z{self.index}={self.value:g}", self.value)

    def _check(self, bundle: Bundle) -> None:
        AttributeModels.of(bundle).coordinate(self.index)

    def _weights(self, bundle: Bundle) -> FloatArray:
        column = bundle.codes[:, self.index]
        width = 0.1 * column.std() or 1.0
        near: FloatArray = np.exp(-0.5 * np.square((column - self.value) / width))
        return near

    def _accept(self, drawn: Candidates) -> FloatArray:
        return np.asarray(drawn.codes[:, self.index] == self.value, dtype=np.float64)

    def __str__(self) -> str:
        return f"z{self.index}={formatting.number(self.value)}"


@dataclass(frozen=True)
class Coordinate(Target):
    """A coordinate of the codes, from 0, lies in a range, whose ends are left out if ``strict``.

    Example:
        >>> str(Coordinate(3, 0.4, 0.6))
        'z3=0.4..0.6'
    """

    index: int
    low: float = -math.inf
    high: float = math.inf
    strict: bool = False

    def __post_init__(self) -> None:
        require_range(f"z{self.index}", self.low, self.high)

    def _check(self, bundle: Bundle) -> None:
        AttributeModels.of(bundle).coordinate(self.index)

    def _weights(self, bundle: Bundle) -> FloatArray:
        return self._holds(bundle.codes[:, self.index])

    def _accept(self, drawn: Candidates) -> FloatArray:
        return self._holds(drawn.codes[:, self.index])

    def _holds(self, x: FloatArray) -> FloatArray:
        return holds(x, self.low, self.high, self.strict)

    def __str__(self) -> str:
        return range_text(f"z{self.index}", self.low, self.high, self.strict)
