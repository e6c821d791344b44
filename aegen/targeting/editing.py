"""Attribute editing: a code moves until its image shows another value, and the rest stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import images
from aegen.core.arrays import FloatArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_direction import attribute_moves
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.composition import wanted_values
from aegen.targeting.conditions.attribute import AttributeEquals
from aegen.targeting.effects import Effects
from aegen.targeting.parsing import parse
from aegen.targeting.result import save_pictures
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["KINDS", "Edited", "Kind", "destinations", "edit"]

Kind = Literal["effects", "mean-difference", "logistic"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Ways to find where an edit leads; see `edit`."""

CORRECTIONS = 3
"""Times that the classifier looks at the end of an edit by effects, and it is mended."""

FURTHEST = 5.0
"""How far an edit may go, in units of its own length."""


@dataclass(frozen=True, eq=False)
class Edited:
    """Images along an edit, from the original to another attribute value.

    Attributes:
        wanted: the value that each edited attribute is to show.
        kind: how the direction was found.
        held: attributes that were to stay.
        positions: how far each step is, (k,): 0 is the original, 1 the end of the edit.
        codes: float64 (k, d).
    """

    wanted: Mapping[str, str]
    kind: Kind
    held: tuple[str, ...]
    positions: FloatArray
    codes: FloatArray
    candidates: Candidates = field(repr=False)

    @property
    def images(self) -> NDArray[np.float32]:
        """The pictures, float32 (k, h, w, c)."""
        return self.candidates.images

    def _repr_png_(self) -> bytes:
        """The pictures side by side, for notebooks."""
        return images.png(images.grid(self.images, columns=len(self.codes), gap=2, scale=2))

    @cached_property
    def probabilities(self) -> dict[str, FloatArray]:
        """Probability of each value of each attribute along the edit, (k, values).

        As the classifier sees the pictures, or a probe the codes where it does not know one.
        """
        known = self.candidates.attribute_models
        return {name: self.candidates.probabilities(name) for name in known.factors()}

    def values(self, attribute: str) -> tuple[str, ...]:
        """Names of an attribute's values, in the order of `probabilities`."""
        return self.candidates.attribute_models.labels(attribute).values

    @cached_property
    def reached(self) -> int | None:
        """The first step from which on all wanted values are the likeliest, or None."""
        shows = np.ones(len(self.positions), dtype=np.bool_)
        for name, value in self.wanted.items():
            shows &= self.probabilities[name].argmax(axis=1) == self.values(name).index(value)
        if not shows[-1]:
            return None
        missing = np.flatnonzero(~shows)
        return int(missing[-1]) + 1 if len(missing) else 0

    @cached_property
    def changed(self) -> dict[str, tuple[str, str]]:
        """Other attributes whose likeliest value is another at the end: value before and after."""
        found = {}
        for name, table in self.probabilities.items():
            before, after = int(table[0].argmax()), int(table[-1].argmax())
            if name not in self.wanted and before != after:
                found[name] = (self.values(name)[before], self.values(name)[after])
        return found

    def arrays(self) -> dict[str, Any]:
        """What an .npz of it holds: images, codes, positions, and probabilities by attribute."""
        tables = {f"probabilities_{name}": table for name, table in self.probabilities.items()}
        named = {"images": self.images, "codes": self.codes, "positions": self.positions}
        return named | tables

    def save(self, path: Path | str, *, scale: int = 2) -> None:
        """Write the strip as .png, or `arrays` as .npz; raises what `save_pictures` does."""
        save_pictures(path, self, "a strip", columns=len(self.images), scale=scale)

    def summary(self) -> str:
        """One sentence on the result."""
        title = self.candidates.attribute_models.title
        wanted = " and ".join(f"{title(a)} {title(a, value)}" for a, value in self.wanted.items())
        if self.reached is None:
            came = f"{wanted} is not reached"
        elif self.reached == 0:
            came = f"{wanted} was there from the beginning"
        else:
            came = f"{wanted} from {100 * self.positions[self.reached]:.0f} % of the edit on"
        if not self.changed:
            return f"{came}; all else stays"
        others = ", ".join(
            f"{title(name)} {title(name, a)} to {title(name, b)}"
            for name, (a, b) in self.changed.items()
        )
        return f"{came}; also changed: {others}"


def edit(
    bundle: Bundle,
    start: int | ArrayLike,
    target: Target | str,
    *,
    kind: Kind = "effects",
    hold: Sequence[str] | None = None,
    steps: int = 9,
    reach: float = 1.0,
) -> Edited:
    """Move a code until its picture shows other attribute values.

    - "effects": by what each value adds to a code, alone and beside the other values
      (`Effects`), after which the classifier looks at the end: held attributes that changed are
      moved back, and a wanted value that does not show is added again, up to three times;
    - "mean-difference", "logistic": along a straight direction (`attribute_moves`), from which the
      directions of the held attributes are taken out.

    Args:
        bundle: whose decoder and attributes.
        start: a training row, or a code (d,) such as ``bundle.encode(picture)[0]``.
        target: the values to show: "hair=4", or several joined by "and".
        kind: how the direction is found.
        hold: attributes that stay; by default all others for "effects" and none for the rest.
        steps: images along the edit, both ends among them.
        reach: where it ends; 1 is where the method leads, further exaggerates.

    Raises:
        InvalidInput: a target that is no attribute value, a number, a value without rows, an
            attribute that is held and edited at once, or a reach that is not above 0 and at
            most 5.
        UnknownName: no such attribute, value or row.

    Example:
        >>> import aegen
        >>> from aegen import targeting
        >>> targeting.edit(aegen.load("sprites"), 0, "hair=4").images.shape   # doctest: +SKIP
        (9, 64, 64, 3)
    """
    wanted = _values_of(bundle, target)
    steps = count(steps, name="steps", minimum=2, maximum=1000)
    if not 0 < reach <= FURTHEST:
        raise InvalidInput(f"reach must be above 0 and at most {FURTHEST:g}, got {reach:g}")
    code = AttributeModels.of(bundle).code_of(start)
    held = _held(bundle, wanted, kind, hold)
    end = destinations(bundle, code[None], wanted, kind=kind, hold=held)[0]
    positions = np.linspace(0.0, reach, steps)
    codes = code + positions[:, None] * (end - code)
    return Edited(wanted, kind, held, positions, codes, Candidates(bundle, codes))


def destinations(
    bundle: Bundle,
    z: FloatArray,
    wanted: Mapping[str, str],
    *,
    kind: Kind = "effects",
    hold: Sequence[str] | None = None,
) -> FloatArray:
    """Where codes ``z`` (k, d) lead that are to show the same ``wanted`` values, (k, d).

    Raises:
        InvalidInput, UnknownName: as `edit` does, whose other arguments are the same.
    """
    held = _held(bundle, wanted, kind, hold)
    known = AttributeModels.of(bundle)
    goal = {name: known.value(name, value) for name, value in wanted.items()}
    own = _seen(bundle, z)
    if kind == "effects":
        return _by_effects(bundle, z, own, goal, held)
    end = z.copy()
    for name, value in goal.items():
        column = own[:, known.factors().index(name)]
        end += attribute_moves(bundle, name, column, value, kind=kind, hold=held)
    return end


def _by_effects(
    bundle: Bundle, z: FloatArray, own: IntArray, goal: Mapping[str, int], held: Sequence[str]
) -> FloatArray:
    """Moved by effects, and mended where the classifier sees something else than it should."""
    effects = Effects.of(bundle)
    target = effects.changed(own, goal)
    minded = [effects.names.index(name) for name in (*goal, *held)]
    end = effects.shift(z, own, target)
    for _ in range(CORRECTIONS):
        now = target.copy()
        now[:, minded] = _seen(bundle, end)[:, minded]
        wrong = np.flatnonzero((now != target).any(axis=1))
        if not len(wrong):
            break
        end[wrong] = effects.shift(end[wrong], now[wrong], target[wrong])
    return end


def _seen(bundle: Bundle, z: FloatArray) -> IntArray:
    """The likeliest value of every attribute that has values, (k, attributes)."""
    candidates, factors = Candidates(bundle, z), AttributeModels.of(bundle).factors()
    columns = [candidates.probabilities(name).argmax(axis=1) for name in factors]
    return np.stack(columns, axis=1).astype(np.int64)


def _values_of(bundle: Bundle, target: Target | str) -> dict[str, str]:
    """The values that a target asks for, by attribute, as the bundle writes them."""
    target = parse(target, bundle) if isinstance(target, str) else target
    parts = target.conjuncts
    if not parts or not all(isinstance(part, AttributeEquals) for part in parts):
        raise InvalidInput(
            f'an edit leads to attribute values, and "{target}" asks for something else: write '
            "for instance hair=3, or hair=3 and body=2"
        )
    known = AttributeModels.of(bundle)
    found = wanted_values(target.spelled(bundle))
    for name, text in found.items():
        if not (known.labels(name).rows == known.value(name, text)).any():
            raise InvalidInput(f"no row of {bundle.name} has {name}={text} to learn from")
    return found


def _held(
    bundle: Bundle, wanted: Mapping[str, str], kind: Kind, hold: Sequence[str] | None
) -> tuple[str, ...]:
    """The attributes that stay, checked."""
    if kind not in KINDS:
        raise InvalidInput(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    known = AttributeModels.of(bundle)
    if hold is None:
        others = tuple(name for name in known.factors() if name not in wanted)
        return others if kind == "effects" else ()
    if isinstance(hold, str):
        raise InvalidInput(f"hold must be a list of attributes, got {hold!r}")
    for name in hold:
        if known.labels(name).kind == "number":
            raise InvalidInput(f"{name} is a number and cannot be held: leave it out")
        if name in wanted:
            raise InvalidInput(f"{name} cannot change and be held at once: leave it out of one")
    return tuple(dict.fromkeys(hold))
