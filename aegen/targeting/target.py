"""A target: a condition on codes, as weights of training rows and as a test of draws.

A condition is one file in ``conditions/`` holding one small frozen class; `And`, `Or` and `Not`
join them, ``parsing.py`` reads their text, ``sampling.py`` draws from them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.candidates import Candidates

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["And", "Not", "Or", "Target", "require_place"]

FURTHEST = 1e100
"""Coordinates and distances beyond this are refused: their squares would be no numbers."""


class Target(ABC):
    """A condition on codes: a small hashable value with a text that reads back.

    Targets combine: ``a & b``, ``a | b``, ``~a``. Weights and probabilities multiply as those of
    independent events do, which is plain logic where they are 0 or 1.

    Example:
        >>> from aegen.targeting import parse
        >>> str(parse("hair=3") & ~parse("body=2"))
        'hair=3 and not body=2'
    """

    def check(self, bundle: Bundle) -> None:
        """Refuse what this bundle does not have.

        Raises:
            InvalidInput: a row or coordinate that is not there, or a condition that asks nothing.
            UnknownName: an attribute, value or projection that is not there.
        """
        self._check(bundle)

    def spelled(self, bundle: Bundle) -> Target:
        """The same target with values as the bundle writes them: "yes" where "true" was said.

        Raises:
            InvalidInput: a value of an attribute that is a number.
            UnknownName: an attribute or value that is not there.
        """
        return self._spelled(bundle)

    def weights(self, bundle: Bundle) -> FloatArray:
        """How much each training row of the bundle is wanted, (n,), in [0, 1]."""
        return self._weights(bundle)

    def accept(self, drawn: Candidates) -> FloatArray:
        """The probability with which each draw is accepted, (k,), in [0, 1]; mostly 0 or 1."""
        return self._accept(drawn)

    def guess(self, drawn: Candidates) -> FloatArray:
        """A quick estimate of `accept` from codes alone, (k,), which decodes nothing."""
        return self._guess(drawn)

    @property
    def conjuncts(self) -> tuple[Target, ...]:
        """The targets that it joins by "and"; itself where there is one."""
        return self.parts if isinstance(self, And) else (self,)

    @property
    def needs_images(self) -> bool:
        """Whether `accept` has to decode."""
        return self._decodes()

    @abstractmethod
    def __str__(self) -> str:
        """The text that `aegen.targeting.parse` reads back."""

    def __and__(self, other: Target) -> Target:
        return And.of(self, other)

    def __or__(self, other: Target) -> Target:
        return Or.of(self, other)

    def __invert__(self) -> Target:
        return self.part if isinstance(self, Not) else Not(self)

    @abstractmethod
    def _weights(self, bundle: Bundle) -> FloatArray: ...

    @abstractmethod
    def _accept(self, drawn: Candidates) -> FloatArray: ...

    def _check(self, bundle: Bundle) -> None:
        return None

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


@dataclass(frozen=True)
class _Joined(Target):
    """What `And` and `Or` have in common."""

    parts: tuple[Target, ...]

    @classmethod
    def of(cls, *targets: Target) -> Target:
        """The targets as one; what are themselves several stay side by side, a sole one as is."""
        parts: list[Target] = []
        for target in targets:
            parts += target.parts if isinstance(target, cls) else [target]
        different = tuple(dict.fromkeys(parts))
        return different[0] if len(different) == 1 else cls(different)

    def _decodes(self) -> bool:
        return any(part.needs_images for part in self.parts)

    def _check(self, bundle: Bundle) -> None:
        for part in self.parts:
            part.check(bundle)

    def _spelled(self, bundle: Bundle) -> Target:
        return self.of(*(part.spelled(bundle) for part in self.parts))


@dataclass(frozen=True)
class And(_Joined):
    """All of several targets; of none, everything.

    Example:
        >>> str(And(()))
        'anything'
    """

    def _weights(self, bundle: Bundle) -> FloatArray:
        product = np.ones(len(bundle.codes))
        for part in self.parts:
            product *= part.weights(bundle)
        return product

    def _accept(self, drawn: Candidates) -> FloatArray:
        """The product; parts that decode come last and see only what the others left."""
        probabilities = np.ones(len(drawn))
        for part in sorted(self.parts, key=lambda part: part.needs_images):
            left = np.flatnonzero(probabilities > 0)
            probabilities[left] *= part.accept(drawn.take(left))
        return probabilities

    def _guess(self, drawn: Candidates) -> FloatArray:
        probabilities = np.ones(len(drawn))
        for part in self.parts:
            probabilities *= part.guess(drawn)
        return probabilities

    def __str__(self) -> str:
        if not self.parts:
            return "anything"
        return " and ".join(_bracketed(part, Or) for part in self.parts)


@dataclass(frozen=True)
class Or(_Joined):
    """At least one of several targets: not all of their opposites (De Morgan's law)."""

    def _opposites(self) -> And:
        return And(tuple(Not(part) for part in self.parts))

    def _check(self, bundle: Bundle) -> None:
        for part in self.parts:
            Not(part).check(bundle)

    def _weights(self, bundle: Bundle) -> FloatArray:
        return 1 - self._opposites().weights(bundle)

    def _accept(self, drawn: Candidates) -> FloatArray:
        return 1 - self._opposites().accept(drawn)

    def _guess(self, drawn: Candidates) -> FloatArray:
        return 1 - self._opposites().guess(drawn)

    def __str__(self) -> str:
        return " or ".join(_bracketed(part, And) for part in self.parts)


@dataclass(frozen=True)
class Not(Target):
    """The opposite of a target."""

    part: Target

    def _decodes(self) -> bool:
        return self.part.needs_images

    def _check(self, bundle: Bundle) -> None:
        _refuse_fixed(self.part)
        self.part.check(bundle)

    def _spelled(self, bundle: Bundle) -> Target:
        return ~self.part.spelled(bundle)

    def _weights(self, bundle: Bundle) -> FloatArray:
        return 1 - self.part.weights(bundle)

    def _accept(self, drawn: Candidates) -> FloatArray:
        return 1 - self.part.accept(drawn)

    def _guess(self, drawn: Candidates) -> FloatArray:
        return 1 - self.part.guess(drawn)

    def __str__(self) -> str:
        return f"not {_bracketed(self.part, And, Or)}"


def _bracketed(part: Target, *kinds: type[Target]) -> str:
    several = isinstance(part, kinds) and len(getattr(part, "parts", ())) > 1
    return f"({part})" if several else str(part)


def _refuse_fixed(part: Target) -> None:
    """Refuse fixed coordinates below "or" and "not", where no condition can stand for them."""
    from aegen.targeting.conditions.coordinate import Fixed

    inner = part.parts if isinstance(part, _Joined) else (part,)
    if any(isinstance(one, Fixed) for one in inner):
        raise InvalidInput(
            f"{part} fixes a coordinate, which no draw has by itself: join it with 'and' only, or "
            "give a range such as z3=0.4..0.6"
        )
