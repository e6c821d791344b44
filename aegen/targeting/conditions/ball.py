"""Condition on the Euclidean distance to a training row, or to the code of an uploaded image."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions import formatting
from aegen.targeting.target import Target, require_place

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Near", "near"]


@dataclass(frozen=True)
class Near(Target):
    """Within a distance of a training row or of a code, in latent units.

    Attributes:
        centre: a training row, or a code as a tuple of d numbers, such as `Bundle.encode` gives.
        within: the distance.

    Example:
        >>> str(Near(4711, 2.5)), str(Near((0.0, 1.5), 1.0))
        ('near row 4711 within 2.5', 'near 0,1.5 within 1')
    """

    centre: int | tuple[float, ...]
    within: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.within) and self.within > 0):
            raise InvalidInput(
                f"a distance must be a number above 0, got {self.within:g}: give one in latent "
                "units"
            )
        if isinstance(self.centre, tuple):
            arrays.codes([self.centre or (math.nan,)], name="the code to be near to")
            require_place("the code to be near to", self.centre)
        require_place("a distance", self.within)

    def _check(self, bundle: Bundle) -> None:
        self._code(bundle)

    def _weights(self, bundle: Bundle) -> FloatArray:
        return self._holds(bundle, bundle.codes)

    def _accept(self, drawn: Candidates) -> FloatArray:
        return self._holds(drawn.bundle, drawn.codes)

    def _holds(self, bundle: Bundle, z: FloatArray) -> FloatArray:
        away = np.square(z - self._code(bundle)).sum(axis=1)
        return np.asarray(away <= self.within**2, dtype=np.float64)

    def _code(self, bundle: Bundle) -> FloatArray:
        return AttributeModels.of(bundle).code_of(self.centre)

    def __str__(self) -> str:
        if isinstance(self.centre, tuple):
            place = ",".join(map(formatting.number, self.centre))
        else:
            place = f"row {self.centre}"
        return f"near {place} within {formatting.number(self.within)}"


def near(bundle: Bundle, centre: int | ArrayLike, rows: int = 100) -> Near:
    """The ball around a training row or a code that holds so many training rows.

    Args:
        bundle: whose rows.
        centre: a training row, or a code (d,), such as ``bundle.encode(picture)[0]``.
        rows: how many rows it holds, the centre among them; more where distances are equal.

    Raises:
        InvalidInput: no such row, a code of another dimension, or more rows than there are.

    Example:
        >>> import aegen
        >>> str(near(aegen.load("mnist"), 4711, 500))                 # doctest: +SKIP
        'near row 4711 within 3.9'
    """
    known = AttributeModels.of(bundle)
    k = arrays.count(rows, name="rows", minimum=1, maximum=len(bundle.codes))
    code = known.code_of(centre)
    row = isinstance(centre, numbers.Integral)
    place = int(cast("int", centre)) if row else tuple(float(x) for x in code)
    reach = float(known.near.query(code[None], k)[1][0, -1])
    return Near(place, max(reach, np.finfo(np.float64).tiny) * (1 + 1e-9))
