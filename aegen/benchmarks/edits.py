"""Do edits of held-out pictures change what they should, and nothing else?

The last table of `aegen bench target`. Edits by effects are mended with the bundle's classifier,
which also counts them; so a second classifier, which chose nothing, stands beside it: a probe on
the codes of the pictures, encoded again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.table import Table

from aegen.benchmarks.console import table
from aegen.bundles import Bundle
from aegen.core.arrays import IntArray
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
        kind: of edit.
        flipped: share of the pictures in which the classifier then finds the wanted value.
        again: the same by the probe.
        stayed: share in which the classifier finds the same value as before, by other attribute.
    """

    attribute: str
    kind: Kind
    flipped: float
    again: float
    stayed: dict[str, float]


def measure_edits(bundle: Bundle, attribute: str, kind: Kind, rows: int = EDITED) -> Line:
    """Edit held-out codes of a bundle that has a classifier.

    ``rows`` of them are taken at random; rows have at least two values of ``attribute``.
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
    probed = known.probe(attribute).probabilities(bundle.encode(after.images)).argmax(axis=1)
    return Line(attribute, kind, flipped, float((probed == wanted).mean()), stayed)


def _shown(bundle: Bundle, attribute: str) -> IntArray:
    """Indices of an attribute's values that rows have."""
    return np.unique(AttributeModels.of(bundle).labels(attribute).rows).astype(np.int64)


def edits_table(bundle: Bundle, passing: tuple[str, ...]) -> Table:
    """A line for each attribute and kind of edit; ``passing`` attributes are read, not edited.

    Their share stands in a column of its own: nobody asks that an animation's frame stays.
    """
    heads = ("attribute", "kind", "flipped", "by the probe", "least of the others that stayed")
    title = f"{bundle.name}: edits of {EDITED} held-out pictures"
    found = table(*heads, *passing, title=title, texts=2)
    edited = [
        (name, kind)
        for kind in KINDS
        for name in AttributeModels.of(bundle).classified
        if name not in passing and len(_shown(bundle, name)) > 1
    ]
    for attribute, kind in edited:
        line = measure_edits(bundle, attribute, kind)
        others = {name: share for name, share in line.stayed.items() if name not in passing}
        least = min(others, key=lambda name: others[name]) if others else None
        found.add_row(
            attribute,
            kind,
            f"{line.flipped:.1%}",
            f"{line.again:.1%}",
            f"{others[least]:.1%} ({least})" if least else "",
            *(f"{line.stayed[name]:.1%}" if name in line.stayed else "" for name in passing),
        )
    return found
