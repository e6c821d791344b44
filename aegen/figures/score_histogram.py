"""How the trained variable behind a mask is spread, with the thresholds that make the mask."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.errors import InvalidInput
from aegen.figures._plot import Plot
from aegen.figures.mask_colours import MaskColours

__all__ = ["mask_variable"]


def mask_variable(
    counts: ArrayLike,
    edges: ArrayLike,
    threshold: float,
    colours: MaskColours,
    *,
    trained: float | None = None,
) -> str:
    """A histogram on a logarithmic scale as an SVG picture, coloured by what becomes of each part.

    Args:
        counts: (bins,) weights in each bin.
        edges: (bins + 1,) of the mask variable.
        threshold: beyond which a weight remains; its negative inverts.
        colours: of the three states.
        trained: the threshold that it was trained with, where ``threshold`` is another one.

    Raises:
        InvalidInput: counts and edges that do not fit.
    """
    n, ends = np.asarray(counts, dtype=float), np.asarray(edges, dtype=float)
    if n.ndim != 1 or ends.shape != (len(n) + 1,):
        raise InvalidInput(f"counts need one edge more, got {n.shape} and {ends.shape}")
    most = max(1.0, float(n.max()))
    used = np.flatnonzero(n)
    reach = float(np.abs(ends[[used[0], used[-1] + 1]]).max()) if len(used) else 1.0
    reach = max(reach, 1.6 * threshold)
    plot = Plot(x=(-reach, reach), y=(0.8, 1.6 * most), log=True)
    powers = [10.0**k for k in range(int(math.log10(most)) + 1)]
    parts = [
        plot.axes(
            "mask variable",
            y_ticks=[(v, f"{v:,.0f}") for v in powers[:: 1 + len(powers) // 5]],
        )
    ]
    for k in used:
        low, high = float(ends[k]), float(ends[k + 1])
        middle = (low + high) / 2
        state = "keep" if middle > threshold else "invert" if middle < -threshold else "drop"
        colour = getattr(colours, state)
        said = f"{int(n[k]):,} weights from {low:.3g} to {high:.3g}: {state}"
        edge = ' stroke="currentColor" stroke-opacity="0.35" stroke-width="0.5"'
        bar = plot.bar((low, high), (0.8, float(n[k])), colour, said, gap=0.1)
        parts.append(bar.replace("<rect", f"<rect{edge}") if state == "drop" else bar)
    parts.append(plot.mark(-threshold))
    parts.append(plot.mark(threshold, f"\u00b1{threshold:.3g}"))
    if trained is not None and not math.isclose(trained, threshold, rel_tol=1e-6):
        for place in (-trained, trained):
            parts.append(
                f'<path d="M{plot.across(place):.1f} {plot.top}v8" stroke="currentColor" '
                'stroke-width="3" opacity="0.6"><title>trained threshold</title></path>'
            )
    said = f"{int(n.sum())} mask variables with the threshold {threshold:.3g}"
    return plot.svg(said, *parts)
