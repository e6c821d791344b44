"""False negatives of the classifier on real rows, and which draws may be missed in the same way.

A classifier that names only half of the real coats coats would leave out the other half of them
if every draw had to pass it. So draws that it misses are taken as well, as often as it misses real
rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aegen.core.arrays import BoolArray
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions.attribute import AttributeEquals, Between
from aegen.targeting.target import And, Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["doubtful", "missed"]

TESTED = 200
"""Matching rows on which the classifier's false negative rate is measured."""


def missed(bundle: Bundle, target: Target) -> float:
    """Share of the rows with the wanted values whose pictures the classifier names otherwise.

    Of 200 of them, evenly spread. 0 where a target asks for no value, or joins anything but
    values, numbers and places by "and": only values can be missed.
    """
    parts = [part for part in target.conjuncts if isinstance(part, AttributeEquals)]
    others = [part for part in target.conjuncts if part.needs_images and part not in parts]
    if not parts or not all(isinstance(part, Between) for part in others):
        return 0.0
    values = And.of(*parts)
    found = AttributeModels.of(bundle).missed
    if values not in found:
        rows = np.flatnonzero(values.weights(bundle))
        if len(rows) == 0:
            return 0.0
        some = rows[np.unique(np.linspace(0, len(rows) - 1, TESTED).astype(np.int64))]
        found[values] = 1 - float(values.accept(Candidates(bundle, bundle.codes[some])).mean())
    return found[values]


def doubtful(target: Target, turned_away: Candidates) -> BoolArray:
    """Which of the candidates that a target turned away fail by the classifier alone, (k,)."""
    values = AttributeEquals
    rest = And(tuple(part for part in target.conjuncts if not isinstance(part, values)))
    return np.asarray(rest.accept(turned_away) > 0, dtype=np.bool_)
