"""How many connections remain at each unit: fan-in, or fan-out, as a histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.figures._plot import Plot
from aegen.figures.palette import ACCENT, CATEGORIES

__all__ = ["degrees"]

BINS = 28


def degrees(values: ArrayLike, *, what: str = "units", across: str = "remaining inputs") -> str:
    """A histogram of whole numbers as an SVG picture; those at 0 stand apart, in the accent.

    Args:
        values: (n,) how many connections each has.
        what: who has them.
        across: what is counted.

    Example:
        >>> degrees([0, 2, 2, 5]).count("<rect")
        3
    """
    counts = np.asarray(values, dtype=np.int64).reshape(-1)
    if not counts.size:
        return ""
    top = int(counts.max())
    step = max(1, -(-top // BINS))
    starts = np.arange(1, max(top, 1) + 1, step)
    none = int((counts == 0).sum())
    heights = [(int(a), int(((counts >= a) & (counts < a + step)).sum())) for a in starts]
    most = max([none, *(n for _, n in heights)], default=1)
    plot = Plot(x=(-0.5, float(starts[-1] + step) - 0.5), y=(0.0, max(1.0, 1.06 * most)))
    parts = [plot.axes(across)]
    if none:
        parts.append(
            plot.bar((-0.5, 0.5), (0, none), ACCENT, f"{none:,} {what} have none", gap=0.2)
        )
    for a, n in heights:
        if n:
            span = f"{a}" if step == 1 else f"{a} to {a + step - 1}"
            said = f"{n:,} {what} have {span}"
            parts.append(plot.bar((a - 0.5, a + step - 0.5), (0, n), CATEGORIES[0], said))
    median = float(np.median(counts))
    parts.append(plot.mark(median, f"median {median:g}"))
    said = (
        f"{counts.size} {what}: {across} from {counts.min()} to {top}, median {median:g}, "
        f"{none} have none"
    )
    return plot.svg(said, *parts)
