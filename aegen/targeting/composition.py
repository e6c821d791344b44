"""Compositional generation: attribute values that no row has together, by moving rows with most.

A row that agrees with all values but one lies one effect away from the wanted combination, and
its other traits stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.conditions.attribute import AttributeEquals
from aegen.targeting.effects import Effects
from aegen.targeting.strategies import (
    POOL,
    Proposal,
    by_resampling,
    kish,
    plain,
    require_rows,
)
from aegen.targeting.target import And, Not, Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.samplers import RowSampler, Sampler

__all__ = ["absent", "by_composition", "wanted_values"]

ENOUGH = 50.0
"""Effective rows below which rows that agree in fewer values are taken too."""


def wanted_values(target: Target) -> dict[str, str]:
    """The attribute values that a target asks for together, by attribute.

    Raises:
        InvalidInput: two values of one attribute, or a condition and its opposite.

    Example:
        >>> from aegen.targeting import parse
        >>> wanted_values(parse("hair=3 and body=2 and density>=20%"))
        {'hair': '3', 'body': '2'}
    """
    found: dict[str, str] = {}
    for part in target.conjuncts:
        if Not(part) in target.conjuncts:
            raise InvalidInput(f'"{part}" and its opposite exclude each other: keep one')
        if isinstance(part, AttributeEquals):
            other = found.setdefault(part.attribute, part.value)
            if other != part.value:
                raise InvalidInput(
                    f"{part.attribute} cannot be {other} and {part.value} at once: join them with "
                    "'or', or keep one"
                )
    return found


def by_composition(
    sampler: Sampler, target: Target, bundle: Bundle, used: IntArray | None
) -> Proposal:
    r"""Candidates with a combination of values, whether or not rows have it.

    Draws start from rows that agree with the target in as many values as rows do (and in one less
    where those are fewer than 50), and are moved by the difference of the effects of the wanted
    values and their own (`Effects`). Latent models whose draws know no row are drawn from as they
    are; a probe on codes says which values a draw has and how well it suits. ``used`` are the
    training rows that draws start from, in their order, or None where draws know none.

    Raises:
        InvalidInput: the target asks for no attribute values together, or no row has one of them.
    """
    texts = wanted_values(target)
    if not texts:
        raise InvalidInput(
            "composition joins attribute values, and this target asks for none: write for "
            "instance hair=3 and body=2"
        )
    known = AttributeModels.of(bundle)
    wanted = {name: known.value(name, text) for name, text in texts.items()}
    values = known.factor_rows()
    for name, value in wanted.items():
        if not (values[:, known.factors().index(name)] == value).any():
            raise InvalidInput(f"no row of {bundle.name} has {name}={texts[name]} to learn from")
    effects = Effects.of(bundle)
    if used is not None:
        parts = (part for part in target.conjuncts if not isinstance(part, AttributeEquals))
        others = And(tuple(parts)).weights(bundle)[used]
        rows = require_rows(sampler, "compose")
        return _from_rows(rows, effects, wanted, values[used], others)
    return by_resampling(_from_draws(sampler, effects, wanted, known), target, bundle, "compose")


def _from_rows(
    sampler: RowSampler,
    effects: Effects,
    wanted: dict[str, int],
    values: IntArray,
    others: FloatArray,
) -> Proposal:
    agree = _agreement(effects, wanted, values)
    weights = np.zeros(len(agree))
    for level in range(len(wanted), -1, -1):
        weights[agree == level] = others[agree == level]
        if kish(weights * sampler.weights_) >= ENOUGH:
            break
    if not (weights * sampler.weights_).any():
        raise InvalidInput("no row fulfils the other parts of the target: widen them")

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        codes, rows = sampler.sample_rows(k, weights=weights, rng=rng)
        return effects.move(codes, values[rows], wanted), rows, k

    return Proposal("compose", draw, sampler.effective_rows(weights))


def _from_draws(
    sampler: Sampler, effects: Effects, wanted: dict[str, int], known: AttributeModels
) -> Proposal:
    source = plain(sampler, rowed=False)

    def draw(k: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None, int]:
        codes, _, drawn = source.draw(POOL, rng)
        own = known.likely(codes)
        agree = _agreement(effects, wanted, own)
        # the best twentieth, or more where more agree as well: they need the smallest moves
        best = agree >= np.sort(agree)[-max(1, len(agree) // 20)]
        return effects.move(codes[best], own[best], wanted), None, drawn

    return Proposal("compose", draw)


def _agreement(effects: Effects, wanted: dict[str, int], values: IntArray) -> IntArray:
    """In how many of the wanted values each of (k, attributes) agrees, (k,)."""
    columns = [effects.names.index(name) for name in wanted]
    agree: IntArray = (values[:, columns] == list(wanted.values())).sum(axis=1)
    return agree


def absent(target: Target, bundle: Bundle) -> bool:
    """Whether every value that a target joins has rows, and no row has them all."""
    values = And(tuple(part for part in target.conjuncts if isinstance(part, AttributeEquals)))
    if len(values.parts) < 2 or values.weights(bundle).any():
        return False
    return all(part.weights(bundle).any() for part in values.parts)
