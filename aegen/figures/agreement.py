"""How much several masks agree: a square of shares, each pair of them a cell."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.errors import InvalidInput
from aegen.figures.palette import CATEGORIES

__all__ = ["agreement"]

WIDE, HIGH, LEFT, TOP = 78, 34, 132, 26


def agreement(shares: ArrayLike, names: Sequence[str], *, chance: ArrayLike | None = None) -> str:
    """Shares between pairs as an SVG picture; with ``chance``, what would come by itself.

    Args:
        shares: (k, k) in [0, 1], such as the Jaccard index of the remaining weights.
        names: of the masks.
        chance: (k, k) the same where the remaining weights lay at random.

    Raises:
        InvalidInput: shares that are no square of the names' length.

    Example:
        >>> agreement([[1, 0.3], [0.3, 1]], ["a", "b"]).count("<rect")
        4
    """
    values = np.asarray(shares, dtype=float)
    k = len(names)
    if values.shape != (k, k):
        raise InvalidInput(f"{k} masks need shares of shape ({k}, {k}), got {values.shape}")
    expected = None if chance is None else np.asarray(chance, dtype=float)
    short = [name if len(name) <= 20 else name[:19] + "\u2026" for name in names]
    parts = []
    for a in range(k):
        y = TOP + HIGH * a
        parts.append(
            f'<text x="{LEFT - 7}" y="{y + 21}" text-anchor="end">{escape(short[a])}</text>'
            f'<text x="{LEFT + WIDE * (a + 0.5):.0f}" y="{TOP - 8}" text-anchor="middle">'
            f"{escape(short[a][:12])}</text>"
        )
        for b in range(k):
            said = f"{names[a]} and {names[b]}: {100 * values[a, b]:.1f} %"
            if expected is not None and a != b:
                said += f", {100 * expected[a, b]:.1f} % by chance"
            parts.append(
                f'<rect x="{LEFT + WIDE * b}" y="{y}" width="{WIDE - 2}" height="{HIGH - 2}" '
                f'rx="4" fill="{CATEGORIES[0]}" fill-opacity="{0.08 + 0.85 * values[a, b]:.2f}">'
                f"<title>{escape(said)}</title></rect>"
                f'<text x="{LEFT + WIDE * (b + 0.5):.0f}" y="{y + 21}" text-anchor="middle" '
                f'pointer-events="none">{100 * values[a, b]:.1f} %</text>'
            )
    size = (LEFT + WIDE * k, TOP + HIGH * k)
    return (
        f'<svg viewBox="0 0 {size[0]} {size[1]}" width="100%" role="img" '
        f'aria-label="agreement of {k} masks" style="max-width:{round(1.15 * size[0])}px;'
        'display:block;font-size:12px;fill:currentColor;font-variant-numeric:tabular-nums">'
        f"{''.join(parts)}</svg>"
    )
