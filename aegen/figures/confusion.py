"""Confusion matrix: counts of true against predicted classes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.errors import InvalidInput
from aegen.figures.palette import ACCENT, CATEGORIES

__all__ = ["confusion"]

CELL = 30
LEFT, TOP = 66, 34


def confusion(counts: ArrayLike, names: Sequence[str], *, before: ArrayLike | None = None) -> str:
    """A confusion matrix as an SVG picture: true classes down, predicted ones across.

    A cell on the diagonal is the stronger blue, one beside it the stronger orange, the larger its
    share of its true class.

    Args:
        counts: (k, k) how many rows of each true class were taken for each class.
        names: of the classes.
        before: the same without an intervention, which cells then tell under the pointer.

    Raises:
        InvalidInput: counts that are no square of the names' length.

    Example:
        >>> confusion([[9, 1], [0, 10]], ["a", "b"]).count("<rect")
        4
    """
    n = np.asarray(counts, dtype=np.int64)
    k = len(names)
    if n.shape != (k, k):
        raise InvalidInput(f"{k} classes need counts of shape ({k}, {k}), got {n.shape}")
    shares = n / np.maximum(1, n.sum(axis=1, keepdims=True))
    other = None if before is None else np.asarray(before, dtype=np.int64)
    short = [name if len(name) <= 9 else name[:8] + "\u2026" for name in names]
    parts = [
        f'<text x="{LEFT + CELL * k / 2:.0f}" y="11" text-anchor="middle" opacity="0.7">'
        "taken for</text>"
    ]
    for a in range(k):
        y = TOP + CELL * a
        slanted = max(map(len, short)) > 4
        x = LEFT + CELL * (a + 0.5)
        turn = f'transform="rotate(-35 {x:.0f} {TOP - 5})"' if slanted else 'text-anchor="middle"'
        parts.append(
            f'<text x="{LEFT - 7}" y="{y + 19}" text-anchor="end">{escape(short[a])}</text>'
            f'<text x="{x:.0f}" y="{TOP - 5}" {turn}>'
            f"{escape(short[a])}</text>"
        )
        for b in range(k):
            share = float(shares[a, b])
            colour = CATEGORIES[0] if a == b else ACCENT
            strength = 0.06 + 0.9 * (share if a == b else min(1.0, 2 * share) ** 0.6)
            said = f"{names[a]} taken for {names[b]}: {n[a, b]:,} ({100 * share:.1f} %)"
            if other is not None:
                said += f", before {other[a, b]:,}"
            number = (
                f'<text x="{LEFT + CELL * (b + 0.5):.1f}" y="{y + 19}" text-anchor="middle" '
                f'font-size="10" pointer-events="none">{n[a, b]}</text>'
                if n[a, b]
                else ""
            )
            parts.append(
                f'<rect x="{LEFT + CELL * b}" y="{y}" width="{CELL - 1.5}" height="{CELL - 1.5}" '
                f'rx="3" fill="{colour}" fill-opacity="{strength if n[a, b] else 0.05:.2f}">'
                f"<title>{escape(said)}</title></rect>{number}"
            )
    right = int(np.trace(n))
    label = f"confusion matrix: {right} of {int(n.sum())} right"
    size = (LEFT + CELL * k, TOP + CELL * k)
    return (
        f'<svg viewBox="0 0 {size[0]} {size[1]}" width="100%" role="img" aria-label="{label}" '
        f'style="max-width:{round(1.25 * size[0])}px;display:block;font-size:11px;'
        f'fill:currentColor;font-variant-numeric:tabular-nums">{"".join(parts)}</svg>'
    )
