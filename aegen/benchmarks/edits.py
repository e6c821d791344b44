"""Do edits of held-out pictures change what they should, and nothing else?

The last table of `aegen bench target`. Edits by effects are mended with the bundle's classifier,
which also judges them; so a second judge that chose nothing stands beside it: pictures are encoded
again and a probe on these codes names the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from aegen.core.arrays import FloatArray, IntArray
from aegen.generation import GenerativeBundle
from aegen.targeting import KINDS, Candidates
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.editing import Kind, destinations

__all__ = ["EDITED", "Line", "edits_table", "measure_edits"]

EDITED = 256
"""Held-out codes that are edited for each attribute."""


@dataclass(frozen=True)
class Line:
    """What came of edits of one attribute, each to another value at random.

    Attributes:
        attribute: which changes.
        kind: how the way was found.
        flipped: share of the pictures in which the classifier then finds the wanted value.
        again: the same by the second judge.
        stayed: share in which the classifier finds the same value as before, by other attribute.
    """

    attribute: str
    kind: Kind
    flipped: float
    again: float
    stayed: dict[str, float]


def measure_edits(
    bundle: GenerativeBundle, attribute: str, kind: Kind, rows: int = EDITED
) -> Line:
    """Edit held-out codes of a bundle that has a classifier.

    Args:
        bundle: with a held-out set.
        attribute: one that the classifier knows, with at least two values that rows have.
        kind: of edit.
        rows: how many codes, taken at random.
    """
    known = AttributeModels.of(bundle)
    values = known.labels(attribute).values
    draw = np.random.default_rng(0)
    n = len(bundle.holdout)
    z = bundle.holdout[np.sort(draw.choice(n, min(rows, n), replace=False))]
    before = Candidates(bundle, z)
    own = before.probabilities(attribute).argmax(axis=1)
    shown = _shown(bundle, attribute)
    steps = draw.integers(1, len(shown), len(z))
    wanted = shown[(np.searchsorted(shown, own) + steps) % len(shown)]
    end = z.copy()
    for value in np.unique(wanted):
        some = wanted == value
        end[some] = destinations(bundle, z[some], {attribute: values[value]}, kind=kind)
    after = Candidates(bundle, end)
    stayed = {
        name: float(
            (before.probabilities(name).argmax(1) == after.probabilities(name).argmax(1)).mean()
        )
        for name in known.classified
        if name != attribute
    }
    flipped = float((after.probabilities(attribute).argmax(axis=1) == wanted).mean())
    return Line(attribute, kind, flipped, _again(bundle, attribute, after, wanted), stayed)


def _shown(bundle: GenerativeBundle, attribute: str) -> IntArray:
    """Indices of an attribute's values that rows have."""
    return np.unique(AttributeModels.of(bundle).labels(attribute).rows).astype(np.int64)


def _again(bundle: GenerativeBundle, attribute: str, after: Candidates, wanted: IntArray) -> float:
    codes: FloatArray = bundle.encode(after.images)
    found = AttributeModels.of(bundle).probe(attribute).probabilities(codes).argmax(axis=1)
    return float((found == wanted).mean())


def edits_table(bundle: GenerativeBundle, passing: tuple[str, ...]) -> Table:
    """A line for each attribute and kind of edit; ``passing`` attributes are judged, not edited.

    Their share stands in a column of its own: nobody asks that an animation's frame stays.
    """
    table = Table(title=f"{bundle.name}: edits of {EDITED} held-out pictures")
    for head in ("attribute", "kind"):
        table.add_column(head)
    for head in ("flipped", "second judge", "least of the others that stayed", *passing):
        table.add_column(head, justify="right")
    for kind, line in _lines(bundle, passing):
        others = {name: share for name, share in line.stayed.items() if name not in passing}
        least = min(others, key=lambda name: others[name]) if others else None
        table.add_row(
            line.attribute,
            kind,
            f"{line.flipped:.1%}",
            f"{line.again:.1%}",
            f"{others[least]:.1%} ({least})" if least else "",
            *(f"{line.stayed[name]:.1%}" if name in line.stayed else "" for name in passing),
        )
    return table


def _lines(bundle: GenerativeBundle, passing: tuple[str, ...]) -> Iterator[tuple[Kind, Line]]:
    known = AttributeModels.of(bundle)
    for kind in KINDS:
        for attribute in known.classified:
            if attribute not in passing and len(_shown(bundle, attribute)) > 1:
                yield kind, measure_edits(bundle, attribute, kind)
