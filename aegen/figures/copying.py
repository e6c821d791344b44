"""Copying ratio of draws, with its interval, on a scale from copies to as new as unseen data."""

from __future__ import annotations

from aegen.figures.palette import ACCENT

__all__ = ["copying_scale"]

WIDTH, HEIGHT = 320, 46
MOST = 2.0


def copying_scale(ratio: float, low: float, high: float) -> str:
    """A marker at ``ratio`` with its interval on a scale from 0 (copies) to 2, as an SVG picture.

    Args:
        ratio: nearest-row distance of draws as a share of held-out rows'; 1 is like new data.
        low: lower end of the interval.
        high: upper end.

    Example:
        >>> "copies" in copying_scale(0.86, 0.8, 0.9)
        True
    """

    def at(value: float) -> float:
        return 10 + min(max(value, 0), MOST) / MOST * (WIDTH - 20)

    ticks = "".join(
        f'<path d="M{at(v):.1f} 12v8" stroke="currentColor" opacity="0.35"/>' for v in (0, 1, 2)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" aria-label="nearest-row '
        f"distance {ratio:.2f} of held-out rows', from {low:.2f} to {high:.2f}\" "
        'style="max-width:100%;height:auto;display:block;font-size:12px;fill:currentColor">'
        f'<path d="M{at(0)} 16H{at(MOST)}" stroke="currentColor" opacity="0.25" stroke-width="2"/>'
        f"{ticks}"
        f'<path d="M{at(low):.1f} 16H{at(high):.1f}" stroke="{ACCENT}" stroke-width="6" '
        'stroke-linecap="round" opacity="0.45"/>'
        f'<circle cx="{at(ratio):.1f}" cy="16" r="6" fill="{ACCENT}"/>'
        '<g opacity="0.75">'
        f'<text x="{at(0) - 8}" y="40">copies</text>'
        f'<text x="{at(1)}" y="40" text-anchor="middle">like new data</text>'
        f'<text x="{at(MOST) + 8}" y="40" text-anchor="end">far from data</text>'
        "</g></svg>"
    )
