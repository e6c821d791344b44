"""Targets joined by and, or, not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.candidates import Candidates
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["And", "Not", "Or"]


@dataclass(frozen=True)
class And(Target):
    """All of several targets; of none, everything.

    Example:
        >>> str(And(()))
        'anything'
    """

    parts: tuple[Target, ...]

    @classmethod
    def of(cls, *targets: Target) -> Target:
        """The targets as one; what are themselves several stay side by side, a sole one as is."""
        parts: list[Target] = []
        for target in targets:
            parts += target.parts if isinstance(target, And) else [target]
        different = tuple(dict.fromkeys(parts))
        return different[0] if len(different) == 1 else cls(different)

    def _decodes(self) -> bool:
        return any(part.needs_images for part in self.parts)

    def _check(self, bundle: Bundle) -> None:
        for part in self.parts:
            part.check(bundle)

    def _spelled(self, bundle: Bundle) -> Target:
        return And.of(*(part.spelled(bundle) for part in self.parts))

    def _weights(self, bundle: Bundle) -> FloatArray:
        product = np.ones(len(bundle.codes))
        for part in self.parts:
            product *= part.weights(bundle)
        return product

    def _accept(self, drawn: Candidates) -> FloatArray:
        """The product; parts that decode come last and see only what the others left."""
        chances = np.ones(len(drawn))
        for part in sorted(self.parts, key=lambda part: part.needs_images):
            left = np.flatnonzero(chances > 0)
            chances[left] *= part.accept(drawn.take(left))
        return chances

    def _guess(self, drawn: Candidates) -> FloatArray:
        chances = np.ones(len(drawn))
        for part in self.parts:
            chances *= part.guess(drawn)
        return chances

    def __str__(self) -> str:
        if not self.parts:
            return "anything"
        return " and ".join(_bracketed(part, Or) for part in self.parts)


@dataclass(frozen=True)
class Or(Target):
    """At least one of several targets."""

    parts: tuple[Target, ...]

    @classmethod
    def of(cls, *targets: Target) -> Target:
        """The targets as one; what are themselves several stay side by side, a sole one as is."""
        parts: list[Target] = []
        for target in targets:
            parts += target.parts if isinstance(target, Or) else [target]
        different = tuple(dict.fromkeys(parts))
        return different[0] if len(different) == 1 else cls(different)

    def _decodes(self) -> bool:
        return any(part.needs_images for part in self.parts)

    def _check(self, bundle: Bundle) -> None:
        for part in self.parts:
            _refuse_fixed(part)
            part.check(bundle)

    def _spelled(self, bundle: Bundle) -> Target:
        return Or.of(*(part.spelled(bundle) for part in self.parts))

    def _weights(self, bundle: Bundle) -> FloatArray:
        none = np.ones(len(bundle.codes))
        for part in self.parts:
            none *= 1 - part.weights(bundle)
        return 1 - none

    def _accept(self, drawn: Candidates) -> FloatArray:
        """One less the chance that no part takes it; what one part takes needs no other."""
        none = np.ones(len(drawn))
        for part in sorted(self.parts, key=lambda part: part.needs_images):
            left = np.flatnonzero(none > 0)
            none[left] *= 1 - part.accept(drawn.take(left))
        return 1 - none

    def _guess(self, drawn: Candidates) -> FloatArray:
        none = np.ones(len(drawn))
        for part in self.parts:
            none *= 1 - part.guess(drawn)
        return 1 - none

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
    from aegen.targeting.coordinate import Fixed

    inner = part.parts if isinstance(part, And | Or) else ()
    if isinstance(part, Fixed) or any(isinstance(one, Fixed) for one in inner):
        raise InvalidInput(
            f"{part} fixes a coordinate, which no draw has by chance: join it with 'and' only, or "
            "give a range such as z3=0.4..0.6"
        )
