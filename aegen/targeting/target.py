"""What a target is: which codes are wanted, as weights of rows and as a test of draws.

A kind of target is one file in this folder holding one small frozen class; ``combination.py``
joins them, ``parsing.py`` reads their text, ``drawing.py`` draws from them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.candidates import Candidates

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Target", "require_place"]

FURTHEST = 1e100
"""Coordinates and distances beyond this are refused: their squares would be no numbers."""


class Target(ABC):
    """A wish about codes: a small hashable value with a text that reads back.

    Targets combine: ``a & b``, ``a | b``, ``~a``. Weights and chances multiply as those of
    independent wishes do, which is plain logic where they are 0 or 1.

    Example:
        >>> from aegen.targeting import parse
        >>> str(parse("hair=3") & ~parse("body=2"))
        'hair=3 and not body=2'
    """

    def check(self, bundle: Bundle) -> None:
        """Refuse what this bundle does not have.

        Raises:
            InvalidInput: a row or coordinate that is not there, or a wish that asks nothing.
            UnknownName: an attribute, value or projection that is not there.
        """
        self._check(bundle)

    def spelled(self, bundle: Bundle) -> Target:
        """The same wish with values as the bundle writes them: "yes" where "true" was said.

        Raises:
            InvalidInput: a value of an attribute that is a number.
            UnknownName: an attribute or value that is not there.
        """
        return self._spelled(bundle)

    def weights(self, bundle: Bundle) -> FloatArray:
        """How much each training row of the bundle is wanted, (n,), in [0, 1]."""
        return self._weights(bundle)

    def accept(self, drawn: Candidates) -> FloatArray:
        """The chance with which each draw is taken, (k,), in [0, 1]; mostly 0 or 1."""
        return self._accept(drawn)

    def guess(self, drawn: Candidates) -> FloatArray:
        """A quick estimate of `accept` from codes alone, (k,), which decodes nothing."""
        return self._guess(drawn)

    @property
    def needs_images(self) -> bool:
        """Whether `accept` has to decode."""
        return self._decodes()

    @abstractmethod
    def __str__(self) -> str:
        """The text that `aegen.targeting.parse` reads back."""

    def __and__(self, other: Target) -> Target:
        from aegen.targeting.combination import And

        return And.of(self, other)

    def __or__(self, other: Target) -> Target:
        from aegen.targeting.combination import Or

        return Or.of(self, other)

    def __invert__(self) -> Target:
        from aegen.targeting.combination import Not

        return self.part if isinstance(self, Not) else Not(self)

    @abstractmethod
    def _check(self, bundle: Bundle) -> None: ...

    @abstractmethod
    def _weights(self, bundle: Bundle) -> FloatArray: ...

    @abstractmethod
    def _accept(self, drawn: Candidates) -> FloatArray: ...

    def _guess(self, drawn: Candidates) -> FloatArray:
        return self._accept(drawn)

    def _decodes(self) -> bool:
        return False

    def _spelled(self, bundle: Bundle) -> Target:
        return self


def require_place(what: str, numbers: ArrayLike) -> None:
    """Refuse numbers that are no place or distance that anything could lie at.

    Raises:
        InvalidInput: one that is not finite, or beyond ±1e100.
    """
    given = np.asarray(numbers, dtype=np.float64)
    if not (np.abs(given) <= FURTHEST).all():
        raise InvalidInput(f"{what} must be finite and lie within ±{FURTHEST:g}")
