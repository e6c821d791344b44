"""Histogram of fan-in or fan-out: how many connections remain at each unit."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aegen.figures.palette import ACCENT, CATEGORIES
from aegen.figures.template import Paper, mark, small

__all__ = ["degrees"]

HEIGHT, BINS = 150, 28


def degrees(
    values: ArrayLike,
    *,
    what: str = "units",
    across: str = "remaining inputs",
    paper: Paper = "light",
) -> Any:
    """A plotly histogram of whole numbers; those at 0 stand apart, in the accent's colour.

    Without values it has no traces. ``layout.meta`` says in a sentence what is seen.

    Args:
        values: (n,) how many connections each has.
        what: who has them.
        across: what is counted.
        paper: what it is drawn on.

    Example:
        >>> degrees([0, 2, 2, 5]).data[0].y
        (1, 0, 2, 0, 0, 1)
    """
    counts = np.asarray(values, dtype=np.int64).reshape(-1)
    what, across = escape(what), escape(across)
    figure = small(HEIGHT, across, what, paper)
    if not counts.size:
        return figure
    top, median = int(counts.max()), float(np.median(counts))
    step = max(1, -(-top // BINS))
    starts = np.arange(1, top + 1, step)
    heights = np.bincount((counts + step - 1) // step, minlength=1 + len(starts)).tolist()
    spans = [f"{a}" if step == 1 else f"{a} to {a + step - 1}" for a in starts]
    figure.add_bar(
        x=[0.5 - step / 2, *(starts + (step - 1) / 2)],
        y=heights,
        width=[0.94 * step] * len(heights),
        marker={"color": [ACCENT, *[CATEGORIES[0]] * len(starts)], "line": {"width": 0}},
        hovertext=[
            f"{n:,} {what} have {span}" for n, span in zip(heights, ["none", *spans], strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    end = float(max(1, len(starts) * step)) + 0.5
    # at an end the name goes inwards: it is not to meet the scale, nor to be cut
    anchor = "left" if median < end / 6 else "right" if median > 5 * end / 6 else "center"
    mark(figure, median, f"median {median:g}", anchor)
    figure.update_xaxes(range=[0.5 - step, end])
    figure.update_yaxes(dtick=1 if max(heights) < 6 else None)
    figure.update_layout(
        meta=f"{counts.size} {what}: {across} from {counts.min()} to {top}, median {median:g}, "
        f"{heights[0]} have none"
    )
    return figure
