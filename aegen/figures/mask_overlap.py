"""Overlap of two masks, a bar a layer, beside what independent masks would share."""

from __future__ import annotations

from collections.abc import Sequence

from aegen.figures.bars import bars
from aegen.figures.palette import CATEGORIES

__all__ = ["alike"]

WIDTH = 420


def alike(layers: Sequence[tuple[str, float, float, float]]) -> str:
    """Shares of common weights (Jaccard index) as an SVG picture; ink is the page's.

    Args:
        layers: of each its name, the share of the remaining weights that both have, the share
            expected of independent masks with the same number of readers of each input, and the
            share expected of independent masks; all in [0, 1].

    Example:
        >>> alike([("fc1", 0.2, 0.1, 0.02)]).count("<rect")
        2
    """
    names, shares, by_input, independent = zip(*layers, strict=True)
    return bars(
        names,
        shares,
        colours=[CATEGORIES[0]] * len(layers),
        reference=independent,
        second=by_input,
        hints=[
            f"{name}: {100 * share:.1f} % shared, {100 * inputs:.1f} % by chance with the same "
            f"inputs, {100 * alone:.1f} % by chance alone"
            for name, share, inputs, alone in layers
        ],
        digits=1,
        width=WIDTH,
        title="shared",
    )
