"""Histogram of the scores behind a mask (its mask variable), with the thresholds that make it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.errors import InvalidInput
from aegen.figures.mask_colours import MASK_COLOURS
from aegen.figures.palette import QUIET
from aegen.figures.template import Paper, mark, small

__all__ = ["mask_variable"]

HEIGHT = 160


def mask_variable(
    counts: ArrayLike,
    edges: ArrayLike,
    threshold: float,
    *,
    trained: float | None = None,
    paper: Paper = "light",
) -> Any:
    """A plotly histogram with a logarithmic scale, each bar in the colour of what becomes of it.

    ``layout.meta`` says in a sentence what is seen.

    Args:
        counts: (bins,) weights in each bin.
        edges: (bins + 1,) of the mask variable.
        threshold: beyond which a weight remains; its negative inverts.
        trained: the threshold that it was trained with, where ``threshold`` is another one.
        paper: what it is drawn on.

    Raises:
        InvalidInput: counts and edges that do not fit.

    Example:
        >>> mask_variable([3, 5, 2], [-1.5, -0.5, 0.5, 1.5], 0.7).data[0].marker.color[0]
        '#e0902b'
    """
    n, ends = np.asarray(counts, dtype=float), np.asarray(edges, dtype=float)
    if n.ndim != 1 or ends.shape != (len(n) + 1,):
        raise InvalidInput(f"counts need one edge more, got {n.shape} and {ends.shape}")
    used = np.flatnonzero(n)
    low, high = ends[used], ends[used + 1]
    middle = (low + high) / 2
    states = np.where(middle > threshold, "keep", np.where(middle < -threshold, "invert", "drop"))
    colours = MASK_COLOURS[paper]
    figure = small(HEIGHT, "mask variable", "weights", paper)
    figure.add_bar(
        x=middle,
        y=n[used],
        width=high - low,
        marker={
            "color": [getattr(colours, state) for state in states],
            "line": {"color": QUIET, "width": [0.5 * (state == "drop") for state in states]},
        },
        hovertext=[
            f"{int(count):,} weights from {a:.3g} to {b:.3g}: {state}"
            for count, a, b, state in zip(n[used], low, high, states, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    mark(figure, -threshold)
    mark(figure, threshold)
    text = f"threshold \u00b1{threshold:.3g}"
    if trained is not None and not math.isclose(trained, threshold, rel_tol=1e-6):
        text += f", trained \u00b1{trained:.3g}"
        for place in (-trained, trained):
            ends_at = {"x0": place, "x1": place, "y0": 0.9, "y1": 1, "yref": "y domain"}
            figure.add_shape(type="line", line={"width": 3, "color": QUIET}, **ends_at)
    figure.add_annotation(text=text, x=0, y=1, yref="y domain", yanchor="bottom", showarrow=False)
    reach = max([1.6 * threshold, *np.abs(low), *np.abs(high)])
    most = math.log10(max(1.0, n.max(initial=0)))
    figure.update_xaxes(range=[-reach, reach])
    figure.update_yaxes(
        type="log",
        range=[math.log10(0.8), most + 0.2],
        dtick=1 + int(most) // 5,
        tickformat=",d",
    )
    figure.update_layout(meta=f"{int(n.sum())} mask variables with the threshold {threshold:.3g}")
    return figure
