"""A few weights of a unit, to try out what keep, invert and drop do to what it computes.

All of it happens in the browser: inputs are dragged, masks are clicked, the sum follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from aegen.app.components.mount import component
from aegen.figures.mask_colours import MASK_COLOURS

__all__ = ["ten_weights"]

_component = component("ten_weights")


def ten_weights(
    weights: Sequence[float],
    mask: Sequence[int],
    inputs: Sequence[float],
    *,
    key: str,
    title: str,
    names: Sequence[str],
) -> None:
    """Shows the weights as they were drawn, their mask, what acts, and the sum.

    Args:
        weights: frozen ones.
        mask: of each 1 (keep), -1 (invert) or 0 (drop), to begin with.
        inputs: what each reads, from 0 to 1, to begin with.
        key: names it within the app.
        title: whose weights they are: "unit 3 of fc1".
        names: of the inputs.
    """
    _component(
        key=key,
        data={
            "weights": list(weights),
            "mask": list(mask),
            "inputs": list(inputs),
            "title": title,
            "names": list(names),
            "colours": {paper: colours._asdict() for paper, colours in MASK_COLOURS.items()},
        },
    )
